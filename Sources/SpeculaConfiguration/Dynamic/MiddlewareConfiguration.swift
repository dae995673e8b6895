/// `http.middlewares.<name>`: known by name and type, so that its users can be told apart from those of a missing one.
package struct MiddlewareConfiguration: ConfigurationValue {
    /// The types it sets, as Traefik spells them; one is right.
    package var types: [String] = []
    /// As it was written, for the API.
    package var content: JSONValue = .object([])
    package var origin = Origin()

    package init(types: [String] = [], content: JSONValue = .object([])) {
        self.types = types
        self.content = content
    }

    /// Traefik's middlewares.
    static let knownTypes = [
        "addPrefix", "basicAuth", "buffering", "chain", "circuitBreaker", "compress", "contentType", "digestAuth",
        "encodedCharacters", "errors", "forwardAuth", "grpcWeb", "headers", "inFlightReq", "ipAllowList",
        "ipWhiteList", "passTLSClientCert", "plugin", "rateLimit", "redirectRegex", "redirectScheme", "replacePath",
        "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex",
    ]

    package static func decode(
        _ node: Node, onto base: MiddlewareConfiguration?, _ context: inout DecodingContext
    ) -> MiddlewareConfiguration? {
        guard node.kind == .mapping else {
            context.wrongType(node, expected: "a section")
            return nil
        }
        var middleware = MiddlewareConfiguration()
        middleware.origin = Origin(node)
        var members: [JSONValue.Member] = []
        for position in 0..<node.count {
            let (key, value) = node.pair(position)
            let name = key.text
            guard let type = knownTypes.first(where: { ASCII.equalFolded($0.utf8, name.utf8) }) else {
                context.within(name) {
                    $0.unknown(key, suggestion: Spelling.nearest(to: name, in: knownTypes))
                }
                continue
            }
            middleware.types.append(type)
            members.append(.init(type, value.json))
        }
        middleware.content = .object(members)
        return middleware
    }

    package func json(omittingEmpty: Bool) -> JSONValue? { content }
    package static var shape: Shape { .scalar("not supported yet") }
}

extension Node {
    /// The tree as it was written; plain words as truth and numbers where they are.
    package var json: JSONValue {
        switch kind {
        case .null: return .null
        case .quoted: return .string(text)
        case .plain:
            let text = text
            if text == "true" || text == "false" { return .bool(text == "true") }
            if let number = Int64(text) { return .integer(number) }
            return .string(text)
        case .sequence: return .array((0..<count).map { element($0).json })
        case .mapping:
            return .object(
                (0..<count).map { position in
                    let (key, value) = pair(position)
                    return .init(key.text, value.json)
                })
        }
    }
}
