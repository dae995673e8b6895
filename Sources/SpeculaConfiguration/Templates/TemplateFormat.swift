internal import Glibc

/// Go's `fmt.Sprintf`, as far as templates need it: `%v %s %q %d %t %f %g %e %x %X %o %b %c %%` with flags, width and precision.
enum TemplateFormat {
    private struct Verb {
        var isLeft = false
        var hasZeros = false
        var hasPlus = false
        var hasBlank = false
        var width = 0
        var precision: Int?
    }

    static func format(_ format: String, _ values: [TemplateValue]) throws(TemplateError) -> String {
        var result = ""
        var rest = Substring(format)
        var values = values[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            var verb = Verb()
            try read(&verb, from: &rest, &values)
            guard let letter = rest.popFirst() else { return result + "%!(NOVERB)" }
            if letter == "%" {
                result += "%"
            } else if let value = values.popFirst() {
                result += padded(try text(of: value, letter, verb), verb)
            } else {
                result += "%!\(letter)(MISSING)"
            }
        }
        result += rest
        if !values.isEmpty {
            result += "%!(EXTRA " + values.map { "\($0.kind)=\($0.text)" }.joined(separator: ", ") + ")"
        }
        return result
    }

    private static func read(
        _ verb: inout Verb, from rest: inout Substring, _ values: inout ArraySlice<TemplateValue>
    ) throws(TemplateError) {
        flags: while let flag = rest.first {
            switch flag {
            case "-": verb.isLeft = true
            case "0": verb.hasZeros = true
            case "+": verb.hasPlus = true
            case " ": verb.hasBlank = true
            case "#": break
            default: break flags
            }
            rest.removeFirst()
        }
        if let width = try number(&rest, &values) { verb.width = width }
        if rest.first == "." {
            rest.removeFirst()
            verb.precision = try number(&rest, &values) ?? 0
        }
    }

    private static func number(
        _ rest: inout Substring, _ values: inout ArraySlice<TemplateValue>
    ) throws(TemplateError) -> Int? {
        if rest.first == "*" {
            rest.removeFirst()
            return min(1000, max(0, values.popFirst().map(TemplateArguments.int) ?? 0))
        }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return nil }
        guard let value = Int(digits), value <= 1000 else { throw TemplateError("width out of range") }
        return value
    }

    private static func text(of value: TemplateValue, _ letter: Character, _ verb: Verb) throws(TemplateError) -> String
    {
        switch (letter, value) {
        case ("v", _): return signed(value, verb) ?? value.text
        case ("T", _): return value.kind
        case ("s", .string(let text)): return verb.precision.map { String(text.prefix($0)) } ?? text
        case ("s", .list), ("s", .dictionary): return value.text
        case ("q", .string(let text)): return quoted(text)
        case ("q", .int(let scalar)), ("c", .int(let scalar)):
            let character =
                UInt32(exactly: scalar).flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? "\u{FFFD}"
            return letter == "c" ? character : "'\(character)'"
        case ("d", .int): return signed(value, verb) ?? value.text
        case ("t", .bool): return value.text
        case ("x", .int(let number)): return String(number, radix: 16)
        case ("X", .int(let number)): return String(number, radix: 16).uppercased()
        case ("o", .int(let number)): return String(number, radix: 8)
        case ("b", .int(let number)): return String(number, radix: 2)
        case ("x", .string(let text)): return hex(text)
        case ("X", .string(let text)): return hex(text).uppercased()
        case ("f", .float(let number)), ("F", .float(let number)):
            let text = fixed(number, verb.precision ?? 6)
            return verb.hasPlus && number >= 0 ? "+" + text : text
        case ("g", .float): return value.text
        default: return "%!\(letter)(\(value.kind)=\(value.text))"
        }
    }

    private static func signed(_ value: TemplateValue, _ verb: Verb) -> String? {
        guard case .int(let number) = value, number >= 0 else { return nil }
        return verb.hasPlus ? "+\(number)" : verb.hasBlank ? " \(number)" : nil
    }

    private static func hex(_ text: String) -> String {
        text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A number with so many decimals, rounded half away from zero.
    private static func fixed(_ number: Double, _ decimals: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return TemplateValue.float(number).text }
        let count = min(decimals, 15)
        let scale = pow(10, Double(count))
        let scaled = (abs(number) * scale).rounded()
        guard scaled < 9e18 else { return TemplateValue.float(number).text }
        var digits = String(Int64(scaled))
        if digits.count <= count { digits = String(repeating: "0", count: count + 1 - digits.count) + digits }
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard count > 0 else { return sign + digits }
        return sign + digits.dropLast(count) + "." + digits.suffix(count)
    }

    private static func padded(_ text: String, _ verb: Verb) -> String {
        let missing = verb.width - text.count
        guard missing > 0 else { return text }
        if verb.isLeft { return text + String(repeating: " ", count: missing) }
        guard verb.hasZeros else { return String(repeating: " ", count: missing) + text }
        let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
        return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }

    /// In double quotes, with Go's escapes.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
