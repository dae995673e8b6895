/// Runs a parsed template; every text it makes remembers the line it came from.
///
/// Longer than others: nodes, calls and fields share the variables and what is left to be used.
struct TemplateRunner {
    /// Actions and loop turns of one run.
    static let maxSteps = 1_000_000
    /// Blocks, calls and parentheses inside each other, all together.
    static let maxDepth = 256
    /// Bytes that one run may make.
    static let maxBytes = 16 << 20

    private(set) var output: [UInt8] = []
    /// For each line of the output, the line of the input that began it; from 1.
    private(set) var lines: [UInt32] = [1]
    let environment: TemplateEnvironment
    private let input: [UInt8]
    private let lineStarts: [Int]
    private let definitions: [String: [TemplateNode]]
    private var variables: [[String: TemplateValue]]
    private var steps = 0
    private var workLeft: Int
    private var depth = 0
    private var calls = 0

    /// How a list of nodes ended.
    private enum Flow { case normal, breakLoop, continueLoop }

    init(input: [UInt8], definitions: [String: [TemplateNode]], environment: TemplateEnvironment, data: TemplateValue) {
        self.input = input
        self.definitions = definitions
        self.environment = environment
        workLeft = environment.maxWork
        variables = [["": data]]
        lineStarts = [0] + input.indices.filter { input[$0] == 0x0A }.map { $0 + 1 }
    }

    mutating func run(_ nodes: [TemplateNode], dot: TemplateValue) throws(TemplateError) {
        _ = try list(nodes, dot)
    }

    /// The line, from 1, in which a byte of the input stands.
    func line(of offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The column, from 1, of a byte of the input.
    func column(of offset: Int) -> Int { offset - lineStarts[line(of: offset) - 1] + 1 }

    // MARK: Nodes

    private mutating func list(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Flow {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else { throw TemplateError("nested deeper than \(Self.maxDepth)") }
        for node in nodes {
            let flow = try self.node(node, dot)
            guard case .normal = flow else { return flow }
        }
        return .normal
    }

    private mutating func step(_ offset: Int) throws(TemplateError) {
        steps += 1
        guard steps <= Self.maxSteps else { throw TemplateError("more than \(Self.maxSteps) steps", at: offset) }
    }

    private mutating func charge(_ size: Int, _ offset: Int) throws(TemplateError) {
        workLeft -= size
        guard workLeft >= 0 else {
            throw TemplateError("works on more than \(environment.maxWork) bytes and items", at: offset)
        }
    }

    private mutating func scoped(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Flow {
        variables.append([:])
        defer { variables.removeLast() }
        return try list(nodes, dot)
    }

    private mutating func node(_ node: TemplateNode, _ dot: TemplateValue) throws(TemplateError) -> Flow {
        switch node {
        case .text(let range): try write(input[range], line: line(of: range.lowerBound), counts: true, range.lowerBound)
        case .action(let pipeline):
            let value = try value(of: pipeline, dot)
            guard pipeline.variables.isEmpty else { return .normal }
            let text = value == .missing ? "<no value>" : value.text
            try write(Array(text.utf8)[...], line: line(of: pipeline.offset), counts: false, pipeline.offset)
        case .condition(let pipeline, let then, let otherwise):
            variables.append([:])
            defer { variables.removeLast() }
            return try scoped(try value(of: pipeline, dot).isTrue ? then : otherwise, dot)
        case .with(let pipeline, let then, let otherwise):
            variables.append([:])
            defer { variables.removeLast() }
            let value = try value(of: pipeline, dot)
            return value.isTrue ? try scoped(then, value) : try scoped(otherwise, dot)
        case .range(let pipeline, let body, let otherwise): return try loop(pipeline, body, otherwise, dot)
        case .template(let name, let argument, let offset): try call(name, argument, offset, dot)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .normal
    }

    private mutating func loop(
        _ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        variables.append([:])
        defer { variables.removeLast() }
        var plain = pipeline
        plain.variables = []
        let value = try value(of: plain, dot)
        let items: [(key: TemplateValue, value: TemplateValue)]
        switch value {
        case .list(let values): items = values.enumerated().map { (.int($0), $1) }
        case .dictionary(let values): items = values.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .int(let count):
            guard count <= TemplateArguments.maxItems else {
                throw TemplateError("range over more than \(TemplateArguments.maxItems)", at: pipeline.offset)
            }
            items = (0..<max(0, count)).map { (.int($0), .int($0)) }
        case .missing: items = []
        default: throw TemplateError("range can't iterate over \(value.text)", at: pipeline.offset)
        }
        try charge(items.count, pipeline.offset)
        guard !items.isEmpty else {
            let flow = try scoped(otherwise, dot)
            return flow
        }
        for item in items {
            try step(pipeline.offset)
            set(pipeline, item)
            if case .breakLoop = try scoped(body, item.value) { break }
        }
        return .normal
    }

    private mutating func set(_ pipeline: TemplatePipeline, _ item: (key: TemplateValue, value: TemplateValue)) {
        switch pipeline.variables.count {
        case 1: set(pipeline.variables[0], item.value, assigns: pipeline.assigns)
        case 2:
            set(pipeline.variables[0], item.key, assigns: pipeline.assigns)
            set(pipeline.variables[1], item.value, assigns: pipeline.assigns)
        default: break
        }
    }

    private mutating func set(_ name: String, _ value: TemplateValue, assigns: Bool) {
        if assigns, let place = variables.lastIndex(where: { $0[name] != nil }) {
            variables[place][name] = value
        } else {
            variables[variables.count - 1][name] = value
        }
    }

    private mutating func call(
        _ name: String, _ argument: TemplatePipeline?, _ offset: Int, _ dot: TemplateValue
    ) throws(TemplateError) {
        guard let nodes = definitions[name] else {
            throw TemplateError("template \"\(name)\" not defined", at: offset)
        }
        var value = TemplateValue.missing
        if let argument { value = try self.value(of: argument, dot) }
        calls += 1
        defer { calls -= 1 }
        guard calls <= TemplateParser.maxDepth else {
            throw TemplateError("templates call each other deeper than \(TemplateParser.maxDepth)", at: offset)
        }
        try step(offset)
        let outer = variables
        variables = [["": value]]
        _ = try list(nodes, value)
        variables = outer
    }

    /// Appends text; `counts` says that its own lines follow those of the input.
    private mutating func write(
        _ text: ArraySlice<UInt8>, line: Int, counts: Bool, _ offset: Int
    ) throws(TemplateError) {
        try step(offset)
        guard output.count + text.count <= Self.maxBytes else {
            throw TemplateError("makes more than \(Self.maxBytes) bytes", at: offset)
        }
        if output.isEmpty || output.last == 0x0A { lines[lines.count - 1] = UInt32(line) }
        output.append(contentsOf: text)
        var line = line
        for byte in text where byte == 0x0A {
            if counts { line += 1 }
            lines.append(UInt32(line))
        }
    }

    // MARK: Values

    private mutating func value(of pipeline: TemplatePipeline, _ dot: TemplateValue) throws(TemplateError)
        -> TemplateValue
    {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else {
            throw TemplateError("nested deeper than \(Self.maxDepth)", at: pipeline.offset)
        }
        var last: TemplateValue?
        for command in pipeline.commands { last = try value(of: command, last, dot) }
        let value = last ?? .missing
        for name in pipeline.variables { set(name, value, assigns: pipeline.assigns) }
        return value
    }

    private mutating func value(
        of command: TemplateCommand, _ last: TemplateValue?, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        try step(command.offset)
        guard let first = command.operands.first else { return .missing }
        if case .function(let name) = first {
            return try call(name, Array(command.operands.dropFirst()), last, command.offset, dot)
        }
        guard last != nil || command.operands.count > 1 else { return try value(of: first, command.offset, dot) }
        guard let (owner, path) = Self.method(first, dot) else {
            throw TemplateError("only a function can follow \"|\"", at: command.offset)
        }
        var values: [TemplateValue] = []
        for operand in command.operands.dropFirst() { values.append(try value(of: operand, command.offset, dot)) }
        if let last { values.append(last) }
        let receiver = try value(of: owner, command.offset, dot)
        return try field(path, of: receiver, command.offset, values)
    }

    /// The value whose method an operand may name, and the way to it.
    private static func method(
        _ operand: TemplateOperand, _ dot: TemplateValue
    ) -> (owner: TemplateOperand, path: [String])? {
        switch operand {
        case .field(let path): (.dot, path)
        case .variable(let name, let path) where !path.isEmpty: (.variable(name, []), path)
        case .chain(let inner, let path): (inner, path)
        case .literal, .dot, .variable, .function, .pipeline: nil
        }
    }

    private mutating func call(
        _ name: String, _ operands: [TemplateOperand], _ last: TemplateValue?, _ offset: Int, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        if name == "and" || name == "or" { return try decide(name, operands, last, offset, dot) }
        var values: [TemplateValue] = []
        for operand in operands { values.append(try value(of: operand, offset, dot)) }
        if let last { values.append(last) }
        guard let function = TemplateFunctions.all[name] else {
            throw TemplateError("function \"\(name)\" not defined", at: offset)
        }
        for value in values { try charge(value.count, offset) }
        do throws(TemplateError) {
            let result = try function(TemplateArguments(name: name, values: values, environment: environment))
            try result.weigh(against: &workLeft)
            try charge(0, offset)
            if Self.changing.contains(name), case .variable(let variable, let path) = operands.first {
                change(variable, path[...], to: result)
            }
            return result
        } catch {
            throw TemplateError("error calling \(name): \(error.message)", at: error.offset ?? offset)
        }
    }

    /// What changes the map that it gets, in sprig: `{{ $_ := set $map "key" 1 }}`.
    private static let changing: Set = [
        "set", "unset", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite",
    ]

    private mutating func change(_ variable: String, _ path: ArraySlice<String>, to result: TemplateValue) {
        guard let place = variables.lastIndex(where: { $0[variable] != nil }), let old = variables[place][variable]
        else { return }
        variables[place][variable] = Self.changed(old, path, to: result)
    }

    private static func changed(
        _ value: TemplateValue, _ path: ArraySlice<String>, to result: TemplateValue
    ) -> TemplateValue {
        guard let name = path.first else { return result }
        guard case .dictionary(var members) = value else { return value }
        members[name] = changed(members[name] ?? .missing, path.dropFirst(), to: result)
        return .dictionary(members)
    }

    /// `and` and `or` look at no more arguments than they need.
    private mutating func decide(
        _ name: String, _ operands: [TemplateOperand], _ last: TemplateValue?, _ offset: Int, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        var result: TemplateValue?
        for operand in operands {
            let value = try value(of: operand, offset, dot)
            result = value
            if value.isTrue == (name == "or") { return value }
        }
        guard let value = last ?? result else { throw TemplateError("\(name) needs an argument", at: offset) }
        return value
    }

    private mutating func value(
        of operand: TemplateOperand, _ offset: Int, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        switch operand {
        case .literal(let value): return value
        case .dot: return dot
        case .field(let path): return try field(path, of: dot, offset)
        case .variable(let name, let path):
            guard let value = variables.last(where: { $0[name] != nil })?[name] else {
                throw TemplateError("undefined variable \"$\(name)\"", at: offset)
            }
            return try field(path, of: value, offset)
        case .function(let name): return try call(name, [], nil, offset, dot)
        case .pipeline(let pipeline):
            variables.append([:])
            defer { variables.removeLast() }
            return try value(of: pipeline, dot)
        case .chain(let inner, let path): return try field(path, of: try value(of: inner, offset, dot), offset)
        }
    }

    /// The value at the end of a path; what is a method there gets the arguments.
    private func field(
        _ path: [String], of value: TemplateValue, _ offset: Int, _ arguments: [TemplateValue] = []
    ) throws(TemplateError) -> TemplateValue {
        var value = value
        for (number, name) in path.enumerated() {
            let given = TemplateArguments(
                name: name, values: number == path.count - 1 ? arguments : [], environment: environment)
            switch value {
            case .dictionary(let values):
                guard given.values.isEmpty else {
                    throw TemplateError("\(name) has arguments but cannot be invoked as function", at: offset)
                }
                value = values[name] ?? .missing
            case .missing: throw TemplateError("nil pointer evaluating .\(name)", at: offset)
            case .time, .version:
                let found: TemplateValue?
                do throws(TemplateError) {
                    found = try TemplateFunctions.method(name, of: value, given)
                } catch {
                    throw TemplateError("error calling \(name): \(error.message)", at: offset)
                }
                guard let found else {
                    throw TemplateError("can't evaluate field \(name) in type \(value.type)", at: offset)
                }
                value = found
            case .bool, .int, .float, .string, .list:
                throw TemplateError("can't evaluate field \(name) in type \(value.kind)", at: offset)
            }
        }
        return value
    }
}
