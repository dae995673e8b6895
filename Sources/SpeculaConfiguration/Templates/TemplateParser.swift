/// Puts the words of a template together: Go's `text/template`.
struct TemplateParser {
    /// Blocks, parentheses and pipelines inside each other.
    static let maxDepth = 64

    /// The template itself.
    private(set) var body: [TemplateNode] = []
    /// What `define` and `block` define, by name.
    private(set) var definitions: [String: [TemplateNode]] = [:]
    let tokens: [TemplateLexer.Placed]
    var position = 0
    private var depth = 0
    private var loops = 0
    let knows: (String) -> Bool
    var variables: [Set<String>] = [[""]]

    /// What ends a list of nodes.
    private enum Ending { case end, otherwise, endOfText }

    /// - Parameters:
    ///   - input: the text.
    ///   - knows: says whether there is a function of a name.
    /// - Throws: `TemplateError` for the first mistake.
    init(_ input: [UInt8], knows: @escaping (String) -> Bool) throws(TemplateError) {
        tokens = try TemplateLexer.tokens(of: input)
        self.knows = knows
        let (nodes, ending) = try list()
        guard ending == .endOfText else {
            throw TemplateError(ending == .end ? "unexpected {{end}}" : "unexpected {{else}}", at: previous.offset)
        }
        body = nodes
    }

    // MARK: Words

    var current: TemplateLexer.Placed { tokens[min(position, tokens.count - 1)] }
    private var previous: TemplateLexer.Placed { tokens[max(0, min(position, tokens.count) - 1)] }

    mutating func skipBlank() {
        if current.token == .blank { position += 1 }
    }

    func failure(_ message: String) -> TemplateError { TemplateError(message, at: current.offset) }

    private mutating func expectClose(_ what: String) throws(TemplateError) {
        skipBlank()
        guard current.token == .close else { throw failure("unexpected \(Self.name(current.token)) in \(what)") }
        position += 1
    }

    static func name(_ token: TemplateLexer.Token) -> String {
        switch token {
        case .text: "text"
        case .open: "{{"
        case .close: "}}"
        case .word(let word): "\"\(word)\""
        case .field(let name): "\".\(name)\""
        case .dot: "\".\""
        case .variable(let name): "\"$\(name)\""
        case .string(let text): "\"\(text)\""
        case .int(let value): "\(value)"
        case .float(let value): "\(value)"
        case .pipe: "\"|\""
        case .leftParenthesis: "\"(\""
        case .rightParenthesis: "\")\""
        case .declare: "\":=\""
        case .assign: "\"=\""
        case .comma: "\",\""
        case .blank: "blank"
        case .end: "end of text"
        }
    }

    mutating func nested<Result>(
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else { throw failure("nested deeper than \(Self.maxDepth)") }
        return try body(&self)
    }

    private mutating func scoped<Result>(
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        variables.append([])
        defer { variables.removeLast() }
        return try body(&self)
    }

    // MARK: Nodes

    private mutating func list() throws(TemplateError) -> (nodes: [TemplateNode], ending: Ending) {
        var nodes: [TemplateNode] = []
        while true {
            switch current.token {
            case .text(let range):
                nodes.append(.text(range))
                position += 1
            case .open:
                position += 1
                skipBlank()
                if let ending = ending() { return (nodes, ending) }
                if let node = try action() { nodes.append(node) }
            default: return (nodes, .endOfText)
            }
        }
    }

    /// `{{end}}` is taken whole; of `{{else …}}` the word alone.
    private mutating func ending() -> Ending? {
        guard case .word(let word) = current.token else { return nil }
        switch word {
        case "end":
            position += 1
            return .end
        case "else":
            position += 1
            return .otherwise
        default: return nil
        }
    }

    private mutating func action() throws(TemplateError) -> TemplateNode? {
        guard case .word(let word) = current.token else { return .action(try finished("command")) }
        switch word {
        case "if": return try branch("if") { .condition($0, then: $1, otherwise: $2) }
        case "with": return try branch("with") { .with($0, then: $1, otherwise: $2) }
        case "range":
            loops += 1
            defer { loops -= 1 }
            return try branch("range") { .range($0, body: $1, otherwise: $2) }
        case "define":
            try define()
            return nil
        case "block": return try block()
        case "template": return try template()
        case "break", "continue":
            guard loops > 0 else { throw failure("{{\(word)}} outside {{range}}") }
            position += 1
            try expectClose(word)
            return word == "break" ? .breakLoop : .continueLoop
        default: return .action(try finished("command"))
        }
    }

    private mutating func finished(_ what: String) throws(TemplateError) -> TemplatePipeline {
        let result = try pipeline(what)
        try expectClose(what)
        return result
    }

    private mutating func branch(
        _ word: String, _ make: (TemplatePipeline, [TemplateNode], [TemplateNode]) -> TemplateNode
    ) throws(TemplateError) -> TemplateNode {
        position += 1
        return try nested { parser throws(TemplateError) in
            try parser.scoped { parser throws(TemplateError) in
                let condition = try parser.finished(word)
                let start = parser.previous.offset
                let (then, ending) = try parser.scoped { parser throws(TemplateError) in try parser.list() }
                var otherwise: [TemplateNode] = []
                switch ending {
                case .end: try parser.expectClose("end")
                case .otherwise: otherwise = try parser.otherwise(of: word)
                case .endOfText: throw TemplateError("{{\(word)}} without {{end}}", at: start)
                }
                return make(condition, then, otherwise)
            }
        }
    }

    private mutating func otherwise(of word: String) throws(TemplateError) -> [TemplateNode] {
        skipBlank()
        if case .word(let next) = current.token, next == word, word != "range" {
            let node: TemplateNode
            if word == "if" {
                node = try branch("if") { .condition($0, then: $1, otherwise: $2) }
            } else {
                node = try branch("with") { .with($0, then: $1, otherwise: $2) }
            }
            return [node]
        }
        try expectClose("else")
        let start = previous.offset
        let (nodes, ending) = try scoped { parser throws(TemplateError) in try parser.list() }
        guard ending == .end else { throw TemplateError("{{else}} without {{end}}", at: start) }
        try expectClose("end")
        return nodes
    }

    private mutating func templateName() throws(TemplateError) -> String {
        position += 1
        skipBlank()
        guard case .string(let name) = current.token else { throw failure("expected a template's name in quotes") }
        position += 1
        return name
    }

    private mutating func define() throws(TemplateError) {
        let start = current.offset
        guard depth == 0 else { throw failure("{{define}} inside another action") }
        let name = try templateName()
        try expectClose("define")
        try definition(name, start)
    }

    private mutating func definition(_ name: String, _ start: Int) throws(TemplateError) {
        let outer = (variables, loops)
        (variables, loops) = ([[""]], 0)
        defer { (variables, loops) = outer }
        let (nodes, ending) = try nested { parser throws(TemplateError) in try parser.list() }
        guard ending == .end else { throw TemplateError("{{define}} without {{end}}", at: start) }
        try expectClose("end")
        definitions[name] = nodes
    }

    private mutating func block() throws(TemplateError) -> TemplateNode {
        let start = current.offset
        let name = try templateName()
        let argument = try finished("block")
        try definition(name, start)
        return .template(name: name, argument: argument, offset: start)
    }

    private mutating func template() throws(TemplateError) -> TemplateNode {
        let start = current.offset
        let name = try templateName()
        skipBlank()
        if current.token == .close {
            position += 1
            return .template(name: name, argument: nil, offset: start)
        }
        return .template(name: name, argument: try finished("template"), offset: start)
    }
}
