import Glibc
import Synchronization
import Testing

@testable import SpeculaLogging

/// 2026-11-21T15:33:17.123Z, and a second later with each reading.
private func ticking() -> @Sendable () -> LogTime {
    let readings = Ticks()
    return { LogTime(seconds: 1_795_275_197 + readings.next(), nanoseconds: 123_000_000) }
}

private final class Ticks: Sendable {
    private let count = Atomic<Int64>(-1)
    func next() -> Int64 { count.wrappingAdd(1, ordering: .relaxed).newValue }
}

@Test func aFullLogIsPutAsideAndNoLineIsLostOrTorn() throws {
    let folder = try LogFolder()
    try folder.put("old line\n", into: "a.log")
    let rotation = LogRotation(maxBytes: 20, clock: ticking())
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"), rotation: rotation)
    for number in 0..<3 {
        writer.write("line number \(number)\n")
        writer.flush()
    }
    writer.close()
    let backups = folder.names.filter { $0 != "a.log" }
    #expect(backups.count == 3)
    #expect(backups.allSatisfy { $0.hasPrefix("a-2026-11-21T15-33-") && $0.hasSuffix(".123.log") })
    #expect(
        backups.map(folder.contents) + [folder.contents(of: "a.log")]
            == ["old line\n", "line number 0\n", "line number 1\n", "line number 2\n"])
    #expect(writer.linesLost == 0)
}

@Test func whoCouldNotReadTheLogCannotReadWhatFollowsIt() throws {
    let folder = try LogFolder()
    try folder.put("old line\n", into: "a.log")
    try folder.put("older line\n", into: "a-2026-11-20T00-00-00.000.log")
    #expect(folder.mode(of: "a.log") == "600")
    let writer = try LineWriter(
        to: .file(path: folder.path + "/a.log"), rotation: LogRotation(maxBytes: 10, clock: ticking()))
    writer.write("new line\n")
    writer.flush()
    writer.close()
    #expect(folder.contents(of: "a.log") == "new line\n")
    #expect(folder.mode(of: "a.log") == "600")
    let packing = LogRotation(maxBytes: 10, compress: { $0 }, clock: ticking())
    #expect(LogBackups(of: folder.path + "/a.log", packing).tidy() == [])
    #expect(folder.mode(of: "a-2026-11-20T00-00-00.000.log.gz") == "600")
}

@Test func twoThatArePutAsideAtOneMomentDoNotReplaceEachOther() throws {
    let folder = try LogFolder()
    let moment = LogTime(seconds: 1_795_275_197, nanoseconds: 0)
    let rotation = LogRotation(maxBytes: 10, clock: { moment })
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"), rotation: rotation)
    for number in 0..<4 {
        writer.write("line \(number)\n")
        writer.flush()
    }
    writer.close()
    let written = folder.names.map(folder.contents).joined()
    #expect(folder.names == ["a-2026-11-21T15-33-17.000.log", "a.log"])
    #expect(written == "line 0\nline 1\nline 2\nline 3\n")
}

@Test func aLogThatCannotBePutAsideGoesOnAndSaysWhy() throws {
    let folder = try LogFolder()
    let troubles = Mutex<[String]>([])
    // A name too long for its stamp: the log can be written, but not renamed.
    let name = String(repeating: "n", count: 250)
    let writer = try LineWriter(
        to: .file(path: "\(folder.path)/\(name)"), rotation: LogRotation(maxBytes: 10, clock: ticking())
    ) { trouble in troubles.withLock { $0.append(trouble ?? "") } }
    for number in 0..<2 {
        writer.write("line \(number)\n")
        writer.flush()
    }
    writer.close()
    #expect(folder.contents(of: name) == "line 0\nline 1\n")
    #expect(writer.linesLost == 0)
    #expect(troubles.withLock { $0.contains { $0.contains("File name too long") } })
}

@Test func onlyTheNewestAndTheYoungBackupsStay() throws {
    let folder = try LogFolder()
    let stamps = [
        "2026-11-01T00-00-00.000", "2026-11-19T00-00-00.000", "2026-11-20T00-00-00.000", "2026-11-21T00-00-00.000",
    ]
    for stamp in stamps { try folder.put("x", into: "a-\(stamp).log") }
    // Nothing of this log's own making.
    try folder.put("x", into: "a-b.log")
    try folder.put("x", into: "ab-2026-11-01T00-00-00.000.log")
    let path = folder.path + "/a.log"
    func backups() -> [String] {
        folder.names.filter { $0.hasPrefix("a-2026") }.map { String($0.dropFirst(2).prefix(23)) }
    }
    #expect(LogBackups(of: path, LogRotation(maxBytes: 1, maxAge: 5 * 86_400, clock: ticking())).tidy() == [])
    #expect(backups() == Array(stamps[1...]))
    #expect(LogBackups(of: path, LogRotation(maxBytes: 1, maxBackups: 2, clock: ticking())).tidy() == [])
    #expect(backups() == Array(stamps[2...]))
    #expect(folder.names.contains("a-b.log") && folder.names.contains("ab-2026-11-01T00-00-00.000.log"))
}

@Test func backupsAreCompressedAndOnesThatAreStayAsTheyAre() throws {
    let folder = try LogFolder()
    try folder.put("one", into: "a-2026-11-20T00-00-00.000.log")
    try folder.put("two", into: "a-2026-11-19T00-00-00.000.log.gz")
    let rotation = LogRotation(maxBytes: 1, compress: { Array("<".utf8) + $0 + Array(">".utf8) }, clock: ticking())
    #expect(LogBackups(of: folder.path + "/a.log", rotation).tidy() == [])
    #expect(folder.names == ["a-2026-11-19T00-00-00.000.log.gz", "a-2026-11-20T00-00-00.000.log.gz"])
    #expect(folder.contents(of: "a-2026-11-20T00-00-00.000.log.gz") == "<one>")
    #expect(folder.contents(of: "a-2026-11-19T00-00-00.000.log.gz") == "two")
}
