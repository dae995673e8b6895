internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaRouting
internal import SpeculaUpstream

/// One entry point as one worker sees it: its listener, its series and the matcher in force.
internal final class EntryPointRuntime {
    let settings: EntryPointSettings
    let scope: Scope
    let index: Int
    let limits: ConnectionLimits
    let headLimits: HeadLimits
    let targetPolicy: TargetPolicy
    private let policy: ForwardPolicy
    private var origins = OriginMemory()
    var listener: Listener?
    /// Leads to metrics, ping or API, and others do not: its clients are the last to go when descriptors run out.
    var isForOperators = false
    /// Takes no more connections; those it has go with their next response.
    var isDraining = false
    /// For requests in the clear.
    var matcher: RouteMatcher?
    /// For requests that came over TLS.
    var secureMatcher: RouteMatcher?
    var acceptedCount: FigureCounter?

    init(settings: EntryPointSettings, shared: GatewayShared, index: Int) {
        self.settings = settings
        self.index = index
        limits = ConnectionLimits(settings)
        headLimits = settings.headLimits
        targetPolicy = settings.targetPolicy
        scope = shared.registry.entryPoint(settings.name)
        policy = ForwardPolicy(
            appendsForwardedFor: settings.appendsForwardedFor, addsSchemeFields: settings.addsSchemeFields,
            hostName: shared.hostName)
    }

    /// Routes by the tables of `snapshot` from now on.
    func routeBy(_ snapshot: Snapshot, matcher made: RouteMatcher? = nil) {
        matcher = made ?? snapshot.tables[settings.name].map { RouteMatcher($0) }
        secureMatcher = snapshot.secureTables[settings.name].map { RouteMatcher($0) }
    }

    /// What servers are told of a client.
    func origin(of peer: SocketAddress, isTLS: Bool) -> ForwardContext {
        let address = peer.bytes
        return origins.origin(of: address, isTLS: isTLS) {
            let isTrusted = settings.trustsEveryone || settings.trustedAddresses?.contains(address) == true
            return ForwardContext(
                policy: policy, clientAddress: Array(peer.host.utf8), isTrusted: isTrusted, isTLS: isTLS)
        }
    }
}

@available(*, unavailable)
extension EntryPointRuntime: Sendable {}

/// What a client connection is held to, in nanoseconds, ready to be compared; 0 is no limit for the timeouts.
internal struct ConnectionLimits {
    /// For a request's head alone.
    let head: UInt64
    let read: UInt64
    let idle: UInt64
    let write: UInt64
    let age: UInt64
    let requests: Int

    init(_ settings: EntryPointSettings) {
        head = UInt64(max(0, settings.headReadTimeout.wholeNanoseconds))
        read = UInt64(max(0, settings.readTimeout.wholeNanoseconds))
        idle = UInt64(max(0, settings.idleTimeout.wholeNanoseconds))
        write = UInt64(max(0, settings.writeTimeout.wholeNanoseconds))
        age = settings.keepAliveMaxTime > .zero ? UInt64(settings.keepAliveMaxTime.wholeNanoseconds) : .max
        requests = settings.keepAliveMaxRequests > 0 ? settings.keepAliveMaxRequests : .max
    }
}
