/// Reads a rule by recursive descent, in Go's precedence: `!` before `&&` before `||`.
struct RuleParser {
    private var lexer: RuleLexer
    private var token = RuleToken.end
    private var depth = 0

    init(text: String) { lexer = RuleLexer(text: text) }

    mutating func parse() throws(RuleError) -> RuleNode {
        try advance()
        guard token != .end else { throw error("the rule is empty") }
        let root = try parseAny()
        if token == .lineEnd { try advance() }
        guard token == .end else { throw unexpected("&&, || or the end of the rule") }
        return root
    }

    private mutating func parseAny() throws(RuleError) -> RuleNode {
        var operands = [try parseAll()]
        while token == .or {
            try advance()
            operands.append(try parseAll())
        }
        return operands.count == 1 ? operands[0] : .any(operands)
    }

    private mutating func parseAll() throws(RuleError) -> RuleNode {
        var operands = [try parseOperand()]
        while token == .and {
            try advance()
            operands.append(try parseOperand())
        }
        return operands.count == 1 ? operands[0] : .all(operands)
    }

    private mutating func parseOperand() throws(RuleError) -> RuleNode {
        switch token {
        case .not:
            try enter()
            try advance()
            let operand = try parseOperand()
            depth -= 1
            return .not(operand)
        case .leftParenthesis:
            try enter()
            try advance()
            let inner = try parseAny()
            guard token == .rightParenthesis else { throw unexpected("&&, || or )") }
            try advance()
            depth -= 1
            return inner
        case .word(let word):
            return .matcher(try parseMatcher(word))
        case .string, .and, .or, .rightParenthesis, .comma, .lineEnd, .end:
            throw unexpected("a matcher")
        }
    }

    private mutating func parseMatcher(_ word: String) throws(RuleError) -> Matcher {
        let start = lexer.tokenStart
        guard let name = Matcher.name(spelled: word) else {
            throw RuleError(offset: start, message: "unknown matcher \"\(word)\"\(MatcherHint.hint(for: word))")
        }
        try advance()
        guard token == .leftParenthesis else { throw unexpected("( after \(name)") }
        try advance()
        var arguments: [[UInt8]] = []
        while case .string(let argument) = token {
            arguments.append(argument)
            try advance()
            // Go takes a comma behind the last argument.
            guard token == .comma else { break }
            try advance()
        }
        guard token == .rightParenthesis else {
            throw unexpected(arguments.isEmpty ? "a string in backticks or double quotes" : ", or )")
        }
        let matcher = try Matcher.make(name, arguments, at: start)
        try advance()
        return matcher
    }

    private mutating func advance() throws(RuleError) { token = try lexer.next() }

    private mutating func enter() throws(RuleError) {
        depth += 1
        guard depth <= Rule.depthLimit else {
            throw error("more than \(Rule.depthLimit) parentheses and negations inside one another")
        }
    }

    private func error(_ message: String) -> RuleError { RuleError(offset: lexer.tokenStart, message: message) }

    private func unexpected(_ expected: String) -> RuleError {
        error("unexpected \(token.text), expected \(expected)")
    }
}
