package import SpeculaHTTP
package import SpeculaIO
package import SpeculaLogging
package import SpeculaMetrics
package import SpeculaMirroring
internal import SpeculaRouting
package import SpeculaTracing
package import SpeculaUpstream

/// What all workers of one gateway share and what outlives every snapshot.
package final class GatewayShared: Sendable {
    package let registry: MetricRegistry
    package let tickets = TicketBook()
    package let healthBook = HealthBook()
    package let mirrorBook: MirrorBook
    /// Evens clients out among the workers.
    package let acceptBalance = AcceptBalance(capacity: 1_024)
    /// Requests of routers whose service is Specula's own are counted too (`metrics.addInternals`).
    package let recordsInternals: Bool
    /// The machine's name: `X-Forwarded-Server`.
    package let hostName: [UInt8]
    /// The fields behind `headerLabels`, in lower case, in the order of the labels.
    internal let headerFields: [[UInt8]]
    /// Answers requests to Specula's own services, off the loops.
    package let localServices: LocalServiceRunner
    /// Reads JSON bodies that are compared, off the loops.
    internal let jsonReader: JSONReader
    package let log: Logger
    /// Nil: nothing is traced, and trace fields pass untouched.
    package let tracing: SpanOptions?
    internal let tlsClients: TLSClientBook
    internal let certificates: CertificateBook
    /// Nil: there is none.
    package let accessLog: AccessLogShared?

    package init(
        registry: MetricRegistry, budget: MirrorBudget, recordsInternals: Bool, hostName: String,
        localServices: @escaping LocalServiceRunner, jsonReader: @escaping JSONReader, log: Logger,
        accessLog: AccessLogShared? = nil,
        tracing: SpanOptions? = nil, ownPorts: Set<UInt16> = []
    ) {
        self.tracing = tracing
        self.registry = registry
        mirrorBook = MirrorBook(budget: budget, registry: registry, ownPorts: ownPorts)
        registry.addGauge(MetricCatalog.copyBudget, owner: "process") { Double(budget.heldBytes) }
        registry.addGauge(MetricCatalog.copyBudgetLimit, owner: "process") { Double(budget.limit) }
        self.recordsInternals = recordsInternals
        self.hostName = Array(hostName.utf8)
        headerFields = registry.options.headerLabels.map { Array($0.field.lowercased().utf8) }
        self.localServices = localServices
        self.jsonReader = jsonReader
        self.log = log
        tlsClients = TLSClientBook { log.error("TLS", metadata: ["error": $0]) }
        certificates = CertificateBook(log: log)
        self.accessLog = accessLog
    }
}

/// Calls the named local service with a request and hands back its answer from any thread, once; nil when there is no such
/// service.
package typealias LocalServiceRunner =
    @Sendable (
        _ name: String, _ request: LocalRequest, _ reply: @escaping @Sendable (LocalResponse?) -> Void
    ) -> Void

extension GatewayShared {
    /// Every worker has `plan`: what it does not name is forgotten, its series leave after one more scrape.
    internal func inForce(_ plan: GatewayPlan) {
        let snapshot = plan.snapshot
        var services: Set<String> = []
        var servers: [String: Set<String>] = [:]
        for service in snapshot.services {
            services.insert(service.name)
            if case .loadBalancer(let balancer) = service.kind {
                servers[service.name] = Set(balancer.servers.map(\.url))
            }
        }
        registry.setInForce(
            routers: Set(snapshot.routers.map(\.name)), services: services, servers: servers,
            mirrors: plan.mirrors.scopes)
        healthBook.keep(only: snapshot)
        tlsClients.keep(only: snapshot)
        registry.setCertificates(certificates.facts)
        mirrorBook.keep(only: plan.mirrors)
    }
}
