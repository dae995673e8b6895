internal import SpeculaConfiguration

/// A service as a custom resource names it: in a route, as a child, as a primary or as a mirror.
///
/// (Traefik: LoadBalancerSpec, with the fields of MirrorService and Mirroring that are written beside it; Specula's own are
/// those of `mirroring.mirrors[]` in files.)
struct LoadBalancerSpec: PartlySupported {
    var name = ""
    var kind = ""
    var namespace = ""
    /// A number or a name, as it was written.
    var port = ""
    var scheme = ""
    var strategy = "wrr"
    var passHostHeader: Bool? = true
    var responseForwarding = LoadBalancerConfiguration.ResponseForwarding()
    var serversTransport = ""
    var weight: Int?
    var sticky: StickyConfiguration?
    var nativeLB: Bool?
    var nodePortLB = false
    var healthCheck: HealthCheckConfiguration?
    var passiveHealthCheck: PassiveHealthCheckConfiguration?
    // Of a mirror.
    var percent = Percent()
    var methods: [String] = []
    var timeout = Duration.seconds(30)
    var maxInFlight = 1024
    var maxResponseBytes = 1 << 20
    // Of a primary.
    var mirrorBody: Bool?
    var maxBodySize: Int64?
    var mirrors: [LoadBalancerSpec] = []

    var unsupported: [UnsupportedKey] = []
    var origin = Origin()

    static let schema = Schema<Self>(
        Field("name", \.name, "The service."),
        Field("kind", \.kind, "`Service` or `TraefikService`."),
        Field("namespace", \.namespace, "Its namespace."),
        Field("port", \.port, "Its port, by number or name."),
        Field("scheme", \.scheme, "`http` or `https`."),
        Field("strategy", \.strategy, "How a server is chosen."),
        Field("passHostHeader", \.passHostHeader, "Sends the client's `Host`."),
        Field("responseForwarding", \.responseForwarding, "When response bytes are sent on."),
        Field("serversTransport", \.serversTransport, "How servers are connected to."),
        Field("weight", \.weight, "Its share."),
        Field("sticky", \.sticky, "Keeps a client at one server."),
        Field("nativeLB", \.nativeLB, "The cluster address, not the endpoints."),
        Field("nodePortLB", \.nodePortLB, "The nodes and the port that the Service has on each, not the endpoints."),
        Field("healthCheck", \.healthCheck, "Asks the servers whether they are well."),
        Field("passiveHealthCheck", \.passiveHealthCheck, "Watches how servers answer."),
        Field("percent", \.percent, "How many of a hundred requests are copied."),
        Field("methods", \.methods, ours: true, "Methods that are copied."),
        Field("timeout", \.timeout, ours: true, "Time for a whole copy."),
        Field("maxInFlight", \.maxInFlight, ours: true, "Copies in flight at once."),
        Field("maxResponseBytes", \.maxResponseBytes, ours: true, "Bytes of a copy's response that are read."),
        Field("mirrorBody", \.mirrorBody, "Copies have the request's body."),
        Field("maxBodySize", \.maxBodySize, "Bytes of body up to which requests are copied."),
        Field("mirrors", \.mirrors, "The mirrors."),
        .unsupported("middlewares")
    )

    /// `Service` unless another kind is named.
    var isService: Bool { kind.isEmpty || kind == "Service" }

    /// `RoundRobin`: what `wrr` was called before.
    var hasOldStrategy: Bool { strategy == "RoundRobin" }

    /// Keys that stand here without a meaning.
    func misplaced(isMirror: Bool, isPrimary: Bool) -> [String] {
        let mirrors = ["percent", "methods", "timeout", "maxInFlight", "maxResponseBytes"]
        let primaries = ["mirrorBody", "maxBodySize", "mirrors"]
        return ((isMirror ? [] : mirrors) + (isPrimary ? [] : primaries)).filter {
            origin.node?.value(named: $0) != nil
        }
    }
}
