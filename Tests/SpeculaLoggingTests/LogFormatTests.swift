import SpeculaLogging
import Testing

private let noon = LogTime(seconds: 1_795_275_197)

@Test func commonLineIsTraefiksConsoleLine() {
    let line = LogFormat.common(isColoured: false).line(
        level: .error, message: "router disabled",
        metadata: ["routerName": "badrule@file", "error": "unknown matcher \"Nope\"", "entryPointName": "web"],
        time: noon)
    #expect(
        line
            == "2026-11-21T15:33:17Z ERR router disabled error=\"unknown matcher \\\"Nope\\\"\" entryPointName=web routerName=badrule@file\n"
    )
}

@Test func jsonLineHasTraefiksKeys() {
    let line = LogFormat.json.line(
        level: .warn, message: "a \"mirror\"\n", metadata: ["serviceName": "m@file"], time: noon)
    #expect(
        line
            == "{\"level\":\"warn\",\"serviceName\":\"m@file\",\"time\":\"2026-11-21T15:33:17Z\",\"message\":\"a \\\"mirror\\\"\\n\"}\n"
    )
}

@Test func messageCannotStartALineOfItsOwn() {
    let line = LogFormat.common(isColoured: false).line(
        level: .info, message: "a\nb\u{1B}[2J", metadata: ["path": "/x\r\n/y", "empty": ""], time: noon)
    #expect(line == "2026-11-21T15:33:17Z INF a\\nb\\u001b[2J empty=\"\" path=\"/x\\r\\n/y\"\n")
}

@Test func colouredLineReadsTheSameWithoutColours() {
    let plain = LogFormat.common(isColoured: false).line(
        level: .info, message: "m", metadata: ["k": "v"], time: noon)
    var coloured = LogFormat.common(isColoured: true).line(
        level: .info, message: "m", metadata: ["k": "v"], time: noon)
    #expect(coloured != plain)
    for code in ["90", "32", "36", "0"] {
        coloured = coloured.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false).joined()
    }
    #expect(coloured == plain)
}

@Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
    (-1, "1969-12-31T23:59:59Z"), (1_709_164_800, "2024-02-29T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
])
func timeReadsAsRFC3339(seconds: Int64, text: String) {
    #expect(LogTime(seconds: seconds).text == text)
}

@Test func preciseTimeDropsTrailingZeros() {
    #expect(LogTime(seconds: 0, nanoseconds: 50_000_000).preciseText == "1970-01-01T00:00:00.05Z")
    #expect(LogTime(seconds: 0, nanoseconds: 0).preciseText == "1970-01-01T00:00:00Z")
    #expect(LogTime(seconds: 0, nanoseconds: 123_456_789).preciseText == "1970-01-01T00:00:00.123456789Z")
}
