import SpeculaLogging
import Testing

@Test(arguments: [("TRACE", LogLevel.trace), ("Warn", .warn), ("ERROR", .error), ("PANIC", .panic)])
func levelIsReadInAnyCase(name: String, level: LogLevel) {
    #expect(LogLevel(named: name) == level)
}

@Test func unknownLevelIsRefused() {
    #expect(LogLevel(named: "verbose") == nil)
}

@Test func lineBelowTheLevelIsNotEvenMade() {
    let sink = MemorySink()
    let log = Logger(level: .warn, format: .json, sink: sink, clock: { LogTime(seconds: 0) })
    var made = 0
    func message() -> String {
        made += 1
        return "m"
    }
    log.info(message())
    #expect(made == 0)
    log.warn(message())
    #expect(made == 1)
    #expect(sink.lines.count == 1)
    #expect(!log.isEnabled(.debug))
}

@Test func metadataOfTheLoggerAndOfTheLineMeet() {
    let sink = MemorySink()
    let log = Logger(
        level: .trace, format: .common(isColoured: false), sink: sink, metadata: ["providerName": "file"],
        clock: { LogTime(seconds: 0) })
    log.with(["routerName": "a@file"]).debug("m", metadata: ["providerName": "other"])
    #expect(sink.lines == ["1970-01-01T00:00:00Z DBG m providerName=other routerName=a@file\n"])
}
