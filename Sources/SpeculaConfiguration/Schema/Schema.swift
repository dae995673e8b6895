/// The keys of a section, in Traefik's order: how each is decoded, printed and explained.
package struct Schema<Section: ConfigurationSection>: Sendable {
    let fields: [Field<Section>]
    /// The section may be switched on by its name alone (`--ping`, `ping: true`), as Traefik's allow-empty tag says.
    let canStandAlone: Bool

    package init(canStandAlone: Bool = false, _ fields: Field<Section>...) {
        self.fields = fields
        self.canStandAlone = canStandAlone
    }

    /// The field of that name in any case.
    @inline(__always)
    func field(named name: ArraySlice<UInt8>) -> (index: Int, field: Field<Section>)? {
        for (index, field) in fields.enumerated() where field.loweredName.count == name.count {
            if zip(field.loweredName, name).allSatisfy({ $0 == ASCII.lowered($1) }) { return (index, field) }
        }
        return nil
    }
}

/// One key of a section.
package struct Field<Section: ConfigurationSection>: Sendable {
    let name: String
    let loweredName: [UInt8]
    let help: String
    let isSupported: Bool
    let isOurs: Bool
    let shape: Shape
    let decode: @Sendable (Node, inout Section, inout DecodingContext) -> Void
    let json: @Sendable (Section) -> JSONValue?

    /// A key whose value lands in a stored property; the property's initial value is the default.
    package init<Value: ConfigurationValue>(
        _ name: String, _ property: any WritableKeyPath<Section, Value> & Sendable, ours: Bool = false,
        omitsEmpty: Bool = true, isShown: Bool = true, _ help: String
    ) {
        self.name = name
        self.help = help
        loweredName = name.utf8.map { ASCII.lowered($0) }
        isSupported = true
        isOurs = ours
        shape = Value.shape
        decode = { node, section, context in
            if let value = Value.decode(node, onto: section[keyPath: property], &context) {
                section[keyPath: property] = value
            }
        }
        json = { isShown ? $0[keyPath: property].json(omittingEmpty: omitsEmpty) : nil }
    }

    /// A key that Traefik knows and Specula does not build yet.
    private init(unsupported name: String, _ help: String, shown: JSONValue?) {
        self.name = name
        self.help = help
        loweredName = name.utf8.map { ASCII.lowered($0) }
        isSupported = false
        isOurs = false
        shape = .scalar("")
        decode = { node, _, context in context.notSupportedYet(node) }
        json = { _ in shown }
    }

    /// A key that Traefik knows and Specula does not build yet; the API shows `shown` for it, as Traefik its defaults.
    package static func unsupported(_ name: String, _ help: String = "", shown: JSONValue? = nil) -> Field {
        Field(unsupported: name, help, shown: shown)
    }
}

extension ConfigurationSection {
    package static var shape: Shape {
        .section {
            let initial = Self()
            return schema.fields.map { field in
                FieldDescription(
                    name: field.name, shape: field.shape, defaultText: Self.defaultText(field.json(initial)),
                    help: field.help, isSupported: field.isSupported, isOurs: field.isOurs)
            }
        }
    }

    private static func defaultText(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null, .object: ""
        case .string(let text): text
        case .some(let other): String(decoding: other.text, as: UTF8.self)
        }
    }

    package static func decode(_ node: Node, onto base: Self?, _ context: inout DecodingContext) -> Self? {
        var section = base ?? Self()
        switch node.kind {
        case .mapping: section.read(node, &context)
        case .plain where schema.canStandAlone:
            guard let isPresent = Bool.decode(node, onto: nil, &context) else { return nil }
            return isPresent ? section : nil
        default:
            context.wrongType(node, expected: "a section")
            return nil
        }
        return section
    }

    fileprivate mutating func read(_ node: Node, _ context: inout DecodingContext) {
        let schema = Self.schema
        var seen: UInt64 = 0
        for position in 0..<node.count {
            let (key, value) = node.pair(position)
            guard let (index, field) = schema.field(named: key.bytes) else {
                context.unknown(key, known: schema.fields.map(\.name))
                continue
            }
            let isAgain = seen & (1 << UInt64(index)) != 0
            seen |= 1 << UInt64(index)
            if value.kind == .null { continue }
            context.within(field.name) { context in
                if isAgain { context.error(key, "stands here again, in other letters") }
                field.decode(value, &self, &context)
            }
        }
        finish(node, &context)
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        .object(members())
    }

    /// The members of the section's object, in schema order.
    package func members() -> [JSONValue.Member] {
        Self.schema.fields.compactMap { field in
            field.json(self).map { JSONValue.Member(field.name, $0) }
        }
    }
}

extension PartlySupported {
    package static func decode(_ node: Node, onto base: Self?, _ context: inout DecodingContext) -> Self? {
        let above = context.unclaimed
        context.unclaimed = []
        defer { context.unclaimed = above }
        var section = base ?? Self()
        guard node.kind == .mapping else {
            context.wrongType(node, expected: "a section")
            return nil
        }
        section.origin = Origin(node)
        section.read(node, &context)
        section.unsupported = context.unclaimed
        return section
    }
}
