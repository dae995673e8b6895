@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

/// The definition of one of Traefik's kinds, made from the schema that reads its `spec`: what a cluster without Traefik needs.
///
/// As narrow as what is read. What Traefik knows and Specula does not build stays as it was written, so that it can be told
/// of: a cluster would drop it without a word.
struct CustomResourceDefinition {
    let kind: String
    let plural: String
    let about: String
    let spec: Shape
    /// `NAME PATH` of what `kubectl get` shows beside name and age.
    var columns: [(name: String, path: String)] = []

    static let all = [
        CustomResourceDefinition(
            kind: "IngressRoute", plural: "ingressroutes", about: "Routes: which requests go to which services.",
            spec: IngressRouteSpec.shape,
            columns: [("Entry points", ".spec.entryPoints"), ("Match", ".spec.routes[*].match")]),
        CustomResourceDefinition(
            kind: "TraefikService", plural: "traefikservices",
            about: "A service over other services: a primary with its mirrors, weights, failover.",
            spec: TraefikServiceSpec.shape,
            columns: [
                ("Primary", ".spec.mirroring.name"), ("Mirrors", ".spec.mirroring.mirrors[*].name"),
                ("Percent", ".spec.mirroring.mirrors[*].percent"),
            ]),
        CustomResourceDefinition(
            kind: "Middleware", plural: "middlewares", about: "What happens to a request on its way to a service.",
            spec: MiddlewareConfiguration.shape),
        CustomResourceDefinition(
            kind: "ServersTransport", plural: "serverstransports", about: "How servers are connected to.",
            spec: ServersTransportSpec.shape),
        CustomResourceDefinition(
            kind: "TLSOption", plural: "tlsoptions", about: "How TLS is spoken with clients.", spec: .scalar("any")),
        CustomResourceDefinition(
            kind: "TLSStore", plural: "tlsstores", about: "The certificates that are there.", spec: .scalar("any")),
    ]

    /// The whole manifest.
    var text: String {
        var lines = [
            "# Made from the source's schemas by the tests (UPDATE_GOLDEN=1 rewrites it).",
            "apiVersion: apiextensions.k8s.io/v1", "kind: CustomResourceDefinition", "metadata:",
            "  name: \(plural).traefik.io", "  labels:", "    app.kubernetes.io/name: specula", "spec:",
            "  group: traefik.io", "  scope: Namespaced", "  names:", "    kind: \(kind)",
            "    listKind: \(kind)List", "    plural: \(plural)", "    singular: \(kind.lowercased())", "  versions:",
            "    - name: v1alpha1", "      served: true", "      storage: true", "      additionalPrinterColumns:",
        ]
        for column in columns {
            lines += ["        - name: \(column.name)", "          type: string", "          jsonPath: \(column.path)"]
        }
        lines += [
            "        - name: Age", "          type: date", "          jsonPath: .metadata.creationTimestamp",
            "      schema:", "        openAPIV3Schema:", "          description: \(Self.quoted(about))",
            "          type: object", "          required: [metadata, spec]", "          properties:",
            "            apiVersion: {type: string}", "            kind: {type: string}",
            "            metadata: {type: object}", "            spec:",
        ]
        lines += Self.schema(of: spec, at: [kind], help: "").map { "              \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func schema(of shape: Shape, at path: [String], help: String) -> [String] {
        let description = help.isEmpty ? [] : ["description: \(quoted(help))"]
        switch shape {
        case .scalar(let name): return description + scalar(name, key: path.last ?? "")
        case .list(let inner):
            return description + ["type: array", "items:"] + indented(schema(of: inner, at: path + ["[]"], help: ""))
        case .map(let inner):
            return description + ["type: object", "additionalProperties:"]
                + indented(schema(of: inner, at: path + ["*"], help: ""))
        case .section(let fields):
            var lines = description + ["type: object"]
            let read = fields().filter { belongs($0.name, at: path) }
            if !read.isEmpty { lines.append("properties:") }
            for field in read {
                lines.append("  \(field.name):")
                let inner =
                    field.isSupported
                    ? schema(of: field.shape, at: path + [field.name], help: field.help)
                    : ["description: \"Not supported: told, without effect.\"", preserved]
                lines += indented(indented(inner))
            }
            return lines
        }
    }

    /// What a service is named for decides which keys it may have; a mirror has no mirrors of its own.
    private static func belongs(_ key: String, at path: [String]) -> Bool {
        let place = path.drop { $0 != "spec" && $0 != "mirroring" && $0 != "services" && $0 != "failover" }
        let isMirror = path.suffix(2) == ["mirrors", "[]"]
        let isPrimary = path.last == "mirroring"
        let isService =
            isMirror || isPrimary || path.suffix(2) == ["services", "[]"]
            || (place.first == "failover" && ["service", "fallback"].contains(path.last))
        guard isService else { return true }
        if ["percent", "methods", "timeout", "maxInFlight", "maxResponseBytes"].contains(key) { return isMirror }
        if ["mirrorBody", "maxBodySize", "mirrors"].contains(key) { return isPrimary }
        return true
    }

    private static func scalar(_ name: String, key: String) -> [String] {
        switch name {
        case "string": key == "port" || key == "interval" ? [numberOrText] : ["type: string"]
        case "bool": ["type: boolean"]
        case "int": ["type: integer"]
        case "float", "number": key == "percent" ? ["type: number", "minimum: 0", "maximum: 100"] : ["type: number"]
        case "duration": [numberOrText]
        case let words where words.contains(" or "):
            ["type: string", "enum: [\(words.split(separator: " ").filter { $0 != "or" }.joined(separator: ", "))]"]
        default: ["type: object", preserved]
        }
    }

    private static let preserved = "x-kubernetes-preserve-unknown-fields: true"
    private static let numberOrText = "x-kubernetes-int-or-string: true"

    private static func indented(_ lines: [String]) -> [String] { lines.map { "  \($0)" } }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
