internal import Glibc

/// The open end of a `LineWriter`.
///
/// A descriptor, whole lines into it, opened anew after a rotation; belongs to the writer's thread. A pipe gets pieces that the kernel never mixes with those of other writers, and is opened in a way that neither waits for
/// a reader nor dies with one. A line that a full disk cut short is ended before the next one begins.
struct LineFile {
    private let target: LineWriter.Target
    private var descriptor: Int32
    private var isPipe: Bool
    /// The last write ended inside a line.
    private var isTorn = false
    private let rotation: LogRotation?
    /// Bytes in the file, as far as we know; since the last attempt, where it could not be put aside.
    private var size = 0
    private var turn: Turn?

    /// What came of a file that was full.
    enum Turn {
        /// Another was begun; perhaps not for the same eyes.
        case done(trouble: String?)
        /// It goes on growing.
        case failed(String)
    }

    /// Opens the target; a file and the folders above it are made where they are missing.
    init(_ target: LineWriter.Target, rotation: LogRotation? = nil) throws(LineWriter.OpenError) {
        self.target = target
        self.rotation = rotation
        descriptor = try Self.open(target)
        isPipe = Self.isPipe(descriptor)
        size = Self.size(descriptor)
    }

    /// What came of a file that was full since the last call.
    mutating func takeTurn() -> Turn? {
        defer { turn = nil }
        return turn
    }

    /// Puts the file aside and begins another; one that cannot be put aside goes on.
    private mutating func putAside(_ rotation: LogRotation) {
        guard case .file(let path) = target, let facts = Self.facts(descriptor), facts.st_mode & S_IFMT == S_IFREG
        else {
            return
        }
        let backup = rotation.backup(of: path)
        // Within one millisecond, or when the clock was set back: it grows a little more, instead of taking an older one's place.
        guard unsafe access(backup, F_OK) != 0, unsafe access(backup + ".gz", F_OK) != 0 else { return }
        size = 0
        guard unsafe rename(path, backup) == 0 || errno == ENOENT else {
            turn = .failed("cannot rename \(path) to \(backup): \(Self.reason(errno))")
            return
        }
        do throws(LineWriter.OpenError) {
            try reopen()
            turn = .done(trouble: Self.keepAccess(of: facts, for: descriptor, at: path))
        } catch {
            turn = .failed("cannot open \(error.path): \(error.reason)")
        }
    }

    /// Writes whole lines.
    ///
    /// - Returns: How many of them are not there whole, and the system's reason.
    mutating func write(_ bytes: [UInt8], until isOver: () -> Bool) -> (lost: Int, reason: Int32) {
        if let rotation, size > 0, size + bytes.count > rotation.maxBytes { putAside(rotation) }
        size += bytes.count
        if isTorn {
            guard writeAll([0x0a], 0..<1, isOver) == 1 else { return (Self.lines(bytes, from: 0), errno) }
            isTorn = false
        }
        var offset = 0
        while offset < bytes.count {
            let end = isPipe ? Self.piece(of: bytes, from: offset) : bytes.count
            let written = writeAll(bytes, offset..<end, isOver)
            let reason = errno
            offset += written
            guard offset < end else { continue }
            isTorn = offset > 0 && bytes[offset - 1] != 0x0a
            return (Self.lines(bytes, from: offset), reason)
        }
        return (0, 0)
    }

    /// Opens the file anew; one that cannot be opened leaves the old one in use.
    mutating func reopen() throws(LineWriter.OpenError) {
        guard case .file = target else { return }
        let fresh = try Self.open(target)
        _ = Glibc.close(descriptor)
        descriptor = fresh
        isPipe = Self.isPipe(fresh)
        isTorn = false
        size = Self.size(fresh)
    }

    mutating func close() {
        if descriptor > 2 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Lines that end behind `offset`.
    private static func lines(_ bytes: [UInt8], from offset: Int) -> Int {
        bytes[offset...].reduce(0) { $1 == 0x0a ? $0 + 1 : $0 }
    }

    /// The end of as many lines as one write to a pipe may hold (PIPE_BUF); of one line where it is longer.
    private static func piece(of bytes: [UInt8], from offset: Int) -> Int {
        guard bytes.count - offset > 4096 else { return bytes.count }
        if let last = bytes[offset..<offset + 4096].lastIndex(of: 0x0a) { return last + 1 }
        return (bytes[offset...].firstIndex(of: 0x0a) ?? bytes.count - 1) + 1
    }

    /// - Returns: The bytes that were written.
    private func writeAll(_ bytes: [UInt8], _ range: Range<Int>, _ isOver: () -> Bool) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = unsafe Glibc.write(
                    descriptor, buffer.baseAddress.map { unsafe $0 + offset }, range.upperBound - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if unsafe poll(&poller, 1, 200) == 0, isOver() { break }
                } else if errno != EINTR {
                    break
                }
            }
            return offset - range.lowerBound
        }
    }

    private static func isPipe(_ descriptor: Int32) -> Bool { (facts(descriptor)?.st_mode ?? 0) & S_IFMT == S_IFIFO }

    private static func size(_ descriptor: Int32) -> Int { Int(facts(descriptor)?.st_size ?? 0) }

    /// What the system knows of an open file.
    static func facts(_ descriptor: Int32) -> stat? {
        var facts = stat()
        return unsafe fstat(descriptor, &facts) == 0 ? facts : nil
    }

    /// Gives a file the owner and the mode of another one: who could not read that does not get to read this.
    /// - Returns: What could not be kept.
    static func keepAccess(of other: stat, for descriptor: Int32, at path: String) -> String? {
        let isOwned = fchown(descriptor, other.st_uid, other.st_gid) == 0
        let isModed = fchmod(descriptor, other.st_mode & 0o777) == 0
        return isOwned && isModed ? nil : "cannot keep owner and mode of \(path): \(reason(errno))"
    }

    private static func open(_ target: LineWriter.Target) throws(LineWriter.OpenError) -> Int32 {
        switch target {
        case .standardOutput: return 1
        case .standardError: return 2
        case .file(let path):
            makeFolders(above: path)
            // Reading as well, so that a FIFO opens without a reader.
            let flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
            var descriptor = unsafe Glibc.open(path, O_RDWR | flags, 0o644)
            if descriptor < 0, errno == EACCES { descriptor = unsafe Glibc.open(path, O_WRONLY | flags, 0o644) }
            guard descriptor >= 0 else { throw LineWriter.OpenError(path: path, reason: reason(errno)) }
            return descriptor
        }
    }

    private static func makeFolders(above path: String) {
        for (place, byte) in path.utf8.enumerated() where byte == UInt8(ascii: "/") && place > 0 {
            _ = unsafe mkdir(String(decoding: path.utf8.prefix(place), as: UTF8.self), 0o755)
        }
    }

    static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
