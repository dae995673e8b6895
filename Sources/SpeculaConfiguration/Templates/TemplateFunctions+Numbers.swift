internal import Glibc

extension TemplateFunctions {
    /// Functions over numbers, as sprig's: whole numbers unless the name says otherwise; overflow is an error.
    static let numbers: [String: Function] = [
        "add": { arguments throws(TemplateError) in
            .int(try fold(arguments, 0) { $0.addingReportingOverflow($1) })
        },
        "add1": { arguments throws(TemplateError) in
            .int(try checked(try arguments.int(0).addingReportingOverflow(1)))
        },
        "sub": { arguments throws(TemplateError) in
            .int(try checked(try arguments.int(0).subtractingReportingOverflow(try arguments.int(1))))
        },
        "mul": { arguments throws(TemplateError) in
            .int(try fold(arguments, 1) { $0.multipliedReportingOverflow(by: $1) })
        },
        "div": { arguments throws(TemplateError) in
            .int(try checked(try arguments.int(0).dividedReportingOverflow(by: try divisor(arguments))))
        },
        "mod": { arguments throws(TemplateError) in
            .int(try checked(try arguments.int(0).remainderReportingOverflow(dividingBy: try divisor(arguments))))
        },
        "max": { arguments throws(TemplateError) in try largest(arguments) },
        "biggest": { arguments throws(TemplateError) in try largest(arguments) },
        "min": { arguments throws(TemplateError) in
            try arguments.expect(1...Int.max)
            return .int(arguments.values.map(TemplateArguments.int).min() ?? 0)
        },
        "floor": { arguments throws(TemplateError) in .float(try arguments.float(0).rounded(.down)) },
        "ceil": { arguments throws(TemplateError) in .float(try arguments.float(0).rounded(.up)) },
        "round": { arguments throws(TemplateError) in
            let scale = pow(10, Double(max(0, min(15, try arguments.int(1)))))
            let scaled = try arguments.float(0) * scale
            // The share from which on it is rounded up; sprig rounds what is below zero down.
            let limit = arguments.count > 2 ? try arguments.float(2) : 0.5
            let isUp = scaled - scaled.rounded(.towardZero) >= limit
            return .float(scaled.rounded(isUp ? .up : .down) / scale)
        },
        "int": { arguments throws(TemplateError) in .int(try arguments.int(0)) },
        "int64": { arguments throws(TemplateError) in .int(try arguments.int(0)) },
        "atoi": { arguments throws(TemplateError) in .int(Int(try arguments.string(0)) ?? 0) },
        "float64": { arguments throws(TemplateError) in .float(try arguments.float(0)) },
        "until": { arguments throws(TemplateError) in
            let end = try arguments.int(0)
            return try steps(arguments, from: 0, to: end, by: end < 0 ? -1 : 1)
        },
        "untilStep": { arguments throws(TemplateError) in
            try steps(arguments, from: try arguments.int(0), to: try arguments.int(1), by: try arguments.int(2))
        },
        "seq": { arguments throws(TemplateError) in
            let all = arguments.values.map(TemplateArguments.int)
            let (first, step, last): (Int, Int, Int)
            switch all.count {
            case 1: (first, step, last) = (1, all[0] < 1 ? -1 : 1, all[0])
            case 2: (first, step, last) = (all[0], all[1] < all[0] ? -1 : 1, all[1])
            case 3: (first, step, last) = (all[0], all[1], all[2])
            default: return .string("")
            }
            guard step != 0, (first <= last) == (step > 0) || first == last else { return .string("") }
            guard case .list(let values) = try steps(arguments, from: first, to: last + step.signum(), by: step) else {
                return .string("")
            }
            return .string(values.map(\.text).joined(separator: " "))
        },
    ]

    /// Functions over numbers with fractions, which are added as decimal ones.
    static let decimals: [String: Function] = [
        "addf": { arguments throws(TemplateError) in
            try decimal(arguments, from: 0, { $0.plus($1) }, { $0 + $1 })
        },
        "add1f": { arguments throws(TemplateError) in
            let one = TemplateArguments(
                name: arguments.name, values: [try arguments.value(0), .int(1)], environment: arguments.environment)
            return try decimal(one, from: nil, { $0.plus($1) }, { $0 + $1 })
        },
        "subf": { arguments throws(TemplateError) in
            try decimal(arguments, from: nil, { $0.plus($1, isNegative: true) }, { $0 - $1 })
        },
        "mulf": { arguments throws(TemplateError) in
            try decimal(arguments, from: nil, { $0.times($1) }, { $0 * $1 })
        },
        "divf": { arguments throws(TemplateError) in
            for value in arguments.values.dropFirst() where TemplateArguments.float(value) == 0 {
                throw TemplateError("decimal division by 0")
            }
            return try decimal(arguments, from: nil, { $0.divided(by: $1) }, { $0 / $1 })
        },
        "maxf": { arguments throws(TemplateError) in
            try arguments.expect(1...Int.max)
            return .float(arguments.values.map(TemplateArguments.float).max() ?? 0)
        },
        "minf": { arguments throws(TemplateError) in
            try arguments.expect(1...Int.max)
            return .float(arguments.values.map(TemplateArguments.float).min() ?? 0)
        },
        // Despite its name: the value of octal digits.
        "toDecimal": { arguments throws(TemplateError) in .int(Int(try arguments.text(0), radix: 8) ?? 0) },
    ]

    /// What is put together, from `start` or else from the first argument on; with binary numbers where there are too many digits
    /// for decimal ones.
    private static func decimal(
        _ arguments: TemplateArguments, from start: Double?,
        _ exactly: (DecimalNumber, DecimalNumber) -> DecimalNumber?, _ nearly: (Double, Double) -> Double
    ) throws(TemplateError) -> TemplateValue {
        var numbers = arguments.values.map(TemplateArguments.float)[...]
        let first: Double
        if let start { first = start } else { first = try arguments.float(0); numbers = numbers.dropFirst() }
        let exact = numbers.reduce(DecimalNumber(first)) { sum, number in
            guard let sum, let next = DecimalNumber(number) else { return nil }
            return exactly(sum, next)
        }
        return .float(exact?.number ?? numbers.reduce(first, nearly))
    }

    private static func largest(_ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        try arguments.expect(1...Int.max)
        return .int(arguments.values.map(TemplateArguments.int).max() ?? 0)
    }

    private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Int {
        guard !result.overflow else { throw TemplateError("number out of range") }
        return result.partialValue
    }

    private static func fold(
        _ arguments: TemplateArguments, _ start: Int,
        _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws(TemplateError) -> Int {
        var result = start
        for value in arguments.values { result = try checked(combine(result, TemplateArguments.int(value))) }
        return result
    }

    private static func divisor(_ arguments: TemplateArguments) throws(TemplateError) -> Int {
        let divisor = try arguments.int(1)
        guard divisor != 0 else { throw TemplateError("division by zero") }
        return divisor
    }

    private static func steps(
        _ arguments: TemplateArguments, from first: Int, to end: Int, by step: Int
    ) throws(TemplateError) -> TemplateValue {
        guard step != 0, (end > first) == (step > 0), end != first else { return .list([]) }
        let distance = try checked(end.subtractingReportingOverflow(first))
        _ = try arguments.bounded(abs(distance / step))
        return .list(stride(from: first, to: end, by: step).map { .int($0) })
    }
}
