import Testing

import SpeculaConfiguration

private func text(_ value: JSONValue) -> String { String(decoding: value.text, as: UTF8.self) }

private let written: [(JSONValue, String)] = [
    (JSONValue.null, "null"), (true, "true"), (-5, "-5"), (.number(1.5), "1.5"), (.number(100), "100"),
    (.number(0.1), "0.1"), (.number(1e21), "1e+21"), (.number(1e20), "100000000000000000000"),
    (.number(1e-7), "1e-7"), (.number(0.000001), "0.000001"), (.number(1.25e-9), "1.25e-9"), (.number(.nan), "null"),
    (.number(123456.789), "123456.789"), ("a\"\\/\u{8}\u{c}\n\r\t\u{1}", #""a\"\\/\b\f\n\r\t\u0001""#),
    ("<a&b>", #""\u003ca\u0026b\u003e""#), ("ä\u{2028}\u{2029}€", #""ä\u2028\u2029€""#),
    (["a": [1, [], [:]], "b": .null], #"{"a":[1,[],{}],"b":null}"#),
]

@Test(arguments: written)
func jsonIsWrittenAsByGo(value: JSONValue, expected: String) {
    #expect(text(value) == expected)
}

@Test(arguments: [
    #"{"a":[1,-2.5,"x\n\u00e4\ud83d\ude00",true,false,null,{}],"b":{}}"#, "[]", "0", "9223372036854775807", #""""#,
])
func whatIsReadIsWrittenAgain(json: String) throws {
    let value = try JSONParser.parse(Array(json.utf8))
    let again = try JSONParser.parse(value.text)
    #expect(value == again)
    #expect(JSONValue(tree: SourceTree(json: value, source: "test").root) == value)
}

@Test(arguments: [
    ("-0.5", JSONValue.number(-0.5)), ("1e3", .number(1000)), ("nan", "nan"), ("0x1p3", "0x1p3"), ("+", "+"),
    ("'7'", "7"),
    ("7", 7), ("[a]", .array(["a"])), ("{b: true}", .object([.init("b", true)])),
])
func aTreeOfYAMLIsWhatItMeans(yaml: String, expected: JSONValue) throws {
    let tree = try #require(ConfigurationDocument.parseAll(Array(yaml.utf8), path: "a.yml").trees.first)
    #expect(JSONValue(tree: tree.root) == expected)
}

@Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("01", 2), ("\"\u{1}\"", 2), ("tru", 0), ("{\"a\" 1}", 5), ("1 2", 2),
    ("\"\\x\"", 3),
    ("-", 1), ("1.", 2), ("\"\\u12\"", 5), ("nul", 0), ("[1 2]", 3),
])
func wrongJSONIsRefusedWithItsOffset(json: String, offset: Int) {
    #expect(throws: (any Error).self) { try JSONParser.parse(Array(json.utf8)) }
    do {
        _ = try JSONParser.parse(Array(json.utf8))
    } catch {
        #expect(error.offset == offset, "\(json): \(error)")
    }
}

@Test func jsonDepthIsBounded() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONParser.parse(Array(deep.utf8)) }
    let good = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try JSONParser.parse(Array(good.utf8)) }
}
