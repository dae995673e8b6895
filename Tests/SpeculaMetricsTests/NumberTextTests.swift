import Testing

@testable import SpeculaMetrics

/// Numbers must read as Go prints them, because a bound is part of a series' identity.
struct NumberTextTests {
    /// Printed by Go's `strconv.FormatFloat(x, 'g', -1, 64)`.
    @Test(
        arguments: [
            (0.1, "0.1"), (1.2, "1.2"), (5, "5"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.2345e-05, "1.2345e-05"),
            (1e-07, "1e-07"), (100000, "100000"), (999_999, "999999"), (1e6, "1e+06"), (1_234_567, "1.234567e+06"),
            (1_234_567.5, "1.2345675e+06"), (123_456_789, "1.23456789e+08"), (1e15, "1e+15"),
            (9_007_199_254_740_992, "9.007199254740992e+15"), (1.7e18, "1.7e+18"),
            (18_446_744_073_709_551_616, "1.8446744073709552e+19"), (0.123456789, "0.123456789"), (2.5, "2.5"),
            (10, "10"), (1e21, "1e+21"), (1e100, "1e+100"), (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e+308, "1.7976931348623157e+308"), (2.938735877055719e-39, "2.938735877055719e-39"),
            (12.000000001, "12.000000001"), (99999.9999, "99999.9999"), (0, "0"), (-2.5, "-2.5"),
            (-1e-9, "-1e-09"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func doublesReadAsGoPrintsThem(value: Double, text: String) {
        #expect(NumberText.text(value) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (7, "7"), (10, "10"), (999_999, "999999"), (1_000_000, "1e+06"), (13_405_129, "1.3405129e+07"),
            (9_007_199_254_740_991, "9.007199254740991e+15"), (9_007_199_254_740_993, "9.007199254740992e+15"),
            (.max, "1.8446744073709552e+19"),
        ] as [(UInt64, String)])
    func wholeNumbersReadAsTheSameDouble(value: UInt64, text: String) {
        #expect(bytes { NumberText.append(value, to: &$0) } == text)
    }

    @Test func nanosecondsReadAsTheSameDoubleOfSeconds() {
        var random = Seed.generator()
        for _ in 0..<5_000 {
            let nanoseconds = random.next() >> UInt64.random(in: 0..<64, using: &random)
            let text = bytes { NumberText.append(nanoseconds, places: 9, unit: 1_000_000_000, to: &$0) }
            #expect(text == NumberText.text(Double(nanoseconds) / 1e9), "\(nanoseconds)")
        }
    }

    @Test func doublesReadBackAsThemselves() {
        var random = Seed.generator()
        for _ in 0..<5_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(Double(NumberText.text(value)) == value)
        }
    }

    @Test func openMetricsBoundsAlwaysHaveAFractionOrAnExponent() {
        #expect(NumberText.openMetrics("5") == "5.0")
        #expect(NumberText.openMetrics("0.3") == "0.3")
        #expect(NumberText.openMetrics("1e+06") == "1e+06")
        #expect(NumberText.openMetrics("+Inf") == "+Inf")
    }

    private func bytes(_ write: (inout OutputBlock) -> Void) -> String {
        var bytes: [UInt8] = []
        var output = OutputBlock(capacity: 8) { span in for index in span.indices { bytes.append(span[index]) } }
        write(&output)
        output.flush()
        return String(decoding: bytes, as: UTF8.self)
    }
}
