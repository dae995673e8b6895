internal import SpeculaConfiguration

/// The things of a reading for the lists of the API: filtered, in order, and each as it is shown.
struct RuntimeLists {
    let reading: AdminReading

    /// `/api/http/routers`.
    func routers(_ criteria: ListCriteria) -> [RuntimeRouter] {
        list(reading.runtime.routers, criteria) { router in
            criteria.finds(in: router.configuration.rule, router.name)
                && criteria.accepts(service: router.configuration.service)
                && criteria.accepts(middlewares: router.configuration.middlewares)
        } by: { router in
            switch criteria.sortKey {
            case "priority": .number(router.configuration.priority)
            case "rule": .text(router.configuration.rule)
            case "service": .text(router.configuration.service)
            case "entryPoints": .number(router.configuration.entryPoints.count)
            default: nil
            }
        }
    }

    /// `/api/http/services`.
    func services(_ criteria: ListCriteria) -> [RuntimeService] {
        list(reading.runtime.services, criteria) {
            criteria.finds(in: $0.name)
        } by: { service in
            switch criteria.sortKey {
            case "type": .text(service.type ?? "")
            case "servers": .number(service.configuration?.loadBalancer?.servers.count ?? 0)
            default: nil
            }
        }
    }

    /// `/api/http/middlewares`.
    func middlewares(_ criteria: ListCriteria) -> [RuntimeMiddleware] {
        list(reading.runtime.middlewares, criteria) {
            criteria.finds(in: $0.name)
        } by: { middleware in
            criteria.sortKey == "type" ? .text(middleware.type ?? "") : nil
        }
    }

    /// Those that are wanted, ordered by what `key` says, else by what all things have.
    private func list<Item: RuntimeItem>(
        _ items: [String: Item], _ criteria: ListCriteria, where isWanted: (Item) -> Bool, by key: (Item) -> SortKey?
    ) -> [Item] {
        let kept = items.values.filter { criteria.accepts(status: $0.status.rawValue) && isWanted($0) }
        return criteria.sorted(kept) { item in
            if let own = key(item) { return own }
            switch criteria.sortKey {
            case "provider": return .text(item.provider)
            case "status": return .text(item.status.rawValue)
            default: return .text(item.name)
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
        .object(named(router) + [.init("priorityStr", .string(String(router.configuration.priority)))])
    }

    func listed(_ service: RuntimeService) -> JSONValue { .object(named(service) + serverStatus(of: service)) }

    func listed(_ middleware: RuntimeMiddleware) -> JSONValue { .object(named(middleware)) }

    private func named(_ item: some RuntimeItem) -> [JSONValue.Member] {
        var members = item.members()
        members.append(.init("name", .string(item.name)))
        members.append(.init("provider", .string(item.provider)))
        if let type = item.type { members.append(.init("type", .string(type))) }
        return members
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
