import Testing

@testable import SpeculaTracing

struct TraceContextTests {
    static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func parse(_ text: String) -> TraceContext? { TraceContext(parent: Array(text.utf8).span) }

    private func text(_ context: TraceContext) -> String {
        let text = context.text
        return String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
    }

    @Test func aParentIsReadToTheLastBit() throws {
        let context = try #require(parse(Self.good))
        #expect(context.high == 0x0af7_6519_16cd_43dd)
        #expect(context.low == 0x8448_eb21_1c80_319c)
        #expect(context.span == 0xb7ad_6b71_6920_3331)
        #expect(context.isSampled)
        #expect(text(context) == Self.good)
    }

    @Test(arguments: [
        ("00", false), ("01", true), ("02", false), ("03", true), ("fe", false), ("ff", true), ("81", true),
    ])
    func onlyOneFlagCounts(flags: String, isSampled: Bool) throws {
        let context = try #require(parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)"))
        #expect(context.isSampled == isSampled)
        #expect(text(context).hasSuffix(isSampled ? "-01" : "-00"))
    }

    @Test(arguments: [
        "", "00", String(good.dropLast()), good + "-", good + "-00", good + "0", " " + good, good + " ",
        good.uppercased(), "0" + good, String(good.dropFirst()),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333.-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what",
        "\u{66f}0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ])
    func whatIsNoParentIsNone(text: String) { #expect(parse(text) == nil) }

    @Test(arguments: [
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like",
        "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
    ])
    func aLaterVersionIsReadAsThisOne(text: String) throws {
        let context = try #require(parse(text))
        #expect(self.text(context) == Self.good)
    }

    @Test func anyBytesAreReadWithoutHarm() {
        let seed = Seed.chosen()
        var random = SeededRandom(seed)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Array(Self.good.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(ascii: "0"), at: place)
                default: bytes[place] ^= 0x20
                }
            }
            guard let context = TraceContext(parent: bytes.span) else { continue }
            accepted += 1
            // What is accepted is what is written back, but for version, later versions' rest and unknown flags.
            let written = Array(text(context).utf8)
            #expect(written[2..<53] == bytes[2..<53], "seed \(seed)")
        }
        #expect(accepted > 1000, "seed \(seed)")
    }

    @Test func aSpanBelowKeepsTraceAndDecision() throws {
        let context = try #require(parse(Self.good)).with(span: 7)
        #expect(text(context) == "00-0af7651916cd43dd8448eb211c80319c-0000000000000007-01")
    }
}

struct TraceStateTests {
    private func isValid(_ lines: String...) -> Bool {
        var state = TraceState()
        for line in lines { state.take(Array(line.utf8).span) }
        return state.isValid
    }

    @Test(arguments: [
        "foo=1", "foo=1,bar=2", " foo=1 , bar=2\t", "foo=1,,bar=2", "foo=1,", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "fw529a3039@dt=FfAAAAA", "0tenant@sys=x", "foo= \u{20}x", "a-b_c*d/e=1", "z=!#$%&'()*+-./:;<>?@[]^_`{|}~",
    ])
    func whatFollowsTheGrammarPasses(line: String) { #expect(isValid(line)) }

    @Test(arguments: [
        "", " ", ",", "foo", "=1", "foo=", "Foo=1", "1foo=1", "foo@=1", "@foo=1", "foo@1bar=1", "foo@bar@baz=1",
        "foo=1=2", "foo=b\u{7f}r", "foo =1", "foo.bar=1", "foo=\u{e9}", "foo@bar12345678901234=1",
    ])
    func whatDoesNotIsLeftOut(line: String) { #expect(!isValid(line)) }

    @Test func limitsHoldOverAllLines() {
        let members = (0..<32).map { "k\($0)=v" }
        #expect(isValid(members.joined(separator: ",")))
        #expect(!isValid((members + ["one=more"]).joined(separator: ",")))
        #expect(isValid(members.prefix(16).joined(separator: ","), members.suffix(16).joined(separator: ",")))
        #expect(!isValid(members.joined(separator: ","), "one=more"))
        #expect(isValid(String(repeating: "k", count: 256) + "=" + String(repeating: "v", count: 256)))
        #expect(!isValid(String(repeating: "k", count: 257) + "=v"))
        #expect(!isValid("k=" + String(repeating: "v", count: 257)))
        #expect(isValid(String(repeating: "t", count: 241) + "@" + String(repeating: "s", count: 14) + "=v"))
        #expect(!isValid(String(repeating: "t", count: 242) + "@s=v"))
        #expect(!isValid("t@" + String(repeating: "s", count: 15) + "=v"))
    }

    @Test func oneBadMemberSpoilsAll() { #expect(!isValid("foo=1", "bar")) }
}

struct SamplerTests {
    @Test(arguments: [(0.0, 0), (1.0, 10_000), (-1.0, 0), (2.0, 10_000)])
    func theEndsAreExact(ratio: Double, expected: Int) {
        #expect(count(ratio) == expected)
    }

    @Test(arguments: [0.01, 0.1, 0.5, 0.9])
    func aShareIsTaken(ratio: Double) {
        let share = Double(count(ratio)) / 10_000
        #expect(abs(share - ratio) < 0.03)
    }

    /// The rule of OpenTelemetry's sampler by ratio: the last eight bytes, shifted once, against the ratio of 2^63.
    @Test func theDecisionIsAFunctionOfTheTrace() {
        let sampler = Sampler(ratio: 0.5)
        #expect(sampler.samples(low: 0x7fff_ffff_ffff_ffff))
        #expect(!sampler.samples(low: 0x8000_0000_0000_0000))
    }

    private func count(_ ratio: Double) -> Int {
        let sampler = Sampler(ratio: ratio)
        var numbers = TraceNumbers(seed: (1, 2, 3, 4))
        return (0..<10_000).count { _ in sampler.samples(low: numbers.next()) }
    }

    @Test func numbersAreNeverZeroAndNeverTheSame() {
        var numbers = TraceNumbers(seed: (0, 0, 0, 0))
        let some = Set((0..<10_000).map { _ in numbers.next() })
        #expect(some.count == 10_000)
        #expect(!some.contains(0))
    }
}
