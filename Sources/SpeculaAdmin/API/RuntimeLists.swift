internal import SpeculaConfiguration

/// The things of a reading for the lists of the API: filtered, in order, and each as it is shown.
struct RuntimeLists {
    let reading: AdminReading

    /// `/api/http/routers`.
    func routers(_ criteria: ListCriteria) -> [RuntimeRouter] {
        let kept = reading.runtime.routers.values.filter {
            criteria.accepts(status: $0.status.rawValue) && criteria.finds(in: $0.configuration.rule, $0.name)
                && criteria.accepts(service: $0.configuration.service)
                && criteria.accepts(middlewares: $0.configuration.middlewares)
        }
        return criteria.sorted(kept) { router in
            switch criteria.sortKey {
            case "provider": .text(router.provider)
            case "priority": .number(router.configuration.priority)
            case "status": .text(router.status.rawValue)
            case "rule": .text(router.configuration.rule)
            case "service": .text(router.configuration.service)
            case "entryPoints": .number(router.configuration.entryPoints.count)
            default: .text(router.name)
            }
        } name: {
            $0.name
        }
    }

    /// `/api/http/services`.
    func services(_ criteria: ListCriteria) -> [RuntimeService] {
        let kept = reading.runtime.services.values.filter {
            criteria.accepts(status: $0.status.rawValue) && criteria.finds(in: $0.name)
        }
        return criteria.sorted(kept) { service in
            switch criteria.sortKey {
            case "type": .text(service.type ?? "")
            case "servers": .number(service.configuration?.loadBalancer?.servers.count ?? 0)
            case "provider": .text(service.provider)
            case "status": .text(service.status.rawValue)
            default: .text(service.name)
            }
        } name: {
            $0.name
        }
    }

    /// `/api/http/middlewares`.
    func middlewares(_ criteria: ListCriteria) -> [RuntimeMiddleware] {
        let kept = reading.runtime.middlewares.values.filter {
            criteria.accepts(status: $0.status.rawValue) && criteria.finds(in: $0.name)
        }
        return criteria.sorted(kept) { middleware in
            switch criteria.sortKey {
            case "type": .text(middleware.type ?? "")
            case "provider": .text(middleware.provider)
            case "status": .text(middleware.status.rawValue)
            default: .text(middleware.name)
            }
        } name: {
            $0.name
        }
    }

    /// `/api/entrypoints`, by name.
    func entryPoints() -> [JSONValue] {
        reading.settings.entryPoints.keys.sorted(by: bytewise).compactMap(entryPoint)
    }

    /// `/api/entrypoints/{name}`.
    func entryPoint(_ name: String) -> JSONValue? {
        guard let entryPoint = reading.settings.entryPoints[name] else { return nil }
        return .object(entryPoint.members() + [.init("name", .string(name))])
    }

    /// `/api/rawdata`.
    func rawData() -> JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ key: String, _ things: [(String, JSONValue)]) {
            guard !things.isEmpty else { return }
            let sorted = things.sorted { bytewise($0.0, $1.0) }
            members.append(.init(key, .object(sorted.map { .init($0.0, $0.1) })))
        }
        let runtime = reading.runtime
        add("routers", runtime.routers.map { ($0.key, .object($0.value.members())) })
        add("middlewares", runtime.middlewares.map { ($0.key, .object($0.value.members())) })
        add("services", runtime.services.map { ($0.key, .object($0.value.members() + serverStatus(of: $0.value))) })
        return .object(members)
    }

    // MARK: One thing

    func listed(_ router: RuntimeRouter) -> JSONValue {
        .object(
            router.members() + [
                .init("name", .string(router.name)), .init("provider", .string(router.provider)),
                .init("priorityStr", .string(String(router.configuration.priority))),
            ])
    }

    func listed(_ service: RuntimeService) -> JSONValue {
        var members = service.members()
        members.append(.init("name", .string(service.name)))
        members.append(.init("provider", .string(service.provider)))
        if let type = service.type { members.append(.init("type", .string(type))) }
        return .object(members + serverStatus(of: service))
    }

    func listed(_ middleware: RuntimeMiddleware) -> JSONValue {
        var members = middleware.members()
        members.append(.init("name", .string(middleware.name)))
        members.append(.init("provider", .string(middleware.provider)))
        if let type = middleware.type { members.append(.init("type", .string(type))) }
        return .object(members)
    }

    private func serverStatus(of service: RuntimeService) -> [JSONValue.Member] {
        guard !service.serverURLs.isEmpty else { return [] }
        let states = service.serverURLs.sorted(by: bytewise).map { url in
            JSONValue.Member(url, reading.isUp(url, of: service.name) ? "UP" : "DOWN")
        }
        return [.init("serverStatus", .object(states))]
    }
}

/// Go's order of texts: by their bytes.
func bytewise(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
