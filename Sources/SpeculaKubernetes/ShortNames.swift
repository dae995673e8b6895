internal import SpeculaConfiguration

/// Gives services that stand for a Kubernetes Service its bare name: `staging-service@kubernetes`.
///
/// Queries and alerts that name services this way work then; where two would get the same name, both keep Traefik's.
enum ShortNames {
    /// Moves services to a provider of their own and follows every reference to them.
    ///
    /// - Parameters:
    ///   - http: the provider's configuration, which loses them.
    ///   - provider: its name.
    ///   - names: bare names by the name that Traefik gives.
    ///   - log: takes which names were not given.
    /// - Returns: the services under their short names.
    static func take(
        from http: inout HTTPConfiguration, provider: String, _ names: [String: String], log: inout TranslationLog
    ) -> HTTPConfiguration {
        var made = HTTPConfiguration()
        var renamed: [String: String] = [:]
        let groups = Dictionary(grouping: names.keys) { names[$0] ?? "" }
        for (short, longs) in groups.sorted(by: { $0.key < $1.key }) {
            let services = longs.sorted().compactMap { http.services[$0] }
            // One that is missing has its name, too, so that its books go on when it comes and goes; but a reference to what
            // is not there takes no name away from what is.
            let isSame = !services.isEmpty && services.allSatisfy { $0 == services.first }
            guard isSame || longs.count == 1 else {
                // Queries and alerts by the short name find nothing: nobody must have to wonder why.
                var problem = Diagnostic(
                    .warning,
                    "the short name \(short)@\(ProviderNames.short) would stand for several services: "
                        + "\(longs.sorted().joined(separator: ", ")) keep their names")
                problem.isLoud = true
                log.report(problem)
                continue
            }
            made.services[short] = services.first.map { service in
                var service = service
                let transport = service.loadBalancer?.serversTransport ?? ""
                if !transport.isEmpty {
                    service.loadBalancer?.serversTransport = QualifiedName.of(transport, in: provider)
                }
                return service
            }
            for long in longs where longs.count == 1 || http.services[long] != nil {
                renamed[long] = "\(short)@\(ProviderNames.short)"
                http.services[long] = nil
            }
        }
        func follow(_ name: inout String) { if let new = renamed[name] { name = new } }
        http.routers = http.routers.mapValues { router in
            var router = router
            follow(&router.service)
            return router
        }
        http.services = http.services.mapValues { following($0, follow) }
        return made
    }

    private static func following(
        _ service: ServiceConfiguration, _ follow: (inout String) -> Void
    ) -> ServiceConfiguration {
        func followed(_ children: [WeightedChild]) -> [WeightedChild] {
            children.map { child in
                var child = child
                follow(&child.name)
                return child
            }
        }
        var service = service
        if var weighted = service.weighted {
            weighted.services = followed(weighted.services)
            service.weighted = weighted
        }
        if var random = service.highestRandomWeight {
            random.services = followed(random.services)
            service.highestRandomWeight = random
        }
        if var failover = service.failover {
            follow(&failover.service)
            follow(&failover.fallback)
            service.failover = failover
        }
        if var mirroring = service.mirroring {
            follow(&mirroring.service)
            mirroring.mirrors = mirroring.mirrors.map { mirror in
                var mirror = mirror
                follow(&mirror.name)
                return mirror
            }
            service.mirroring = mirroring
        }
        return service
    }
}
