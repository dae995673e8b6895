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

    /// The kind that would have to be there to know; nil for a finding about what is there, and where there are no objects.
    func kind(behind finding: Diagnostic) -> String? {
        guard !kinds.isEmpty else { return nil }
        return finding.kind.references.lazy.filter(\.isMissing).compactMap(absentKind).first
    }

    private func absentKind(of reference: FindingKind.Reference) -> String? {
        let (_, provider) = ProviderNames.split(reference.name)
        let isOfObject = provider.map(ProviderNames.all.contains) ?? false
        switch reference.thing {
        case .endpoints: return hasNoEndpoints ? "EndpointSlice" : nil
        case .kubernetesService: return firstAbsent("Service")
        case .secret: return firstAbsent("Secret")
        case .configMap: return firstAbsent("ConfigMap")
        case .gateway: return firstAbsent("Gateway")
        case .referenceGrant: return firstAbsent("ReferenceGrant")
        // A TraefikService whose Service is not known is none that is missing.
        case .service: return isOfObject ? firstAbsent("TraefikService", "Service") : nil
        case .middleware: return isOfObject ? firstAbsent("Middleware") : nil
        case .serversTransport: return isOfObject ? firstAbsent("ServersTransport") : nil
        case .entryPoint: return nil
        }
    }

    private func firstAbsent(_ kinds: String...) -> String? { kinds.first { !has($0) } }
}
