internal import SpeculaConfiguration

/// Names of routers and services, made of namespaces and names exactly as Traefik makes them.
enum ProviderNames {
    /// What stands behind the `@` of custom resources.
    static let customResources = "kubernetescrd"
    /// Of the Gateway API.
    static let gateway = "kubernetesgateway"
    /// Of the short names.
    static let short = "kubernetes"
    static let all: Set = [customResources, gateway, short]

    /// Runs of anything but letters and digits become one dash, none at the ends. (Traefik: provider.Normalize)
    static func normalized(_ text: String) -> String {
        text.split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    static func joined(_ parts: String...) -> String { normalized(parts.joined(separator: "-")) }

    /// A router: its route's name and the first ten bytes of the SHA-256 of its rule.
    static func router(_ base: String, rule: String) -> String {
        "\(normalized(base))-\(Digest.sha256(rule, digits: 20))"
    }

    /// What stands before and behind the `@` of a reference.
    static func split(_ reference: String) -> (name: String, provider: String?) {
        guard let mark = reference.firstIndex(of: "@") else { return (reference, nil) }
        return (String(reference[..<mark]), String(reference[reference.index(after: mark)...]))
    }
}
