import SpeculaRouting

@testable import SpeculaConfiguration

/// A snapshot and its runtime configuration as text, for golden files.
enum SnapshotText {
    static func text(_ snapshot: Snapshot, _ runtime: RuntimeConfiguration) -> String {
        var lines: [String] = []
        for router in snapshot.routers {
            var line = "router \(router.name) -> \(name(router.service, snapshot))"
            if runtime.routers[router.name]?.configuration.tls != nil { line += " over TLS" }
            if !router.recordsMetrics { line += " without metrics" }
            if !router.recordsAccessLog { line += " without access log" }
            switch router.tracing {
            case .off: line += " without traces"
            case .minimal: break
            case .detailed: line += " with detailed traces"
            }
            lines.append(line)
        }
        for service in snapshot.services { lines.append("service \(service.name) \(text(service.kind, snapshot))") }
        for transport in snapshot.transports {
            lines.append(
                "transport \(transport.name) dial \(GoDuration.text(of: transport.dialTimeout)) header \(GoDuration.text(of: transport.responseHeaderTimeout)) idle \(GoDuration.text(of: transport.idleConnectionTimeout)) connections \(transport.maxIdleConnectionsPerHost)\(text(transport.tls))"
            )
        }
        if snapshot.tls.defaultCertificate != nil { lines.append("a default certificate") }
        if !snapshot.tls.certificates.isEmpty { lines.append("\(snapshot.tls.certificates.count) certificates") }
        for (name, router) in runtime.routers.sorted(by: { $0.key < $1.key }) where router.status != .enabled {
            lines.append("\(router.status) router \(name)")
        }
        for (name, service) in runtime.services.sorted(by: { $0.key < $1.key }) where service.status != .enabled {
            lines.append("\(service.status) service \(name)")
        }
        for (name, middleware) in runtime.middlewares.sorted(by: { $0.key < $1.key })
        where middleware.status != .enabled { lines.append("\(middleware.status) middleware \(name)") }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func text(_ tls: TransportTLSPlan) -> String {
        var text = ""
        if let name = tls.serverName { text += " asks for \(name)" }
        if tls.insecureSkipVerify { text += " trusts everybody" }
        if let roots = tls.rootCertificates { text += " trusts \(roots.count)" }
        if !tls.identities.isEmpty { text += " shows \(tls.identities.count)" }
        return text
    }

    private static func name(_ index: ServiceIndex, _ snapshot: Snapshot) -> String {
        snapshot.services[Int(index.value)].name
    }

    private static func text(_ kind: ServiceKind, _ snapshot: Snapshot) -> String {
        switch kind {
        case .loadBalancer(let plan):
            var text = "\(plan.strategy)"
            for server in plan.servers {
                text += " \(server.url)*\(server.weight)"
                if !server.pathPrefix.isEmpty { text += " under \(server.pathPrefix)" }
                if server.isFenced { text += " fenced" }
            }
            if !plan.passHostHeader { text += " own host" }
            if plan.flushInterval == nil { text += " flushes each write" }
            if let sticky = plan.sticky { text += " cookie \(sticky.name)=…\(sticky.attributes)" }
            if let check = plan.healthCheck {
                text +=
                    " checked \(check.method) \(check.path) every \(GoDuration.text(of: check.interval))/\(GoDuration.text(of: check.unhealthyInterval)) within \(GoDuration.text(of: check.timeout))"
            }
            if let check = plan.passiveHealthCheck {
                text += " watched \(check.maxFailedAttempts) in \(GoDuration.text(of: check.failureWindow))"
            }
            text += " over \(snapshot.transports[Int(plan.transport.value)].name)"
            return text
        case .weighted(let plan), .highestRandomWeight(let plan):
            var text = "of"
            if case .highestRandomWeight = kind { text = "hrw of" }
            for child in plan.children { text += " \(name(child.service, snapshot))*\(child.weight)" }
            if let sticky = plan.sticky { text += " cookie \(sticky.name)=…\(sticky.attributes)" }
            if plan.propagatesHealth { text += " passes health on" }
            return text
        case .mirroring(let plan):
            var text = "mirrors \(name(plan.primary, snapshot))"
            for mirror in plan.mirrors {
                let target = mirror.service.map { name($0, snapshot) } ?? "nobody"
                text += " to \(mirror.name)(\(target)) \(mirror.ratioMillionths)/1000000"
                if !mirror.methods.isEmpty { text += " \(mirror.methods.joined(separator: "|"))" }
                if mirror.timeout != .seconds(30) { text += " within \(GoDuration.text(of: mirror.timeout))" }
                if mirror.maxInFlight != 1024 { text += " at most \(mirror.maxInFlight)" }
                text += options(mirror.options)
            }
            if !plan.mirrorsBody { text += " without body" }
            if plan.maxBodySize >= 0 { text += " up to \(plan.maxBodySize) bytes" }
            if plan.propagatesHealth { text += " passes health on" }
            return text
        case .failover(let plan):
            var text = "\(name(plan.service, snapshot)) else \(name(plan.fallback, snapshot))"
            if !plan.errorStatuses.isEmpty {
                text += " on " + plan.errorStatuses.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
            }
            return text
        case .local(let name): return "local \(name)"
        }
    }
}

/// What of its answers is held against the primary's.
private func compared(_ plan: MirrorComparisonPlan) -> String {
    var parts: [String] = plan.status ? ["status"] : []
    parts += plan.fields.map { String(decoding: $0, as: UTF8.self) }
    if plan.body != .none { parts.append("body \(plan.body)") }
    if plan.body == .json { parts.append("up to \(plan.maxBodyBytes)") }
    parts += plan.ignored.map { path in
        "but " + path.steps.map { "\($0.isDeep ? "any " : "")\($0.selector)" }.joined(separator: "/")
    }
    return " compares \(plan.ratioMillionths)/1000000 by \(parts.joined(separator: ", "))"
}

/// What a mirror has beside Traefik's keys.
private func options(_ options: MirrorOptions) -> String {
    var text = ""
    switch options.sampleKey {
    case .counter: break
    case .header(let name): text += " by header \(String(decoding: name, as: UTF8.self))"
    case .cookie(let name): text += " by cookie \(String(decoding: name, as: UTF8.self))"
    case .clientIP: text += " by client"
    }
    if let rate = options.rate { text += " every \(rate.interval)ns early by \(rate.tolerance)ns" }
    if !options.removedFields.isEmpty { text += " without \(options.removedFields.joined(separator: "|"))" }
    for field in options.setFields { text += " with \(field.name)=\(field.value)" }
    if let comparison = options.comparison { text += compared(comparison) }
    return text
}
