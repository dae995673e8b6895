internal import SpeculaConfiguration

/// Origins whose findings name an object and its fields: `IngressRoute default/api spec.routes[0].match`.
extension KubernetesObject {
    /// Of what has the same keys as the object, below a path of it.
    func origin(of node: Node?, at base: String) -> Origin {
        Origin(node) { [title] path in "\(title) \(Self.joined(base, path))" }
    }

    /// Of a router that a route of an IngressRoute became.
    func origin(ofRoute origin: Origin, at base: String) -> Origin {
        Origin(origin.node) { [title] path in
            switch path.first as? String {
            case "rule": "\(title) \(base).match"
            case "service": "\(title) \(base).services"
            case "entryPoints", "tls": "\(title) spec.\(path.text)"
            default: "\(title) \(Self.joined(base, path))"
            }
        }
    }

    /// Of a load balancer: its options stand where the Service is named, its servers stand nowhere.
    func origin(ofBalancer node: Node?, at base: String) -> Origin {
        Origin(node) { [title] path in
            let below = path.first as? String == "loadBalancer" ? Array(path.dropFirst()) : path
            return "\(title) \(below.first as? String == "servers" ? base : Self.joined(base, below))"
        }
    }

    /// Of something whose keys are not the object's: findings name the place as a whole.
    func origin(ofAllBelow node: Node?, at base: String) -> Origin {
        Origin(node) { [title] _ in "\(title) \(base)" }
    }

    private static func joined(_ base: String, _ path: [any PathStep]) -> String {
        path.isEmpty ? base : "\(base).\(path.text)"
    }
}
