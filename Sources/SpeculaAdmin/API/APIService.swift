internal import SpeculaConfiguration
package import SpeculaHTTP
package import SpeculaMetrics

/// `api@internal`: Traefik's REST API over what is in force, and one document of ours for the dashboard.
///
/// GET only. Paths, parameters, headers and errors are Traefik's (`/api/http/routers?search=…&page=2`); what Specula does not
/// have (TCP, UDP, certificates) is an empty list.
package struct APIService: LocalService {
    private let basePath: String
    private let read: @Sendable () async -> AdminReading
    private let registry: MetricRegistry

    /// - Parameters:
    ///   - basePath: what stands before `/api` (Traefik: `api.basePath`, `/` by default).
    ///   - registry: the books behind `/api/specula/overview`.
    ///   - read: what is in force, asked for once a request.
    package init(
        basePath: String, registry: MetricRegistry, read: @escaping @Sendable () async -> AdminReading
    ) {
        self.basePath = BasePath.trimmed(basePath)
        self.read = read
        self.registry = registry
    }

    package func respond(to request: LocalRequest) async -> LocalResponse {
        guard request.path.hasPrefix(basePath + "/api/") else { return .pageNotFound }
        let rest = request.path.dropFirst(basePath.count + "/api/".count)
        let steps = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard let target = Target(steps) else { return .pageNotFound }
        guard request.method == "GET" else { return .methodNotAllowed }
        return await answer(target, query: request.query)
    }

    private func answer(_ target: Target, query: String) async -> LocalResponse {
        let reading = await read()
        let lists = RuntimeLists(reading: reading)
        let criteria = ListCriteria(query: query)
        switch target {
        case .rawData: return .json(lists.rawData())
        case .overview: return .json(OverviewSummary(reading: reading).value)
        case .speculaOverview:
            let overview = DashboardOverview(reading: reading, books: registry.readBooks(), criteria: criteria)
            return .json(overview.value, fields: [("Cache-Control", "no-store")])
        case .version: return .json(version(reading), contentType: "application/json; charset=UTF-8")
        case .entryPoints: return .json(.array(lists.entryPoints()))
        case .entryPoint(let id): return found(lists.entryPoint(id), "entry point", id)
        case .routers: return list(lists.routers(criteria), criteria, lists.listed)
        case .router(let id): return found(reading.runtime.routers[id].map(lists.listed), "router", id)
        case .services: return list(lists.services(criteria), criteria, lists.listed)
        case .service(let id): return found(reading.runtime.services[id].map(lists.listed), "service", id)
        case .middlewares: return list(lists.middlewares(criteria), criteria, lists.listed)
        case .middleware(let id): return found(reading.runtime.middlewares[id].map(lists.listed), "middleware", id)
        case .nothing: return list([], criteria) { $0 }
        case .missing(let kind, let id): return found(nil, kind, id)
        }
    }

    private func found(_ value: JSONValue?, _ kind: String, _ id: String) -> LocalResponse {
        value.map { .json($0) } ?? .apiError(404, "\(kind) not found: \(id)")
    }

    private func list<Item>(
        _ items: [Item], _ criteria: ListCriteria, _ listed: (Item) -> JSONValue
    ) -> LocalResponse {
        switch criteria.page(of: items.count) {
        case .failure(let error): .apiError(400, error.message)
        case .success(let page):
            .json(.array(items[page.items].map(listed)), fields: [("X-Next-Page", String(page.next))])
        }
    }

    private func version(_ reading: AdminReading) -> JSONValue {
        var value: JSONValue = [
            "Version": .string(reading.process.version), "Codename": "specula",
            "startDate": .string(reading.process.startDate),
        ]
        if reading.settings.api?.disableDashboardAd == true { value = value.adding("disableDashboardAd", true) }
        if let name = reading.settings.api?.dashboardName, !name.isEmpty {
            value = value.adding("dashboardName", .string(name))
        }
        return value
    }

    /// What a path below `/api/` names.
    private enum Target {
        case rawData, overview, speculaOverview, version
        case entryPoints
        case entryPoint(String)
        case routers, services, middlewares
        case router(String)
        case service(String)
        case middleware(String)
        /// A list of what Specula does not have.
        case nothing
        case missing(kind: String, id: String)

        /// The path is decoded already, so that a slash may stand in a name: what is behind the kind is the name.
        init?(_ steps: [Substring]) {
            let kind = steps.prefix(2).joined(separator: " ")
            switch (steps.count, kind) {
            case (1, "rawdata"): self = .rawData
            case (1, "overview"): self = .overview
            case (1, "version"): self = .version
            case (1, "entrypoints"): self = .entryPoints
            case (1, "certificates"): self = .nothing
            case (2, "specula overview"): self = .speculaOverview
            case (2, "http routers"): self = .routers
            case (2, "http services"): self = .services
            case (2, "http middlewares"): self = .middlewares
            case (2, "tcp routers"), (2, "tcp services"), (2, "tcp middlewares"), (2, "udp routers"),
                (2, "udp services"):
                self = .nothing
            default: self.init(naming: steps)
            }
        }

        private init?(naming steps: [Substring]) {
            let name = { (start: Int) in steps.dropFirst(start).joined(separator: "/") }
            switch (steps.first, steps.dropFirst().first) {
            case ("entrypoints", _) where !name(1).isEmpty: self = .entryPoint(name(1))
            case ("certificates", _) where !name(1).isEmpty: self = .missing(kind: "certificate", id: name(1))
            case _ where name(2).isEmpty: return nil
            case ("http", "routers"): self = .router(name(2))
            case ("http", "services"): self = .service(name(2))
            case ("http", "middlewares"): self = .middleware(name(2))
            case ("tcp", "routers"), ("udp", "routers"): self = .missing(kind: "router", id: name(2))
            case ("tcp", "services"), ("udp", "services"): self = .missing(kind: "service", id: name(2))
            case ("tcp", "middlewares"): self = .missing(kind: "middleware", id: name(2))
            default: return nil
            }
        }
    }
}

/// The path before `/api` and `/dashboard` (Traefik: `api.basePath`).
enum BasePath {
    /// Without a slash at its end: empty for `/`.
    static func trimmed(_ path: String) -> String {
        var path = Substring(path)
        while path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}
