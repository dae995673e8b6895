import Testing

@testable import SpeculaConfiguration

private func json(_ yaml: String) throws -> String {
    let (tree, diagnostics) = YAMLReader.read(Array(yaml.utf8), source: "f")
    let root = try #require(tree, "\(diagnostics)").root
    return String(decoding: root.json.text, as: UTF8.self)
}

private func mistake(_ yaml: String) -> String? {
    YAMLReader.read(Array(yaml.utf8), source: "f").diagnostics.first?.description
}

@Test func anchorsAliasesAndMergeKeysAreFollowed() throws {
    let yaml = """
        base: &base {a: 1, b: 2}
        more: &more {b: 3, c: 4}
        one: {<<: *base, b: 9}
        two:
          <<: [*base, *more]
          d: *base
        """
    #expect(
        try json(yaml)
            == #"{"base":{"a":1,"b":2},"more":{"b":3,"c":4},"one":{"b":9,"a":1},"two":{"d":{"a":1,"b":2},"a":1,"b":2,"c":4}}"#
    )
}

@Test(arguments: [
    ("", "{}"), ("~", "{}"), ("# nothing", "{}"), ("a:", #"{"a":null}"#), ("a: ~", #"{"a":null}"#),
    ("a: 'null'", #"{"a":"null"}"#), ("a: !!str null", #"{"a":"null"}"#), ("a: |\n  x\n  y\n", #"{"a":"x\ny\n"}"#),
    ("\"<<\": {b: 1}", #"{"\u003c\u003c":{"b":1}}"#), ("- 1\n- [2, '3']", #"[1,[2,"3"]]"#),
])
func yamlIsRead(yaml: String, expected: String) throws {
    #expect(try json(yaml) == expected)
}

@Test(arguments: [
    ("a: 1\na: 2", "f:2:1: error: the key \"a\" stands here again, first on line 1"),
    ("a: *x", "f:1:4: error: unknown anchor *x"),
    ("a: &x {b: *x}", "f:1:11: error: the alias *x stands inside its own anchor"),
    ("{a: 1}: 2", "f:1:1: error: a key that is no word"),
    ("<<: 3", "f:1:1: error: << takes a section or a list of sections"),
    ("a: [", "f:2:1: error: did not find expected node content"),
    ("a: 1\n b: 2", "f:2:3: error: mapping values are not allowed in this context"),
])
func wrongYAMLIsPlaced(yaml: String, expected: String) {
    #expect(mistake(yaml) == expected)
}

@Test func onlyTheFirstDocumentIsRead() throws {
    #expect(try json("a: 1\n---\nb: 2") == #"{"a":1}"#)
    #expect(mistake("a: 1\n---\nb: 2") == "f:2:1: warning: only the first document of a file is read")
}

@Test func invalidUTF8IsAnErrorWithItsPlace() {
    let bytes = Array("a: 1\nb: x".utf8) + [0xFF, 0x0A]
    let diagnostics = YAMLReader.read(bytes, source: "f").diagnostics
    #expect(diagnostics.map(\.description) == ["f:2:5: error: invalid leading UTF-8 octet"])
}

@Test func depthIsBounded() throws {
    let deep = String(repeating: "[", count: 40_000)
    #expect(mistake(deep) == "f:1:65: error: nested deeper than 64")
    let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(mistake(allowed) == nil)
}

@Test func aliasesCannotBlowUp() {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
        let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
        yaml += "a\(level): &a\(level) [\(list)]\n"
    }
    #expect(mistake(yaml) == "f:1:1: error: aliases make more than 4000000 values of it")
    var chain = "a0: &a0 [x]\n"
    for level in 1...70 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(mistake(chain) == "f:1:1: error: nested deeper than 64")
}

@Test func damagedTextNeverBreaksTheReaders() throws {
    var generator = SeededGenerator(seed: 20_261_121)
    let texts = try Fixtures.inputs.map { (name: $0, text: try Fixtures.text($0)) }
    for _ in 0..<400 {
        let (name, text) = texts[Int(generator.next() % UInt64(texts.count))]
        var damaged = text
        for _ in 0...(generator.next() % 6) where !damaged.isEmpty {
            let position = Int(generator.next() % UInt64(damaged.count))
            switch generator.next() % 4 {
            case 0: damaged.remove(at: position)
            case 1: damaged[position] = UInt8(truncatingIfNeeded: generator.next())
            case 2: damaged.insert(contentsOf: damaged[..<min(position, 40)], at: position)
            default: damaged.removeSubrange(position..<min(damaged.count, position + 20))
            }
        }
        var files = FakeFiles()
        files.files[name] = damaged
        _ = ConfigurationCheck.check(file: name, files: files)
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// toml++ asserts on these, and its release build would run on: see `CTOML.cpp`.
@Test(arguments: ["[=]", "[[=]]", "[ = ]", "[", "[[", "[a.=]", "a.=1", "=1", "[\u{1}]", "[a]b", "a = {=}"])
func wrongTOMLIsAnErrorAndNoCrash(toml: String) {
    let (tree, diagnostics) = TOMLReader.read(Array(toml.utf8), source: "f")
    #expect(tree == nil)
    #expect(diagnostics.count == 1)
}
