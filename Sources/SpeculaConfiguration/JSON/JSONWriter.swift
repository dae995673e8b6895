/// Writes JSON as Go's `encoding/json` does: compact, HTML-escaped, control characters as `\u00xx`.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    /// `<`, `>` and `&` are written so that a page may hold them.
    private let escapesHTML: Bool

    package init(escapesHTML: Bool = true) { self.escapesHTML = escapesHTML }

    /// Appends one value; nesting is bounded by whoever built the value.
    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .number(let number): append(Self.text(of: number))
        case .string(let text): writeString(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                writeString(member.name)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func writeString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var afterE2: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x08: append("\\b")
            case 0x0C: append("\\f")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case _ where !escapesHTML && [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&")].contains(byte):
                bytes.append(byte)
            case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                append("\\u00")
                bytes.append(Self.hexDigit(byte >> 4))
                bytes.append(Self.hexDigit(byte & 15))
            default:
                bytes.append(byte)
                escapeLineSeparator(byte, &afterE2)
                continue
            }
            afterE2 = 0
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// U+2028 and U+2029 (E2 80 A8, E2 80 A9) end lines in JavaScript, so Go escapes them.
    private mutating func escapeLineSeparator(_ byte: UInt8, _ progress: inout UInt8) {
        if byte == 0xE2 {
            progress = 1
        } else if progress == 1, byte == 0x80 {
            progress = 2
        } else {
            if progress == 2, byte == 0xA8 || byte == 0xA9 {
                bytes.removeLast(3)
                append(byte == 0xA8 ? "\\u2028" : "\\u2029")
            }
            progress = 0
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Shortest form; exponents only below 1e-6 and from 1e21 on, as in ECMAScript.
    ///
    /// Not-a-number and infinities are null.
    static func text(of number: Double) -> String {
        guard number.isFinite else { return "null" }
        if number == number.rounded(.towardZero), abs(number) < 1e15 { return String(Int64(number)) }
        let shortest = "\(number)"
        guard let split = shortest.firstIndex(where: { $0 == "e" || $0 == "E" }) else {
            return shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
        }
        return layOut(mantissa: shortest[..<split], exponent: Int(shortest[shortest.index(after: split)...]) ?? 0)
    }

    private static func layOut(mantissa: Substring, exponent: Int) -> String {
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        let unsigned = mantissa.drop { $0 == "-" }
        let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = String(parts[0]) + fraction
        if exponent >= 21 || exponent < -6 {
            let tail = fraction.isEmpty ? "" : "." + fraction
            let mark = exponent < 0 ? "-" : "+"
            let size = String(abs(exponent))
            // Go writes e-07 as e-7 and keeps e+21.
            return "\(sign)\(parts[0])\(tail)e\(mark)\(size)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let missing = exponent - fraction.count
        return sign + digits + String(repeating: "0", count: max(0, missing))
    }
}

extension JSONValue {
    /// Compact JSON, as Go's `json.Marshal` writes it.
    package var text: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }
}
