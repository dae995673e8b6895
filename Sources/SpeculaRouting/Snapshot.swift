/// The immutable configuration in force: what every worker routes by until the next one is installed.
///
/// One file in spite of its length: the plans are one vocabulary, read side by side.
///
/// Made by `SpeculaConfiguration` off the loops, shared by all workers, never changed. What must outlive a reload (pools,
/// health, counters, tickets) is keyed by name outside of it.
package struct Snapshot: Sendable {
    /// Grows by one with each snapshot that is made, from 1.
    package let generation: UInt64
    /// The enabled routers, in no particular order; `RouterIndex` points into it.
    package let routers: [RouterPlan]
    /// The enabled services; `ServiceIndex` points into it.
    package let services: [ServicePlan]
    /// The transports that load balancers name; `TransportIndex` points into it.
    package let transports: [TransportPlan]
    /// The routes of each entry point for requests in the clear, by the entry point's name.
    package let tables: [String: RouteTable]
    /// The same for requests that came over TLS.
    package let secureTables: [String: RouteTable]
    /// Entry points that lead to `api@internal`, `dashboard@internal`, `ping@internal` or `prometheus@internal`.
    package let operatorEntryPoints: Set<String>
    /// The certificates that clients are shown.
    package let tls: TLSPlan

    package init(
        generation: UInt64, routers: [RouterPlan], services: [ServicePlan], transports: [TransportPlan],
        tables: [String: RouteTable], secureTables: [String: RouteTable] = [:],
        operatorEntryPoints: Set<String> = [], tls: TLSPlan = TLSPlan()
    ) {
        self.operatorEntryPoints = operatorEntryPoints
        self.secureTables = secureTables
        self.tls = tls
        self.generation = generation
        self.routers = routers
        self.services = services
        self.transports = transports
        self.tables = tables
    }
}

/// Where a router stands in `Snapshot.routers`.
package struct RouterIndex: Hashable, Sendable {
    package let value: Int32
    package init(_ value: Int) { self.value = Int32(value) }
}

/// Where a service stands in `Snapshot.services`.
package struct ServiceIndex: Hashable, Sendable {
    package let value: Int32
    package init(_ value: Int) { self.value = Int32(value) }
}

/// Where a transport stands in `Snapshot.transports`.
package struct TransportIndex: Hashable, Sendable {
    package let value: Int32
    package init(_ value: Int) { self.value = Int32(value) }
}

/// An enabled router: the answer of `RouteTable`.
package struct RouterPlan: Sendable {
    /// Qualified, as in labels: `api@file`.
    package let name: String
    /// The service that takes its requests.
    package let service: ServiceIndex
    /// Its service is Specula's own (`…@internal`): left out of series and access log unless `addInternals`.
    package let isInternal: Bool
    /// `observability.metrics` of the router or its entry point.
    ///
    /// Default true.
    package let recordsMetrics: Bool
    /// `observability.accessLogs` of the router or its entry point.
    ///
    /// Default true.
    package let recordsAccessLog: Bool
    /// `observability.tracing` and `traceVerbosity` of the router or its entry point.
    ///
    /// Default minimal.
    package let tracing: TraceVerbosity
    /// As the configuration writes it; for spans.
    package let rule: String

    /// How many spans a request makes.
    package enum TraceVerbosity: Sendable { case off, minimal, detailed }

    package init(
        name: String, service: ServiceIndex, isInternal: Bool, recordsMetrics: Bool = true,
        recordsAccessLog: Bool = true, tracing: TraceVerbosity = .minimal, rule: String = ""
    ) {
        self.name = name
        self.service = service
        self.isInternal = isInternal
        self.recordsMetrics = recordsMetrics
        self.recordsAccessLog = recordsAccessLog
        self.tracing = tracing
        self.rule = rule
    }
}

/// An enabled service: one node of the graph below a router.
///
/// The graph has no cycle and is at most 64 deep.
package struct ServicePlan: Sendable {
    /// Qualified, as in labels: `api@file`.
    package let name: String
    package let kind: ServiceKind

    package init(name: String, kind: ServiceKind) {
        self.name = name
        self.kind = kind
    }
}

/// What a service does with a request.
package enum ServiceKind: Sendable {
    case loadBalancer(LoadBalancerPlan)
    case weighted(WeightedPlan)
    case highestRandomWeight(WeightedPlan)
    case mirroring(MirroringPlan)
    case failover(FailoverPlan)
    /// One of Specula's own: `api@internal`, `dashboard@internal`, `ping@internal`, `prometheus@internal`, `noop@internal`.
    case local(String)
}

/// Servers, and how one of them is chosen.
package struct LoadBalancerPlan: Sendable {
    package enum Strategy: Sendable { case wrr, p2c, hrw, leastTime }

    package let servers: [ServerPlan]
    package let strategy: Strategy
    package let passHostHeader: Bool
    /// Nil: flush every write.
    ///
    /// Traefik's default is 100 ms; streaming responses are flushed at once in any case.
    package let flushInterval: Duration?
    package let transport: TransportIndex
    package let sticky: StickyCookiePlan?
    package let healthCheck: HealthCheckPlan?
    package let passiveHealthCheck: PassiveHealthCheckPlan?
    /// Whose turn it is while all servers are up; fenced ones take none.
    ///
    /// For the others: `schedule.restricted`.
    package let schedule: BalancerSchedule

    package init(
        servers: [ServerPlan], strategy: Strategy, passHostHeader: Bool, flushInterval: Duration?,
        transport: TransportIndex, sticky: StickyCookiePlan?, healthCheck: HealthCheckPlan?,
        passiveHealthCheck: PassiveHealthCheckPlan?
    ) {
        self.servers = servers
        self.strategy = strategy
        self.passHostHeader = passHostHeader
        self.flushInterval = flushInterval
        self.transport = transport
        self.sticky = sticky
        self.healthCheck = healthCheck
        self.passiveHealthCheck = passiveHealthCheck
        schedule = BalancerSchedule(weights: servers.map { $0.isFenced ? 0 : $0.weight })
    }
}

/// One server of a load balancer.
package struct ServerPlan: Sendable, Hashable {
    /// As Traefik prints it: the `url` label and the key of its health.
    package let url: String
    package let isTLS: Bool
    /// A name or an address, an IPv6 address without brackets.
    package let host: String
    package let port: UInt16
    /// What goes into `Host` when the client's is not passed: `host[:port]` as the URL had it.
    package let authority: String
    /// The URL's path when `preservePath`, to be put before the request's path; else empty.
    package let pathPrefix: String
    /// Zero or less is never chosen.
    ///
    /// Default 1.
    package let weight: Int
    /// Takes requests with its sticky cookie only (Kubernetes: terminating).
    package let isFenced: Bool
    /// The value of a sticky cookie that means this server: first 16 hex digits of sha256(url).
    package let stickyValue: String
    let urlBytes: [UInt8]

    package init(
        url: String, isTLS: Bool, host: String, port: UInt16, authority: String, pathPrefix: String, weight: Int,
        isFenced: Bool, stickyValue: String
    ) {
        self.url = url
        urlBytes = Array(url.utf8)
        self.isTLS = isTLS
        self.host = host
        self.port = port
        self.authority = authority
        self.pathPrefix = pathPrefix
        self.weight = weight
        self.isFenced = isFenced
        self.stickyValue = stickyValue
    }
}

/// A sticky cookie, its name already computed.
package struct StickyCookiePlan: Sendable {
    package let name: String
    /// What follows `name=value` in Set-Cookie, as Go prints it, from `; ` on: path, domain, max-age, HttpOnly, Secure, SameSite.
    package let attributes: String
    let nameBytes: [UInt8]

    package init(name: String, attributes: String) {
        self.name = name
        self.attributes = attributes
        nameBytes = Array(name.utf8)
    }
}

/// `healthCheck` of a load balancer.
package struct HealthCheckPlan: Sendable, Hashable {
    package let isTLS: Bool?
    package let isGRPC: Bool
    package let path: String
    package let method: String
    /// Nil: the server's own.
    ///
    /// Otherwise the Host field.
    package let hostname: String?
    package let port: UInt16?
    /// Zero: any of 200 to 399.
    package let status: Int
    package let interval: Duration
    package let unhealthyInterval: Duration
    package let timeout: Duration
    package let followRedirects: Bool
    package let headers: [String: String]

    package init(
        isTLS: Bool?, isGRPC: Bool, path: String, method: String, hostname: String?, port: UInt16?, status: Int,
        interval: Duration, unhealthyInterval: Duration, timeout: Duration, followRedirects: Bool,
        headers: [String: String]
    ) {
        self.isTLS = isTLS
        self.isGRPC = isGRPC
        self.path = path
        self.method = method
        self.hostname = hostname
        self.port = port
        self.status = status
        self.interval = interval
        self.unhealthyInterval = unhealthyInterval
        self.timeout = timeout
        self.followRedirects = followRedirects
        self.headers = headers
    }
}

/// `passiveHealthCheck` of a load balancer.
package struct PassiveHealthCheckPlan: Sendable, Hashable {
    package let failureWindow: Duration
    package let maxFailedAttempts: Int

    package init(failureWindow: Duration, maxFailedAttempts: Int) {
        self.failureWindow = failureWindow
        self.maxFailedAttempts = maxFailedAttempts
    }
}

/// Children with weights: `weighted` (schedule by ticket) and `highestRandomWeight` (by client address).
package struct WeightedPlan: Sendable {
    package let children: [Child]
    package let sticky: StickyCookiePlan?
    /// `healthCheck: {}`: children report up and down, and so does this service.
    package let propagatesHealth: Bool
    /// Whose turn it is while all children are up.
    package let schedule: BalancerSchedule

    package struct Child: Sendable {
        package let service: ServiceIndex
        package let weight: Int
        /// The value of a sticky cookie that means this child: first 16 hex digits of sha256(name).
        package let stickyValue: String
        /// As the configuration writes it; what `highestRandomWeight` hashes with the client's address.
        let nameBytes: [UInt8]

        package init(service: ServiceIndex, weight: Int, stickyValue: String, name: String = "") {
            self.service = service
            self.weight = weight
            self.stickyValue = stickyValue
            nameBytes = Array(name.utf8)
        }
    }

    package init(children: [Child], sticky: StickyCookiePlan?, propagatesHealth: Bool) {
        self.children = children
        self.sticky = sticky
        self.propagatesHealth = propagatesHealth
        schedule = BalancerSchedule(weights: children.map(\.weight))
    }
}

/// A primary and its mirrors.
package struct MirroringPlan: Sendable {
    package let primary: ServiceIndex
    package let mirrors: [MirrorPlan]
    /// False: copies go without a body, and are correct body-less requests.
    package let mirrorsBody: Bool
    /// Bytes of request body a copy may have; -1: bounded only by the process's byte budget.
    package let maxBodySize: Int64
    package let propagatesHealth: Bool

    package init(
        primary: ServiceIndex, mirrors: [MirrorPlan], mirrorsBody: Bool, maxBodySize: Int64, propagatesHealth: Bool
    ) {
        self.primary = primary
        self.mirrors = mirrors
        self.mirrorsBody = mirrorsBody
        self.maxBodySize = maxBodySize
        self.propagatesHealth = propagatesHealth
    }
}

/// One mirror of a mirroring service.
package struct MirrorPlan: Sendable {
    /// Qualified, the label `mirror`; also when the service is missing.
    package let name: String
    /// Nil: the service is missing or disabled; every request of the mirroring service is decided `missing_service`.
    package let service: ServiceIndex?
    /// Millionths of the requests: 12.5 % is 125,000.
    ///
    /// 0 to 1,000,000.
    package let ratioMillionths: Int32
    /// Upper-case methods that may be copied; empty: all.
    package let methods: [String]
    /// The whole copy, from decision to drained response.
    ///
    /// Default 30 s.
    package let timeout: Duration
    /// Copies of this mirror in flight in the whole process.
    ///
    /// Default 1024.
    package let maxInFlight: Int
    /// Bytes of a copy's response that are drained before the connection is closed.
    ///
    /// Default 1 MiB.
    package let maxResponseBytes: Int
    package let options: MirrorOptions

    package init(
        name: String, service: ServiceIndex?, ratioMillionths: Int32, methods: [String] = [],
        timeout: Duration = .seconds(30), maxInFlight: Int = 1024, maxResponseBytes: Int = 1 << 20,
        options: MirrorOptions = MirrorOptions()
    ) {
        self.name = name
        self.service = service
        self.ratioMillionths = ratioMillionths
        self.methods = methods
        self.timeout = timeout
        self.maxInFlight = maxInFlight
        self.maxResponseBytes = maxResponseBytes
        self.options = options
    }
}

/// A service and the one that takes over.
package struct FailoverPlan: Sendable {
    package let service: ServiceIndex
    package let fallback: ServiceIndex
    package let propagatesHealth: Bool
    /// Statuses of the first that make the second answer; empty: only its health decides.
    ///
    /// Inclusive ranges.
    package let errorStatuses: [ClosedRange<Int>]
    /// Bytes of request body kept for the second try; -1: no limit.
    package let maxRequestBodyBytes: Int64

    package init(
        service: ServiceIndex, fallback: ServiceIndex, propagatesHealth: Bool, errorStatuses: [ClosedRange<Int>],
        maxRequestBodyBytes: Int64
    ) {
        self.service = service
        self.fallback = fallback
        self.propagatesHealth = propagatesHealth
        self.errorStatuses = errorStatuses
        self.maxRequestBodyBytes = maxRequestBodyBytes
    }
}

/// `serversTransport`: how servers are connected to.
package struct TransportPlan: Sendable, Hashable {
    /// Qualified: `default@internal`.
    package let name: String
    /// Default 30 s; zero: none.
    package let dialTimeout: Duration
    /// Zero (default): none.
    package let responseHeaderTimeout: Duration
    /// Default 90 s; zero: none.
    package let idleConnectionTimeout: Duration
    /// For the whole process, divided among workers, at least 1 each; 0 or less: no connection is kept.
    package let maxIdleConnectionsPerHost: Int
    /// For servers with `https` URLs.
    package let tls: TransportTLSPlan

    package init(
        name: String, dialTimeout: Duration = .seconds(30), responseHeaderTimeout: Duration = .zero,
        idleConnectionTimeout: Duration = .seconds(90), maxIdleConnectionsPerHost: Int = 200,
        tls: TransportTLSPlan = TransportTLSPlan()
    ) {
        self.tls = tls
        self.name = name
        self.dialTimeout = dialTimeout
        self.responseHeaderTimeout = responseHeaderTimeout
        self.idleConnectionTimeout = idleConnectionTimeout
        self.maxIdleConnectionsPerHost = maxIdleConnectionsPerHost
    }
}
