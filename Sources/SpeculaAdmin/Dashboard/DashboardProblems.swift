internal import SpeculaConfiguration

/// What needs somebody's attention: refused configurations, things that are disabled, mirrors that are missing.
struct DashboardProblems {
    /// More are in the API; a page of them helps nobody.
    static let maxListed = 100

    let reading: AdminReading

    var list: [JSONValue] { Array((reload + mirrors + routers + services + middlewares).prefix(Self.maxListed)) }

    private var reload: [JSONValue] {
        guard !reading.reloadErrors.isEmpty else { return [] }
        return [problem("configuration", "refused, the one before it is in force", "refused", reading.reloadErrors)]
    }

    private var routers: [JSONValue] {
        inOrder(reading.runtime.routers.values).map { problem("router", $0.name, $0.status.rawValue, $0.errors) }
    }

    private var services: [JSONValue] {
        inOrder(reading.runtime.services.values).map { problem("service", $0.name, $0.status.rawValue, $0.errors) }
    }

    private var middlewares: [JSONValue] {
        inOrder(reading.runtime.middlewares.values).map {
            problem("middleware", $0.name, $0.status.rawValue, $0.errors)
        }
    }

    /// Mirrors whose service is not there: the route goes on without them, so nothing else shows it.
    private var mirrors: [JSONValue] {
        let sets = reading.runtime.services.values.sorted { bytewise($0.name, $1.name) }
        return sets.flatMap { set -> [JSONValue] in
            guard set.status == .enabled else { return [] }
            return (set.configuration?.mirroring?.mirrors ?? []).compactMap { mirror in
                let name = QualifiedName.of(mirror.name, in: set.provider)
                let service = reading.runtime.services[name]
                guard service == nil || service?.status == .disabled else { return nil }
                let state = service == nil ? "does not exist" : "is disabled"
                return problem(
                    "mirror", "\(name) of \(set.name)", "missing",
                    ["the service \"\(name)\" \(state): nothing is copied to it, the route goes on"])
            }
        }
    }

    private func inOrder<Item: RuntimeItem>(_ items: some Collection<Item>) -> [Item] {
        items.filter { $0.status != .enabled }.sorted { bytewise($0.name, $1.name) }
    }

    private func problem(_ kind: String, _ name: String, _ status: String, _ errors: [String]) -> JSONValue {
        [
            "kind": .string(kind), "name": .string(name), "status": .string(status),
            "errors": .array(errors.map { .string($0) }),
        ]
    }
}
