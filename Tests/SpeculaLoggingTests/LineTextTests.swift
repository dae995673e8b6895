import SpeculaLogging
import Testing

/// What a client may send, and how it stands in a line; `\u{FFFD}` as Go's encoder spells it.
private let values: [(bytes: [UInt8], json: String, common: String)] = [
    (Array("curl/8.0".utf8), "curl/8.0", "curl/8.0"),
    (Array(#"a"b\c"#.utf8), #"a\"b\\c"#, #"a\"b\\c"#),
    (Array(#"" 200 1 "-" "#.utf8), #"\" 200 1 \"-\" "#, #"\" 200 1 \"-\" "#),
    (Array("a\tb".utf8), #"a\tb"#, #"a\x09b"#),
    (Array("a\nb\rc".utf8), #"a\nb\rc"#, #"a\x0ab\x0dc"#),
    ([0x08, 0x0c, 0x00, 0x1f], #"\b\f\u0000\u001f"#, #"\x08\x0c\x00\x1f"#),
    ([0x7f], "\u{7f}", #"\x7f"#),
    (Array("<a>&".utf8), #"\u003ca\u003e\u0026"#, "<a>&"),
    (Array("grün €🎉".utf8), "grün €🎉", "grün €🎉"),
    ([0x61, 0xff, 0x62], #"a\ufffdb"#, #"a\xffb"#),
    ([0xc3], #"\ufffd"#, #"\xc3"#),
    ([0xe2, 0x82], #"\ufffd\ufffd"#, #"\xe2\x82"#),
    // Too long for what it says, a surrogate, beyond Unicode.
    ([0xc0, 0xaf], #"\ufffd\ufffd"#, #"\xc0\xaf"#),
    ([0xed, 0xa0, 0x80], #"\ufffd\ufffd\ufffd"#, #"\xed\xa0\x80"#),
    ([0xf4, 0x90, 0x80, 0x80], #"\ufffd\ufffd\ufffd\ufffd"#, #"\xf4\x90\x80\x80"#),
    (Array("a\u{2028}b\u{2029}".utf8), #"a\u2028b\u2029"#, "a\u{2028}b\u{2029}"),
    // A terminal's CSI in one character.
    ([0xc2, 0x9b], "\u{9b}", #"\xc2\x9b"#),
    ([], "", ""),
]

@Test(arguments: values.indices) func valuesCannotLeaveTheirPlace(index: Int) {
    let value = values[index]
    var json = LineText()
    json.append(json: value.bytes.span)
    #expect(json.text == value.json)
    var common = LineText()
    common.append(common: value.bytes.span)
    #expect(common.text == value.common)
}

@Test func longValuesAreCutBetweenCharacters() {
    let long = Array(String(repeating: "€", count: 4000).utf8)
    for isJSON in [true, false] {
        var text = LineText()
        if isJSON { text.append(json: long.span) } else { text.append(common: long.span) }
        #expect(text.text.hasSuffix("€..."))
        #expect(text.count <= LineText.valueLimit + 3)
        #expect(!text.text.contains("\u{FFFD}"))
    }
}

@Test func whateverBytesComeNeitherFormatBreaks() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...(.max), using: &generator)
    var random = seed
    func next() -> UInt8 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: random >> 33)
    }
    for _ in 0..<2000 {
        let bytes = (0..<Int(next() % 40)).map { _ in next() }
        var json = LineText()
        json.append(json: bytes.span)
        var common = LineText()
        common.append(common: bytes.span)
        for text in [json, common] {
            text.withBytes { written in
                var isEscaped = false
                for place in written.indices {
                    let byte = written[place]
                    #expect(byte >= 0x20, "seed \(seed)")
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else {
                        #expect(byte != UInt8(ascii: "\""), "seed \(seed)")
                    }
                }
                #expect(!isEscaped, "seed \(seed)")
                #expect(Array(text.text.utf8).count == written.count, "no UTF-8, seed \(seed)")
            }
        }
    }
}

@Test(arguments: [
    (Int64(1_795_286_597), Int32(0), "21/Nov/2026:18:43:17 +0000", "2026-11-21T18:43:17Z"),
    (1_795_286_597, 3600, "21/Nov/2026:19:43:17 +0100", "2026-11-21T19:43:17+01:00"),
    (1_795_286_597, -34_200, "21/Nov/2026:09:13:17 -0930", "2026-11-21T09:13:17-09:30"),
    (0, 0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"),
    (-1, 0, "31/Dec/1969:23:59:59 +0000", "1969-12-31T23:59:59Z"),
    (951_782_400, 0, "29/Feb/2000:00:00:00 +0000", "2000-02-29T00:00:00Z"),
])
func secondsAreSpelledInTheirZone(second: Int64, offset: Int32, common: String, standard: String) {
    var stamp = SecondStamp()
    stamp.set(second &+ 77, offset: 0)
    stamp.set(second, offset: offset)
    var text = LineText()
    stamp.write(commonTo: &text)
    #expect(text.text == common)
    text.removeAll()
    stamp.write(standardTo: &text)
    #expect(text.text == standard)
}

@Test(arguments: [(UInt32(1), ".000000001"), (500_000_000, ".5"), (123_456_780, ".12345678"), (0, "")])
func fractionsEndWithTheirLastDigit(nanoseconds: UInt32, fraction: String) {
    var stamp = SecondStamp()
    stamp.set(0, offset: 0)
    var text = LineText()
    stamp.write(standardTo: &text, nanoseconds: nanoseconds)
    #expect(text.text == "1970-01-01T00:00:00\(fraction)Z")
}
