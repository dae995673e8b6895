/// What only follows from mistakes that are told already: of a service with an unknown key, that it has no servers; of the
/// router that names it, that it is disabled.
struct FollowUps {
    private static let sections = ["routers", "services", "middlewares", "serversTransports"]

    /// The key paths of the items in which something is wrong.
    private var items: [String] = []
    /// A file or a section could not be read at all: what is missing may stand there.
    private var isSomethingUnread = false
    private var areEntryPointsWrong = false

    /// - Parameters:
    ///   - mistakes: Found while reading.
    ///   - configuration: What could be read in spite of them.
    init(of mistakes: [Diagnostic], in configuration: DynamicConfiguration) {
        let errors = mistakes.filter(\.isError)
        guard !errors.isEmpty else { return }
        let http = configuration.http
        let names = [
            Array(http.routers.keys), Array(http.services.keys), Array(http.middlewares.keys),
            Array(http.serversTransports.keys),
        ]
        let known = zip(Self.sections, names).flatMap { section, names in names.map { "http.\(section).\($0)" } }
        for path in errors.map(\.keyPath) {
            if let item = known.first(where: { Self.covers($0, path) }) {
                items.append(item)
            } else if Self.sections.contains(where: { path.hasPrefix("http.\($0).") }) {
                items.append(path)
            } else if path.isEmpty || Self.covers("http", path) {
                isSomethingUnread = true
            } else if Self.covers("entryPoints", path) {
                areEntryPointsWrong = true
            }
        }
    }

    /// True when a finding of the compiler says nothing new.
    func contain(_ finding: Diagnostic) -> Bool {
        // A rule that cannot be parsed is wrong by itself, whatever else is wrong with its router; an empty one may be the
        // key's fault.
        if case .badRule(isEmpty: false) = finding.kind { return false }
        let references = finding.kind.references
        if references.contains(where: isWrong) { return true }
        // So is a name that nothing has, unless that stands in what could not be read.
        let isAboutName = references.contains { $0.isMissing && !$0.name.hasPrefix("@") }
        if !isAboutName, items.contains(where: { Self.covers($0, finding.keyPath) }) { return true }
        let isAboutEntryPoint = finding.kind == .noEntryPoint || references.contains { $0.thing == .entryPoint }
        if areEntryPointsWrong, isAboutEntryPoint { return true }
        return isSomethingUnread && !references.isEmpty
    }

    /// Something is wrong with what is named.
    private func isWrong(_ reference: FindingKind.Reference) -> Bool {
        let section: String
        switch reference.thing {
        case .service: section = "services"
        case .middleware: section = "middlewares"
        case .serversTransport: section = "serversTransports"
        case .entryPoint, .kubernetesService, .endpoints, .secret, .configMap, .gateway, .referenceGrant: return false
        }
        guard reference.name.hasSuffix("@file") else { return false }
        let item = "http.\(section).\(reference.name.dropLast("@file".count))"
        return items.contains { Self.covers(item, $0) }
    }

    private static func covers(_ path: String, _ other: String) -> Bool {
        guard other.hasPrefix(path) else { return false }
        let next = other.utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[")
    }
}
