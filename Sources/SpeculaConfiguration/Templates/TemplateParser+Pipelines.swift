/// Pipelines: what stands between the braces.
extension TemplateParser {
    mutating func pipeline(_ what: String) throws(TemplateError) -> TemplatePipeline {
        skipBlank()
        var result = TemplatePipeline(offset: current.offset)
        try declarations(of: &result, what)
        while true {
            result.commands.append(try command(what))
            skipBlank()
            guard current.token == .pipe else { break }
            position += 1
        }
        if !result.assigns { for name in result.variables { variables[variables.count - 1].insert(name) } }
        return result
    }

    /// `$x :=`, `$x =`, `$i, $x :=`.
    private mutating func declarations(of result: inout TemplatePipeline, _ what: String) throws(TemplateError) {
        let start = position
        var names: [String] = []
        while case .variable(let name) = current.token {
            position += 1
            names.append(name)
            skipBlank()
            if current.token == .comma, names.count == 1, what == "range" {
                position += 1
                skipBlank()
                continue
            }
            guard current.token == .declare || current.token == .assign, !name.isEmpty else { break }
            result.assigns = current.token == .assign
            position += 1
            result.variables = names
            if result.assigns {
                for name in names where !isDeclared(name) { throw failure("undefined variable \"$\(name)\"") }
            }
            return
        }
        position = start
    }

    private func isDeclared(_ name: String) -> Bool { variables.contains { $0.contains(name) } }

    private mutating func command(_ what: String) throws(TemplateError) -> TemplateCommand {
        skipBlank()
        var result = TemplateCommand(offset: current.offset)
        while let operand = try operand() {
            result.operands.append(operand)
            guard current.token == .blank else { break }
            position += 1
        }
        guard let first = result.operands.first else {
            throw failure("missing value for \(what), found \(Self.name(current.token))")
        }
        switch current.token {
        case .close, .pipe, .rightParenthesis, .blank: break
        default: throw failure("unexpected \(Self.name(current.token)) in \(what)")
        }
        if result.operands.count > 1 {
            switch first {
            case .function: break
            // A method.
            case .field, .chain: break
            case .variable(_, let path) where !path.isEmpty: break
            case .literal, .dot, .variable, .pipeline:
                throw TemplateError("only a function takes arguments", at: result.offset)
            }
        }
        return result
    }

    private mutating func operand() throws(TemplateError) -> TemplateOperand? {
        let placed = current
        let operand: TemplateOperand
        switch placed.token {
        case .word(let word):
            position += 1
            switch word {
            case "true": return .literal(.bool(true))
            case "false": return .literal(.bool(false))
            case "nil": return .literal(.missing)
            default:
                guard knows(word) else {
                    throw TemplateError("function \"\(word)\" not defined", at: placed.offset)
                }
                let chain = fields()
                return chain.isEmpty ? .function(word) : .chain(.function(word), chain)
            }
        case .string(let text): operand = .literal(.string(text))
        case .int(let value): operand = .literal(.int(value))
        case .float(let value): operand = .literal(.float(value))
        case .dot: operand = .dot
        case .field(let name):
            position += 1
            return .field([name] + fields())
        case .variable(let name):
            position += 1
            guard isDeclared(name) else { throw TemplateError("undefined variable \"$\(name)\"", at: placed.offset) }
            return .variable(name, fields())
        case .leftParenthesis:
            position += 1
            let inner = try nested { parser throws(TemplateError) in try parser.pipeline("parentheses") }
            skipBlank()
            guard current.token == .rightParenthesis else { throw failure("unclosed left parenthesis") }
            position += 1
            let chain = fields()
            return chain.isEmpty ? .pipeline(inner) : .chain(.pipeline(inner), chain)
        default: return nil
        }
        position += 1
        return operand
    }

    private mutating func fields() -> [String] {
        var names: [String] = []
        while case .field(let name) = current.token {
            names.append(name)
            position += 1
        }
        return names
    }
}
