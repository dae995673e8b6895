internal import SpeculaConfiguration

/// What became of Gateways and their routes, in the words that their status says it in.
struct GatewayFindings: Sendable {
    /// A route, whatever its parents.
    struct Route: Sendable {
        /// One of its `parentRefs` that is a Gateway of ours.
        struct Parent: Sendable {
            let reference: Node
            let gateway: KubernetesObject
            /// Why it does not take the route.
            let refusal: (reason: String, message: String)?
        }

        /// What is named and cannot be used.
        struct Unresolved: Sendable, Hashable {
            let reason: String
            let message: String
        }

        var parents: [Parent] = []
        var rules = 0
        /// By the position of a rule: why it is not served.
        private(set) var refused: [Int: [String]] = [:]
        private(set) var unresolved: [Unresolved] = []

        mutating func refuse(_ rule: Int, _ message: String) {
            if refused[rule]?.contains(message) != true { refused[rule, default: []].append(message) }
        }

        mutating func miss(_ error: ResolutionError, _ path: String) {
            let reason =
                switch error.key {
                case "namespace": "RefNotPermitted"
                case "kind": "InvalidKind"
                default: "BackendNotFound"
                }
            let found = Unresolved(reason: reason, message: "\(path).\(error.key): \(error.message)")
            if !unresolved.contains(found) { unresolved.append(found) }
        }
    }

    /// By Gateway, in the order of its listeners.
    var listeners: [ObjectKey: [GatewayListener]] = [:]
    var routes: [ObjectKey: Route] = [:]
}
