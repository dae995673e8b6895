/// A Kubernetes ConfigMap that holds Traefik's static configuration, as one is mounted into its pod.
enum ConfigMapDocument {
    /// The keys under `data` that are looked at, the first that is there counts.
    static let keys = ["traefik.yml", "traefik.yaml", "traefik.toml"]

    /// The tree of the configuration inside; nil when the text is no ConfigMap that holds one.
    ///
    /// Lines and columns are those of the manifest.
    static func parse(_ text: [UInt8], path: String) -> (tree: SourceTree?, diagnostics: [Diagnostic])? {
        // Most files are no ConfigMap: they are not parsed twice.
        guard String(decoding: text, as: UTF8.self).contains("ConfigMap") else { return nil }
        for tree in YAMLReader.readAll(text, source: path).trees {
            guard tree.root.value(named: "kind")?.text == "ConfigMap", let data = tree.root.value(named: "data")
            else { continue }
            for key in keys {
                guard let value = data.value(named: key) else { continue }
                return inner(key, value, text, path)
            }
        }
        return nil
    }

    /// Everything else under `data` of ConfigMaps that is named like a file of configuration, as mounted for the file provider.
    static func others(_ text: [UInt8], path: String) -> [(tree: SourceTree?, diagnostics: [Diagnostic])] {
        var found: [(tree: SourceTree?, diagnostics: [Diagnostic])] = []
        for tree in YAMLReader.readAll(text, source: path).trees {
            guard tree.root.value(named: "kind")?.text == "ConfigMap", let data = tree.root.value(named: "data"),
                data.kind == .mapping
            else { continue }
            for position in 0..<data.count {
                let (key, value) = data.pair(position)
                guard !keys.contains(key.text), [".yml", ".yaml", ".toml"].contains(where: key.text.hasSuffix)
                else { continue }
                found.append(inner(key.text, value, text, path))
            }
        }
        return found
    }

    private static func inner(
        _ key: String, _ value: Node, _ text: [UInt8], _ path: String
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        let (line, column) = offset(of: value, in: text)
        let (inner, problems) = ConfigurationDocument.parse(Array(value.bytes), path: key, named: path)
        return (
            inner?.moved(lines: line, columns: column), problems.map { $0.moved(lines: line, columns: column) }
        )
    }

    /// How far a block scalar's content lies behind its own start; nothing for text in quotes.
    private static func offset(of value: Node, in text: [UInt8]) -> (lines: Int, columns: Int) {
        let start = value.location
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard start.line <= lines.count, let mark = lines[start.line - 1].dropFirst(start.column - 1).first,
            mark == UInt8(ascii: "|") || mark == UInt8(ascii: ">")
        else { return (start.line - 1, 0) }
        let first = lines[start.line...].first { $0.contains { $0 != UInt8(ascii: " ") } } ?? []
        return (start.line, first.prefix { $0 == UInt8(ascii: " ") }.count)
    }
}

extension SourceTree {
    /// The same tree, further down and to the right in its source.
    fileprivate func moved(lines: Int, columns: Int) -> SourceTree {
        let moved = records.map { record in
            var record = record
            record.line += UInt32(lines)
            record.column += UInt32(columns)
            return record
        }
        return SourceTree(
            source: source, records: moved, links: links, text: text, labels: labels, rootIndex: rootIndex)
    }
}

extension Diagnostic {
    fileprivate func moved(lines: Int, columns: Int) -> Diagnostic {
        var moved = self
        moved.location?.line += lines
        moved.location?.column += columns
        return moved
    }
}
