internal import SpeculaRouting

/// Turns a `loadBalancer` into its plan, or says everything that keeps it from being one.
struct LoadBalancerCompiler {
    /// A reason, and where in the section it stands.
    struct Problem {
        var message: String
        var path: [any PathStep] = []
        var kind = FindingKind.plain
    }

    let service: String
    /// Indices of the transports in the snapshot, by qualified name; nil: disabled.
    let transports: [String: TransportIndex?]

    /// The plan; nil when there are problems.
    func compile(_ balancer: LoadBalancerConfiguration) -> (plan: LoadBalancerPlan?, problems: [Problem]) {
        var problems: [Problem] = []
        let strategy = strategy(balancer.strategy)
        if strategy == nil {
            problems.append(
                Problem(message: "unsupported load-balancer strategy \"\(balancer.strategy)\"", path: ["strategy"]))
        }
        let transport = transport(balancer.serversTransport, &problems)
        let servers = servers(balancer.servers, &problems)
        let check = balancer.healthCheck.flatMap { healthCheck($0, &problems) }
        if let problem = StickyCookieCompiler.problem(balancer.sticky) {
            problems.append(Problem(message: problem, path: ["sticky", "cookie"]))
        }
        guard problems.isEmpty, let strategy, let transport else { return (nil, problems) }
        let flush = balancer.responseForwarding.flushInterval
        let plan = LoadBalancerPlan(
            servers: servers, strategy: strategy, passHostHeader: balancer.passHostHeader ?? true,
            flushInterval: flush < .zero ? nil : flush, transport: transport,
            sticky: StickyCookieCompiler.plan(balancer.sticky, service: service), healthCheck: check,
            passiveHealthCheck: balancer.passiveHealthCheck.map {
                PassiveHealthCheckPlan(
                    failureWindow: positive($0.failureWindow, else: .seconds(10)),
                    maxFailedAttempts: max(1, $0.maxFailedAttempts))
            })
        return (plan, [])
    }

    private func strategy(_ name: String) -> LoadBalancerPlan.Strategy? {
        switch ASCII.lowered(name) {
        case "wrr", "": .wrr
        case "p2c": .p2c
        case "hrw": .hrw
        case "leasttime": .leastTime
        default: nil
        }
    }

    private func transport(_ reference: String, _ problems: inout [Problem]) -> TransportIndex? {
        let provider = QualifiedName.provider(of: service)
        let name = reference.isEmpty ? "default@internal" : QualifiedName.of(reference, in: provider)
        switch transports[name] {
        case .some(.some(let index)): return index
        case .some(.none):
            problems.append(
                Problem(
                    message: "servers transport \(name) is disabled", path: ["serversTransport"],
                    kind: .disabled(.serversTransport, name, because: [.notSupported])))
        case .none:
            problems.append(
                Problem(
                    message: "servers transport not found \(name)", path: ["serversTransport"],
                    kind: .missing(.serversTransport, name)))
        }
        return nil
    }

    private func servers(_ servers: [ServerConfiguration], _ problems: inout [Problem]) -> [ServerPlan] {
        var plans: [ServerPlan] = []
        plans.reserveCapacity(servers.count)
        for (position, server) in servers.enumerated() {
            do throws(ServerURL.Failure) {
                let url = try ServerURL(parsing: server.url)
                guard url.scheme != .h2c else {
                    problems.append(
                        Problem(
                            message: "\(url.scheme.rawValue) servers are not supported yet: \(server.url)",
                            path: ["servers", position, "url"], kind: .notSupported))
                    continue
                }
                plans.append(plan(url, server))
            } catch {
                problems.append(Problem(message: error.message, path: ["servers", position, "url"]))
            }
        }
        return plans
    }

    private func plan(_ url: ServerURL, _ server: ServerConfiguration) -> ServerPlan {
        ServerPlan(
            url: url.text, isTLS: url.scheme == .https, host: url.host, port: url.port, authority: url.authority,
            pathPrefix: server.preservePath ? url.path : "", weight: server.weight ?? 1, isFenced: server.fenced,
            stickyValue: StickyCookieCompiler.value(for: url.text))
    }

    private func healthCheck(_ check: HealthCheckConfiguration, _ problems: inout [Problem]) -> HealthCheckPlan? {
        func problem(_ key: String, _ message: String, _ kind: FindingKind = .plain) {
            problems.append(Problem(message: "healthCheck: \(message)", path: ["healthCheck", key], kind: kind))
        }
        if check.mode == .grpc { problem("mode", "grpc is not supported yet", .notSupported) }
        switch check.scheme {
        case "", "http", "https": break
        default: problem("scheme", "unsupported scheme \"\(check.scheme)\"")
        }
        if !(0...65_535).contains(check.port) { problem("port", "port \(check.port) is out of range") }
        if !check.path.isEmpty, !check.path.hasPrefix("/") { problem("path", "the path must start with /") }
        let interval = positive(check.interval, else: .seconds(30))
        return HealthCheckPlan(
            isTLS: check.scheme.isEmpty ? nil : check.scheme == "https", isGRPC: check.mode == .grpc,
            path: check.path, method: check.method.isEmpty ? "GET" : check.method.uppercased(),
            hostname: check.hostname.isEmpty ? nil : check.hostname,
            port: check.port > 0 ? UInt16(exactly: check.port) : nil, status: check.status, interval: interval,
            unhealthyInterval: positive(check.unhealthyInterval, else: interval),
            timeout: positive(check.timeout, else: .seconds(5)), followRedirects: check.followRedirects ?? true,
            headers: check.headers)
    }

    private func positive(_ duration: Duration?, else fallback: Duration) -> Duration {
        guard let duration, duration > .zero else { return fallback }
        return duration
    }
}
