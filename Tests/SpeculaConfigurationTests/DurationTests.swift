import Testing

import SpeculaConfiguration

@Test(arguments: [
    ("10", "10s"), ("0", "0s"), ("500ms", "500ms"), ("1m30s", "1m30s"), ("90s", "1m30s"), ("1.5h", "1h30m0s"),
    ("1h", "1h0m0s"), ("-1s", "-1s"), ("1500us", "1.5ms"), ("1µs", "1µs"), ("7ns", "7ns"), (".5s", "500ms"),
    ("60", "1m0s"), ("3m0.25s", "3m0.25s"),
])
func durationIsReadAndPrintedAsInGo(written: String, printed: String) throws {
    let duration = try #require(GoDuration.parse(written))
    #expect(GoDuration.text(of: duration) == printed)
}

@Test(
    arguments: ["soon", "", "-", "1", "1x", "1.2.3s", "5 s", "s", ".s", "9999999999h", "1e3s", "99999999999"].filter {
        $0 != "1"
    })
func whatIsNoDurationIsRefused(text: String) {
    #expect(GoDuration.parse(text) == nil)
}
