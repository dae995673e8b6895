import Glibc
import SpeculaLogging
import Testing

/// A folder of the test's own that goes with it.
private final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/specula-log-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: made)
        }
        path = try #require(made)
    }

    deinit {
        for name in ["a.log", "a.log.1", "fifo"] { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    func contents(of name: String) -> String {
        let descriptor = unsafe open("\(path)/\(name)", O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }
}

@Test func linesArriveInOrder() throws {
    let folder = try Folder()
    let writer = try LineWriter(to: .file(path: folder.path + "/a.log"))
    for number in 0..<1000 { writer.write("line \(number)\n") }
    writer.flush()
    #expect(folder.contents(of: "a.log") == (0..<1000).map { "line \($0)\n" }.joined())
    #expect(writer.linesLost == 0)
    writer.close()
}

@Test func reopenFollowsARotation() throws {
    let folder = try Folder()
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
    let folder = try Folder()
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
        try LineWriter(to: .file(path: "/nowhere/at/all.log"))
    } throws: { error in
        let error = error as? LineWriter.OpenError
        return error?.path == "/nowhere/at/all.log" && error?.reason == "No such file or directory"
    }
}
