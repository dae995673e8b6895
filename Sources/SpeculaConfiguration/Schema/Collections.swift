// How lists, maps and things that may be absent are spelled.

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    package static func decode(_ node: Node, onto base: Wrapped??, _ context: inout DecodingContext) -> Wrapped?? {
        let before: Wrapped? = base ?? nil
        guard let value = Wrapped.decode(node, onto: before, &context) else { return nil }
        return .some(.some(value))
    }

    /// What is there is shown even when it is zero, as behind a pointer in Go.
    package func json(omittingEmpty: Bool) -> JSONValue? {
        self?.json(omittingEmpty: false)
    }

    package static var shape: Shape { Wrapped.shape }
}

extension Array: ConfigurationValue where Element: ConfigurationValue {
    /// A list; text is split at commas, as flags spell lists.
    package static func decode(_ node: Node, onto base: [Element]?, _ context: inout DecodingContext) -> [Element]? {
        switch node.kind {
        case .sequence:
            var elements: [Element] = []
            elements.reserveCapacity(node.count)
            for position in 0..<node.count {
                let child = node.element(position)
                if child.kind == .null { continue }
                context.within(index: position) { context in
                    if let element = Element.decode(child, onto: nil, &context) { elements.append(element) }
                }
            }
            return elements
        case .plain, .quoted:
            guard case .scalar = Element.shape else { break }
            return Self.split(node, &context)
        default: break
        }
        context.wrongType(node, expected: "a list")
        return nil
    }

    private static func split(_ node: Node, _ context: inout DecodingContext) -> [Element] {
        let parts = node.text.split(separator: ",").map { part in
            var trimmed = part.drop { $0 == " " }
            while trimmed.hasSuffix(" ") { trimmed.removeLast() }
            return trimmed
        }
        return parts.compactMap { part in
            var builder = SourceTreeBuilder()
            let location = node.location
            let root = builder.scalar(part.utf8, quoted: false, line: location.line, column: location.column)
            let tree = builder.finish(source: location.source, root: root)
            return Element.decode(tree.root, onto: nil, &context)
        }
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        if omittingEmpty, isEmpty { return nil }
        return .array(map { $0.json(omittingEmpty: false) ?? .null })
    }

    package static var shape: Shape { .list(Element.shape) }
}

extension Dictionary: ConfigurationValue where Key == String, Value: ConfigurationValue {
    /// A mapping whose keys are the user's own names.
    package static func decode(
        _ node: Node, onto base: [String: Value]?, _ context: inout DecodingContext
    ) -> [String: Value]? {
        guard node.kind == .mapping else {
            context.wrongType(node, expected: "a section")
            return nil
        }
        var values = base ?? [:]
        values.reserveCapacity(node.count)
        for position in 0..<node.count {
            let (key, child) = node.pair(position)
            if child.kind == .null { continue }
            let name = key.text
            context.within(name) { context in
                if let value = Value.decode(child, onto: nil, &context) { values[name] = value }
            }
        }
        return values
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        if omittingEmpty, isEmpty { return nil }
        return .object(
            sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json(omittingEmpty: false) ?? .null) })
    }

    package static var shape: Shape { .map(Value.shape) }
}
