internal import SpeculaRouting

/// Turns transports into their plans, in the order of their names.
enum TransportCompiler {
    /// Plans, where each stands (nil: disabled), and what is wrong.
    static func compile(
        _ transports: [String: ServersTransportConfiguration]
    ) -> (plans: [TransportPlan], indices: [String: TransportIndex?], diagnostics: [Diagnostic]) {
        var plans: [TransportPlan] = []
        var indices: [String: TransportIndex?] = [:]
        var diagnostics: [Diagnostic] = []
        for (name, transport) in transports.sorted(by: { $0.key < $1.key }) {
            guard transport.unsupported.isEmpty else {
                indices[name] = .some(nil)
                diagnostics += transport.unsupported.map {
                    Diagnostic(.error, at: $0.location, keyPath: $0.keyPath, "not supported yet")
                }
                continue
            }
            indices[name] = TransportIndex(plans.count)
            let timeouts = transport.forwardingTimeouts
            let idle = transport.maxIdleConnsPerHost
            plans.append(
                TransportPlan(
                    name: name, dialTimeout: max(.zero, timeouts.dialTimeout),
                    responseHeaderTimeout: max(.zero, timeouts.responseHeaderTimeout),
                    idleConnectionTimeout: max(.zero, timeouts.idleConnTimeout),
                    // Zero means Go's own default.
                    maxIdleConnectionsPerHost: idle == 0 ? 2 : max(0, idle)))
        }
        return (plans, indices, diagnostics)
    }
}
