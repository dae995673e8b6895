extension TemplateFunctions {
    /// Paths with slashes, as Go's `path`; here those of files are no others.
    static let paths: [String: Function] = {
        var paths = slashed
        for (name, function) in slashed { paths["os\(name.prefix(1).uppercased())\(name.dropFirst())"] = function }
        return paths
    }()

    private static let slashed: [String: Function] = [
        "base": { arguments throws(TemplateError) in
            let path = try arguments.string(0)
            return .string(path.split(separator: "/").last.map { String($0) } ?? (path.isEmpty ? "." : "/"))
        },
        "dir": { arguments throws(TemplateError) in
            let path = try arguments.string(0)
            return .string(cleaned(path.lastIndex(of: "/").map { path[...$0] } ?? ""))
        },
        "ext": { arguments throws(TemplateError) in
            let name = try arguments.string(0).split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            return .string(name.lastIndex(of: ".").map { String(name[$0...]) } ?? "")
        },
        "clean": { arguments throws(TemplateError) in .string(cleaned(Substring(try arguments.string(0)))) },
        "isAbs": { arguments throws(TemplateError) in .bool(try arguments.string(0).hasPrefix("/")) },
    ]

    private static func cleaned(_ path: Substring) -> String {
        let isRooted = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if let last = parts.last, last != ".." {
                parts.removeLast()
            } else if !isRooted {
                parts.append(part)
            }
        }
        if isRooted { return "/" + parts.joined(separator: "/") }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}
