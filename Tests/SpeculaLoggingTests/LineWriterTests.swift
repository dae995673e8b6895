import Glibc
import SpeculaLogging
import Synchronization
import Testing

@Test func linesArriveInOrder() throws {
    let folder = try LogFolder()
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"))
    for number in 0..<1000 { writer.write("line \(number)\n") }
    writer.flush()
    #expect(folder.contents(of: "a.log") == (0..<1000).map { "line \($0)\n" }.joined())
    #expect(writer.linesLost == 0)
    writer.close()
}

@Test func reopenFollowsARotation() throws {
    let folder = try LogFolder()
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"))
    writer.write("before\n")
    writer.flush()
    unsafe rename(folder.path + "/a.log", folder.path + "/a.log.1")
    writer.reopen()
    writer.write("after\n")
    writer.flush()
    #expect(folder.contents(of: "a.log.1") == "before\n")
    #expect(folder.contents(of: "a.log") == "after\n")
    writer.close()
}

@Test func fullQueueLosesLinesAndCountsThem() throws {
    let folder = try LogFolder()
    // A pipe that nobody reads: the writer's thread hangs in it, the queue fills.
    let path = folder.path + "/fifo"
    let made = unsafe mkfifo(path, 0o600)
    try #require(made == 0)
    let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    let writer = try LineWriter(to: .file(path: path), capacity: 4096)
    let line = String(repeating: "x", count: 1023) + "\n"
    for _ in 0..<500 { writer.write(line) }
    #expect(writer.linesLost > 300)
    // What was taken comes out whole once somebody reads.
    let expected = (500 - Int(writer.linesLost)) * line.utf8.count
    var got = 0
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while got < expected {
        var poller = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&poller, 1, 5000)
        try #require(ready == 1)
        got += max(0, unsafe read(reader, &buffer, buffer.count))
    }
    #expect(got == expected)
    writer.flush()
    writer.close()
    close(reader)
}

@Test func fileThatCannotBeOpenedSaysWhy() {
    #expect {
        try LineWriter(to: .file(path: "/dev/null/all.log"))
    } throws: { error in
        let error = error as? LineWriter.OpenError
        return error?.path == "/dev/null/all.log" && error?.reason == "Not a directory"
    }
}

@Test func foldersAboveTheFileAreMade() throws {
    let folder = try LogFolder()
    let writer = try LineWriter(to: .file(path: folder.path + "/some/where/a.log"))
    writer.write("line\n")
    writer.flush()
    #expect(folder.contents(of: "some/where/a.log") == "line\n")
    writer.close()
    unsafe unlink(folder.path + "/some/where/a.log")
    unsafe rmdir(folder.path + "/some/where")
    unsafe rmdir(folder.path + "/some")
}

/// Opening a FIFO for writing waits for a reader; the gateway's start must not.
@Test func aFIFOWithoutAReaderTakesWhatFits() throws {
    let folder = try LogFolder()
    let path = folder.path + "/fifo"
    let made = unsafe mkfifo(path, 0o600)
    try #require(made == 0)
    let writer = try LineWriter(to: .file(path: path), capacity: 1000)
    let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
    var verdicts: [LineVerdict: Int] = [:]
    for _ in 0..<2000 { verdicts[writer.offer(line.span, count: 1), default: 0] += 1 }
    #expect(verdicts[.lost, default: 0] > 0)
    #expect(writer.linesLost == UInt64(verdicts[.lost, default: 0]))
    writer.close()
}

/// Every write to /dev/full fails as on a full disk.
@Test func aFullDiskLosesLinesAndCountsThem() throws {
    let troubles = Troubles()
    let writer = try LineWriter(to: .file(path: "/dev/full")) { troubles.note($0) }
    for _ in 0..<10 {
        writer.write("line\n")
        writer.flush()
    }
    #expect(writer.linesLost == 10)
    // Told once, not for each line.
    #expect(troubles.all == ["No space left on device"])
    writer.close()
}

private final class Troubles: Sendable {
    private let said = Mutex<[String?]>([])

    var all: [String?] { said.withLock { $0 } }

    func note(_ trouble: String?) { said.withLock { $0.append(trouble) } }
}

@Test func whatGathersIsWrittenAtTheEnd() throws {
    let folder = try LogFolder()
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"), gatheringMilliseconds: 20)
    for number in 0..<10 { writer.write("\(number)\n") }
    writer.flush()
    #expect(folder.contents(of: "a.log") == (0..<10).map { "\($0)\n" }.joined())
    writer.close()
}

/// Two writers to one pipe, as the two logs on standard output: a line is never torn by the other's.
@Test func linesInAPipeStayWhole() throws {
    let folder = try LogFolder()
    let path = folder.path + "/fifo"
    let made = unsafe mkfifo(path, 0o600)
    try #require(made == 0)
    let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    let writers = try ["a", "b"].map { _ in try LineWriter(to: .file(path: path)) }
    for _ in 0..<500 {
        for (writer, letter) in zip(writers, ["a", "b"]) { writer.write(String(repeating: letter, count: 700) + "\n") }
    }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while text.count < 1000 * 701 {
        var poller = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&poller, 1, 5000)
        try #require(ready == 1)
        let count = unsafe read(reader, &buffer, buffer.count)
        if count > 0 { text += buffer[..<count] }
    }
    let lines = text.split(separator: 0x0a)
    #expect(lines.count == 1000)
    #expect(lines.allSatisfy { $0.count == 700 && Set($0).count == 1 })
    for writer in writers { writer.close() }
    close(reader)
}
