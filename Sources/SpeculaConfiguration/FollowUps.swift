/// What only follows from mistakes that are told already: of a service with an unknown key, that it has no servers; of the
/// router that names it, that it is disabled.
struct FollowUps {
    private static let kinds = ["routers", "services", "middlewares", "serversTransports"]

    /// The key paths of the items in which something is wrong, and their names.
    private var items: [(path: String, name: String)] = []
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
        let known = zip(Self.kinds, names).flatMap { kind, names in
            names.map { (path: "http.\(kind).\($0)", name: $0) }
        }
        for path in errors.map(\.keyPath) {
            if let item = known.first(where: { Self.covers($0.path, path) }) {
                items.append(item)
            } else if let kind = Self.kinds.first(where: { path.hasPrefix("http.\($0).") }) {
                items.append((path, String(path.dropFirst("http.\(kind).".count))))
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
        let isAboutRule = finding.message.hasPrefix("error while parsing rule")
        if isAboutRule, !finding.message.contains("the rule is empty") { return false }
        // So is a name that nothing has, unless that stands in what could not be read.
        let isAboutName = finding.message.hasSuffix("\" does not exist") && !finding.message.contains("\"\"")
        for item in items {
            if !isAboutName, Self.covers(item.path, finding.keyPath) { return true }
            if finding.message.contains("\"\(item.name)\"") || finding.message.contains("\(item.name)@file") {
                return true
            }
        }
        if areEntryPointsWrong, finding.keyPath.hasSuffix(".entryPoints") { return true }
        let isAboutOthers = finding.message.contains("exist") || finding.message.contains("is disabled")
        return isSomethingUnread && isAboutOthers
    }

    private static func covers(_ path: String, _ other: String) -> Bool {
        guard other.hasPrefix(path) else { return false }
        let next = other.utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[")
    }
}
