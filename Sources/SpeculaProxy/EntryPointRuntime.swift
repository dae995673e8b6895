internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaRouting

/// One entry point as one worker sees it: its listener, its series and the matcher in force.
internal final class EntryPointRuntime {
    let settings: EntryPointSettings
    let scope: Scope
    let index: Int
    private let policy: ForwardPolicy
    var listener: Listener?
    var matcher: RouteMatcher?
    var acceptedCount: FigureCounter?

    init(settings: EntryPointSettings, shared: GatewayShared, index: Int) {
        self.settings = settings
        self.index = index
        scope = shared.registry.entryPoint(settings.name)
        policy = ForwardPolicy(
            appendsForwardedFor: settings.appendsForwardedFor, addsSchemeFields: settings.addsSchemeFields,
            hostName: shared.hostName)
    }

    /// What the forwarded fields of every request of one connection have in common.
    func forwardContext(for peer: SocketAddress) -> ForwardContext {
        let isTrusted = settings.trustsEveryone || settings.trustedAddresses?.contains(peer.bytes) == true
        return ForwardContext(
            policy: policy, clientAddress: Array(peer.host.utf8), isTrusted: isTrusted, isTLS: false)
    }
}

@available(*, unavailable)
extension EntryPointRuntime: Sendable {}
