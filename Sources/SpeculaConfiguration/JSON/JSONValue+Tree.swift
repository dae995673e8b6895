extension JSONValue {
    /// What a tree means that came as JSON or YAML.
    package init(tree node: Node) {
        switch node.kind {
        case .null: self = .null
        case .quoted: self = .string(node.text)
        case .plain: self = Self.scalar(node.text)
        case .sequence: self = .array((0..<node.count).map { JSONValue(tree: node.element($0)) })
        case .mapping:
            self = .object(
                (0..<node.count).map { position in
                    let (key, value) = node.pair(position)
                    return Member(key.text, JSONValue(tree: value))
                })
        }
    }

    private static func scalar(_ text: String) -> JSONValue {
        switch text {
        case "true": return true
        case "false": return false
        default: break
        }
        if let number = Int64(text) { return .integer(number) }
        // Swift reads `nan` and `0x1p3` too, which neither format means as a number.
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        if isDecimal, let number = Double(text), number.isFinite { return .number(number) }
        return .string(text)
    }
}
