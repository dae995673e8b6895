/// Numbers as Go's `strconv.FormatFloat(x, 'g', -1, 64)` writes them, which is how client_golang shows every value and bound.
///
/// Shortest digits that read back the same; with an exponent below 1e-04 and from 1e+06 on; the exponent has two digits at least.
enum NumberText {
    /// A whole number.
    static func append(_ value: UInt64, to output: inout OutputBlock) {
        if value < 1_000_000 { return appendDigits(value, to: &output) }
        // Above 2^53 a double has fewer digits than the number; below, the number's own digits are the shortest.
        if value >= 1 << 53 { return append(Double(value), to: &output) }
        append(digits: value, exponent: 0, to: &output)
    }

    /// Units of which `unit` (a power of ten, 10^`places`) make one, such as nanoseconds.
    static func append(_ value: UInt64, places: Int, unit: UInt64, to output: inout OutputBlock) {
        if value == 0 { return output.append(UInt8(ascii: "0")) }
        // Up to 15 digits, decimal and double know each other one to one.
        if value >= 1_000_000_000_000_000 { return append(Double(value) / Double(unit), to: &output) }
        append(digits: value, exponent: -places, to: &output)
    }

    /// Any double.
    static func append(_ value: Double, to output: inout OutputBlock) {
        if value.isNaN { return output.append("NaN") }
        if value.isInfinite { return output.append(value < 0 ? "-Inf" : "+Inf") }
        if value == 0 { return output.append(value.sign == .minus ? "-0" : "0") }
        if value < 0 { output.append(UInt8(ascii: "-")) }
        let (digits, exponent) = shortest(value.magnitude)
        append(digits: digits, exponent: exponent, to: &output)
    }

    /// A double as text.
    static func text(_ value: Double) -> String {
        var bytes: [UInt8] = []
        var output = OutputBlock(capacity: 64) { span in for index in span.indices { bytes.append(span[index]) } }
        append(value, to: &output)
        output.flush()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A number's text as OpenMetrics wants bounds: never without a fraction or an exponent.
    static func openMetrics(_ text: String) -> String {
        text.allSatisfy { $0.isNumber || $0 == "-" } ? text + ".0" : text
    }

    /// A whole number, without an exponent however large.
    static func appendDigits(_ value: UInt64, to output: inout OutputBlock) {
        if value < 10 { return output.append(UInt8(truncatingIfNeeded: value) + 48) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        let first = split(value, into: &digits)
        output.append(digits.span.extracting(first..<20))
    }

    /// Writes digits × 10^exponent; digits are not 0.
    private static func append(digits value: UInt64, exponent: Int, to output: inout OutputBlock) {
        var (value, exponent) = (value, exponent)
        while value % 10 == 0 {
            value /= 10
            exponent += 1
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        let first = split(value, into: &digits)
        let count = 20 - first
        // Where the point stands, counted from the first digit.
        let point = count + exponent
        if point - 1 < -4 || point - 1 >= 6 {
            output.append(digits[first])
            if count > 1 {
                output.append(UInt8(ascii: "."))
                output.append(digits.span.extracting(first + 1..<20))
            }
            output.append(UInt8(ascii: "e"))
            output.append(UInt8(ascii: point - 1 < 0 ? "-" : "+"))
            let magnitude = UInt64((point - 1).magnitude)
            if magnitude < 10 { output.append(UInt8(ascii: "0")) }
            appendDigits(magnitude, to: &output)
        } else if point <= 0 {
            output.append("0.")
            for _ in point..<0 { output.append(UInt8(ascii: "0")) }
            output.append(digits.span.extracting(first..<20))
        } else if point >= count {
            output.append(digits.span.extracting(first..<20))
            for _ in count..<point { output.append(UInt8(ascii: "0")) }
        } else {
            output.append(digits.span.extracting(first..<first + point))
            output.append(UInt8(ascii: "."))
            output.append(digits.span.extracting(first + point..<20))
        }
    }

    /// The digits of a number at the end of `digits`; the place of the first.
    private static func split(_ value: UInt64, into digits: inout InlineArray<20, UInt8>) -> Int {
        var rest = value
        var place = 20
        repeat {
            place -= 1
            digits[place] = UInt8(truncatingIfNeeded: rest % 10) + 48
            rest /= 10
        } while rest > 0
        return place
    }

    /// The shortest digits that read back as this positive, finite double, and their power of ten, taken from its description.
    private static func shortest(_ value: Double) -> (digits: UInt64, exponent: Int) {
        var digits: UInt64 = 0
        var exponent = 0
        var written = 0
        var isNegative = false
        var part = 0
        for byte in value.description.utf8 {
            switch byte {
            case UInt8(ascii: "."): part = 1
            case UInt8(ascii: "e"): part = 2
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default:
                let digit = UInt64(byte - 48)
                if part == 2 {
                    written = written * 10 + Int(digit)
                } else {
                    digits = digits * 10 + digit
                    if part == 1 { exponent -= 1 }
                }
            }
        }
        return (digits, exponent + (isNegative ? -written : written))
    }
}
