/// A decimal number of up to 38 digits: sprig adds `0.1` and `0.2` up to `0.3`.
struct DecimalNumber {
    private var digits: Int128
    /// Of ten.
    private var exponent: Int

    /// Nil: it has no digits, or too many of them.
    init?(_ number: Double) {
        guard number.isFinite else { return nil }
        let text = "\(number)".lowercased().split(separator: "e")
        let parts = text[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 && parts[1] != "0" ? parts[1] : ""
        guard let digits = Int128(parts[0] + fraction), let power = text.count > 1 ? Int(text[1]) : 0 else {
            return nil
        }
        self.init(parts[0].hasPrefix("-") && digits > 0 ? -digits : digits, power - fraction.count)
    }

    private init(_ digits: Int128, _ exponent: Int) { (self.digits, self.exponent) = (digits, exponent) }

    var isZero: Bool { digits == 0 }
    var number: Double? { Double("\(digits)e\(exponent)") }

    func plus(_ other: DecimalNumber, isNegative: Bool = false) -> DecimalNumber? {
        let low = min(exponent, other.exponent)
        guard let mine = scaled(to: low), let theirs = other.scaled(to: low) else { return nil }
        let (sum, isTooMuch) =
            isNegative ? mine.subtractingReportingOverflow(theirs) : mine.addingReportingOverflow(theirs)
        return isTooMuch ? nil : DecimalNumber(sum, low)
    }

    func times(_ other: DecimalNumber) -> DecimalNumber? {
        let (product, isTooMuch) = digits.multipliedReportingOverflow(by: other.digits)
        return isTooMuch ? nil : DecimalNumber(product, exponent + other.exponent)
    }

    /// To sixteen places.
    func divided(by other: DecimalNumber) -> DecimalNumber? {
        let places = 16
        let shift = exponent - other.exponent + places
        guard other.digits != 0, shift >= 0, let scaled = DecimalNumber(digits, shift).scaled(to: 0) else { return nil }
        let (quotient, rest) = scaled.quotientAndRemainder(dividingBy: other.digits)
        guard rest.magnitude <= Int128.max.magnitude / 2 else { return nil }
        let isUp = rest.magnitude * 2 >= other.digits.magnitude
        let step: Int128 = (scaled < 0) == (other.digits < 0) ? 1 : -1
        return DecimalNumber(isUp ? quotient + step : quotient, -places)
    }

    private func scaled(to low: Int) -> Int128? {
        guard exponent - low <= 38 else { return digits == 0 ? 0 : nil }
        var value = digits
        for _ in 0..<(exponent - low) {
            let (product, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            if isTooMuch { return nil }
            value = product
        }
        return value
    }
}
