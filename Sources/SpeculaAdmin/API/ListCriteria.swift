/// What a list of the API is asked for: filters, order and page (Traefik: `search`, `status`, `sortBy`, `page` …).
struct ListCriteria {
    private let parameters: QueryParameters

    init(query: String) { parameters = QueryParameters(query) }

    // MARK: Filters

    /// Whether a status is the one asked for, in any case.
    func accepts(status: String) -> Bool {
        let wanted = parameters["status"]
        return wanted.isEmpty || wanted.lowercased() == status.lowercased()
    }

    /// Whether one of the texts contains what is searched for, in any case.
    func finds(in texts: String...) -> Bool { finds(in: texts) }

    /// Whether one of the texts contains what is searched for, in any case.
    func finds(in texts: [String]) -> Bool {
        let wanted = parameters["search"].lowercased()
        return wanted.isEmpty || texts.contains { $0.lowercased().contains(wanted) }
    }

    /// Whether the tables of the dashboard are to have it: one of the texts contains what they are narrowed to, in any case.
    func isListed(_ texts: String...) -> Bool {
        let wanted = parameters["filter"].lowercased()
        return wanted.isEmpty || texts.contains { $0.lowercased().contains(wanted) }
    }

    /// Whether a router's service is the one asked for; a name without provider matches that name of any provider.
    func accepts(service: String) -> Bool {
        let wanted = parameters["serviceName"]
        guard !wanted.isEmpty else { return true }
        if service.contains("@") { return wanted == service }
        return wanted.prefix { $0 != "@" } == service
    }

    /// Whether a router uses the middleware asked for.
    func accepts(middlewares: [String]) -> Bool {
        let wanted = parameters["middlewareName"]
        return wanted.isEmpty || middlewares.contains(wanted)
    }

    // MARK: Order

    /// What the list is ordered by; empty: the name.
    var sortKey: String { parameters["sortBy"] }

    private var isDescending: Bool { !["", "asc"].contains(parameters["direction"]) }

    /// Orders by key, then by name, both in the direction asked for.
    func sorted<Item>(_ items: [Item], by key: (Item) -> SortKey, name: (Item) -> String) -> [Item] {
        // Places are put in order, not the items, which are big.
        let places = items.indices.map { (place: $0, key: key(items[$0]), name: name(items[$0])) }
        let ordered = places.sorted { a, b in a.key == b.key ? bytewise(a.name, b.name) : a.key < b.key }
        return (isDescending ? ordered.reversed() : ordered).map { items[$0.place] }
    }

    // MARK: Page

    /// Which items a page shows, and what `X-Next-Page` says: the next page, or 1 on the last.
    func page(of total: Int) -> Result<(items: Range<Int>, next: Int), PageError> {
        parameter("per_page", orElse: 100).flatMap { size in
            parameter("page", orElse: 1).flatMap { page in
                let (start, isTooFar) = (page - 1).multipliedReportingOverflow(by: size)
                guard !isTooFar, start == 0 || start < total else {
                    return .failure(PageError(message: "invalid request: page: \(page), per_page: \(size)"))
                }
                let end = size >= total - start ? total : start + size
                return .success((start..<end, end < total ? page + 1 : 1))
            }
        }
    }

    private func parameter(_ name: String, orElse normal: Int) -> Result<Int, PageError> {
        let text = parameters[name]
        if text.isEmpty { return .success(normal) }
        let value = Int(text) ?? 0
        return value > 0 ? .success(value) : .failure(PageError(message: "invalid request: \(name): \(value)"))
    }
}

/// A page that is not there, in Traefik's words.
struct PageError: Error, Equatable {
    let message: String
}

/// What a list is ordered by: a number, or a text by its bytes.
enum SortKey: Comparable {
    case number(Int)
    case text(String)

    static func < (a: SortKey, b: SortKey) -> Bool {
        switch (a, b) {
        case (.number(let a), .number(let b)): a < b
        case (.text(let a), .text(let b)): bytewise(a, b)
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}
