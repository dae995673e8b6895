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
        inOrder(reading.runtime.routers).map { problem("router", $0.name, $0.status.rawValue, $0.errors) }
    }

    private var services: [JSONValue] {
        inOrder(reading.runtime.services).map { problem("service", $0.name, $0.status.rawValue, $0.errors) }
    }

    private var middlewares: [JSONValue] {
        inOrder(reading.runtime.middlewares).map {
            problem("middleware", $0.name, $0.status.rawValue, $0.errors)
        }
    }

    /// Mirrors whose service is not there: the route goes on without them, so nothing else shows it.
    private var mirrors: [JSONValue] {
        let names = reading.runtime.services.compactMap { name, service in
            service.status == .enabled && service.configuration?.mirroring != nil ? name : nil
        }
        return names.sorted(by: bytewise).flatMap { name -> [JSONValue] in
            guard let set = reading.runtime.services[name] else { return [] }
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

    /// Names are put in order, not the things themselves, of which there may be ten thousand.
    private func inOrder<Item: RuntimeItem>(_ items: [String: Item]) -> [Item] {
        let names = items.compactMap { $0.value.status == .enabled ? nil : $0.key }
        return names.sorted(by: bytewise).compactMap { items[$0] }
    }

    private func problem(_ kind: String, _ name: String, _ status: String, _ errors: [String]) -> JSONValue {
        [
            "kind": .string(kind), "name": .string(name), "status": .string(status),
            "errors": .array(errors.map { .string($0) }),
        ]
    }
}
