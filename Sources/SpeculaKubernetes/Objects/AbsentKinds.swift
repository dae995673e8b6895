internal import SpeculaConfiguration

/// What objects outside of their cluster leave open: references to kinds of which there is none among them.
///
/// Who keeps manifests to apply them has no endpoints, and often neither Services nor Secrets: that nothing is found there says
/// nothing about the manifests.
struct AbsentKinds {
    private let kinds: Set<String>

    init(_ objects: some Sequence<KubernetesObject>) { kinds = Set(objects.map(\.kind)) }

    func has(_ kind: String) -> Bool { kinds.contains(kind) }

    /// Services may be taken to have endpoints.
    var hasNoEndpoints: Bool { !has("EndpointSlice") && !has("Endpoints") }

    /// The kind that would have to be there to know; nil for a finding about what is there.
    func kind(behind finding: Diagnostic) -> String? {
        // Of an object, not of a file: `IngressRoute default/api spec.routes[0].services`.
        guard finding.keyPath.split(separator: " ").dropFirst().first?.contains("/") == true else { return nil }
        let message = finding.message
        if message.contains("no servers found") || message.contains("no ready endpoint") {
            return hasNoEndpoints ? "EndpointSlice" : nil
        }
        // A TraefikService whose Service is not known is none that is missing.
        let services = message.contains("the service \"") && message.contains("\" does not exist")
        let looks: [(isAbout: Bool, kinds: [String])] = [
            (message.contains("kubernetes service not found"), ["Service"]),
            (message.contains("no clusterIP found"), ["Service"]),
            (services, ["TraefikService", "Service"]),
            (message.contains("secret ") && message.hasSuffix(" does not exist"), ["Secret"]),
            (message.contains("configmap ") && message.hasSuffix(" does not exist"), ["ConfigMap"]),
            (message.contains("servers transport not found"), ["ServersTransport"]),
            (message.contains("middleware \"") && message.contains("\" does not exist"), ["Middleware"]),
            (message.contains("there is no Gateway "), ["Gateway"]),
            (message.contains("no ReferenceGrant "), ["ReferenceGrant"]),
        ]
        for look in looks where look.isAbout {
            if let absent = look.kinds.first(where: { !has($0) }) { return absent }
        }
        return nil
    }
}
