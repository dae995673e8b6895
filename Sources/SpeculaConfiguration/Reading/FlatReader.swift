/// Reads flags or environment variables into a tree: dotted names with values, guided by the shape of what they configure.
struct FlatReader {
    /// One flag or variable.
    struct Setting {
        /// `entryPoints.web.address`, `tls.domains[0].main`.
        var name: String
        var value: String
        /// As the user knows it: `--entryPoints.web.address`.
        var label: String
    }

    private final class Branch {
        var children: [(name: String, branch: Branch)] = []
        var value: String?
        var label: Int
        var isList = false

        init(label: Int) { self.label = label }

        func child(_ name: String, ignoringCase: Bool, label: Int) -> Branch {
            for (known, branch) in children
            where known == name || ignoringCase && ASCII.equalFolded(known.utf8, name.utf8) {
                return branch
            }
            let branch = Branch(label: label)
            children.append((name, branch))
            return branch
        }
    }

    private var builder = SourceTreeBuilder()
    private var labels: [String] = []
    private var diagnostics: [Diagnostic] = []

    /// The tree of all settings; a list that is set again grows, anything else takes the last value.
    static func read(
        _ settings: [Setting], source: String, shape: Shape
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        var reader = FlatReader()
        let root = Branch(label: 0)
        for setting in settings {
            reader.labels.append(setting.label)
            reader.place(setting, label: reader.labels.count - 1, in: root, shape: shape)
        }
        if reader.labels.isEmpty { reader.labels = [source] }
        let top = reader.build(root, depth: 0)
        guard !reader.diagnostics.containsErrors else { return (nil, reader.diagnostics) }
        return (reader.builder.finish(source: source, root: top, labels: reader.labels), reader.diagnostics)
    }

    private mutating func place(_ setting: Setting, label: Int, in root: Branch, shape: Shape) {
        var branch = root
        var shape: Shape? = shape
        for step in Self.steps(of: setting.name) {
            switch step {
            case .key(let key):
                var isSection = false
                if case .section = shape { isSection = true }
                branch = branch.child(key, ignoringCase: isSection, label: label)
                shape = shape.flatMap { Self.shape(of: key, in: $0) }
            case .index(let index):
                branch.isList = true
                branch = branch.child(String(index), ignoringCase: false, label: label)
                if case .list(let element) = shape { shape = element } else { shape = nil }
            }
        }
        if case .list = shape, let before = branch.value {
            branch.value = before + "," + setting.value
        } else {
            branch.value = setting.value
        }
    }

    private enum Step { case key(String), index(Int) }

    private static func steps(of name: String) -> [Step] {
        var steps: [Step] = []
        for part in name.split(separator: ".", omittingEmptySubsequences: false) {
            if part.hasSuffix("]"), let bracket = part.firstIndex(of: "["),
                let index = Int(part[part.index(after: bracket)...].dropLast())
            {
                if bracket > part.startIndex { steps.append(.key(String(part[..<bracket]))) }
                steps.append(.index(index))
            } else {
                steps.append(.key(String(part)))
            }
        }
        return steps
    }

    private static func shape(of key: String, in shape: Shape) -> Shape? {
        switch shape {
        case .section(let fields): fields().first { ASCII.equalFolded($0.name.utf8, key.utf8) }?.shape
        case .map(let element): element
        case .list, .scalar: nil
        }
    }

    /// True when a flag of that name needs no value: truth and sections.
    static func standsAlone(_ name: String, in shape: Shape) -> Bool {
        var current: Shape? = shape
        for step in steps(of: name) {
            switch step {
            case .key(let key): current = current.flatMap { Self.shape(of: key, in: $0) }
            case .index: if case .list(let element) = current { current = element } else { current = nil }
            }
        }
        switch current {
        case .section: return true
        case .scalar(let type): return type == "bool"
        default: return false
        }
    }

    private mutating func build(_ branch: Branch, depth: Int) -> UInt32 {
        guard depth <= YAMLReader.maxDepth else {
            diagnostics.append(
                Diagnostic(
                    .error, at: Location(source: labels[branch.label]), "nested deeper than \(YAMLReader.maxDepth)"))
            return builder.null(line: branch.label, column: 0)
        }
        if branch.children.isEmpty, depth > 0 {
            return builder.scalar((branch.value ?? "").utf8, quoted: false, line: branch.label, column: 0)
        }
        if branch.isList {
            let ordered = branch.children.sorted { (Int($0.name) ?? 0) < (Int($1.name) ?? 0) }
            let elements = ordered.map { build($0.branch, depth: depth + 1) }
            return builder.sequence(elements, line: branch.label, column: 0)
        }
        var pairs: [UInt32] = []
        for (name, child) in branch.children {
            pairs.append(builder.scalar(name.utf8, quoted: true, line: child.label, column: 0))
            pairs.append(build(child, depth: depth + 1))
        }
        return builder.mapping(pairs, line: branch.label, column: 0)
    }
}
