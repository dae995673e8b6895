internal import Glibc

/// When a log file is put aside and a fresh one begun, and what becomes of those that were put aside. (Traefik: log.maxSize …)
///
/// `gateway.log` becomes `gateway-2026-11-21T15-33-17.123.log` beside it, in UTC, as Traefik names them.
package struct LogRotation: Sendable {
    /// Bytes beyond which a file does not grow, but for one line that is longer by itself.
    package let maxBytes: Int
    /// How many files put aside are kept; 0: all.
    package let maxBackups: Int
    /// For how long, in seconds; 0: for ever.
    package let maxAge: Int64
    /// Makes the gzip form of a piece of a file; nil leaves files as they are.
    package let compress: (@Sendable ([UInt8]) -> [UInt8]?)?
    let clock: @Sendable () -> LogTime

    package init(
        maxBytes: Int, maxBackups: Int = 0, maxAge: Int64 = 0, compress: (@Sendable ([UInt8]) -> [UInt8]?)? = nil,
        clock: @escaping @Sendable () -> LogTime
    ) {
        self.maxBytes = maxBytes
        self.maxBackups = maxBackups
        self.maxAge = maxAge
        self.compress = compress
        self.clock = clock
    }

    /// Where a file is put when it is put aside now.
    func backup(of path: String) -> String {
        let (stem, kind) = LogBackups.parts(of: path)
        return "\(stem)-\(LogBackups.stamp(of: clock()))\(kind)"
    }
}

/// The files beside a log that were put aside.
struct LogBackups {
    private struct Backup {
        var stamp: String
        var names: [String]
    }

    private let folder: String
    private let stem: String
    private let kind: String
    private let rotation: LogRotation

    init(of path: String, _ rotation: LogRotation) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        folder = slash.map { String(path[...$0]) } ?? "./"
        (stem, kind) = Self.parts(of: slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path)
        self.rotation = rotation
    }

    /// The path up to the last point of its name, and the rest.
    static func parts(of path: String) -> (stem: String, kind: String) {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
        guard let point = path.utf8.lastIndex(of: UInt8(ascii: ".")), point >= name else { return (path, "") }
        return (String(path[..<point]), String(path[point...]))
    }

    /// `2026-11-21T15-33-17.123`: in the order of time when in the order of letters.
    static func stamp(of time: LogTime) -> String {
        let digits = String(time.nanoseconds / 1_000_000)
        let fraction = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        return String(time.text.dropLast().map { $0 == ":" ? "-" : $0 }) + "." + fraction
    }

    /// Removes those that are too many or too old, and compresses the others.
    /// - Returns: What could not be done.
    func tidy() -> [String] {
        var troubles: [String] = []
        let found = list(&troubles)
        var now = rotation.clock()
        now.seconds -= rotation.maxAge
        let oldest = rotation.maxAge > 0 ? Self.stamp(of: now) : ""
        for (rank, backup) in found.enumerated() {
            let isKept = (rotation.maxBackups == 0 || rank < rotation.maxBackups) && backup.stamp >= oldest
            for name in backup.names {
                if !isKept {
                    if unsafe unlink(folder + name) != 0, errno != ENOENT {
                        troubles.append("cannot remove \(folder)\(name): \(LineFile.reason(errno))")
                    }
                } else if !name.hasSuffix(".gz"), let compress = rotation.compress {
                    if let trouble = Self.pack(folder + name, compress) { troubles.append(trouble) }
                }
            }
        }
        return troubles
    }

    /// The newest first.
    private func list(_ troubles: inout [String]) -> [Backup] {
        guard let directory = unsafe opendir(folder) else {
            troubles.append("cannot read \(folder): \(LineFile.reason(errno))")
            return []
        }
        defer { unsafe closedir(directory) }
        var names: [String: [String]] = [:]
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if let stamp = stamp(in: name) { names[stamp, default: []].append(name) }
        }
        return names.map { Backup(stamp: $0.key, names: $0.value) }.sorted { $0.stamp > $1.stamp }
    }

    /// When a file of that name was put aside; nil when it is none of this log's.
    private func stamp(in name: String) -> String? {
        var rest = Substring(name)
        if rest.hasSuffix(kind + ".gz") { rest.removeLast(3) }
        guard rest.hasPrefix(stem + "-"), rest.hasSuffix(kind) else { return nil }
        rest = rest.dropFirst(stem.count + 1).dropLast(kind.count)
        let shape = "0000-00-00T00-00-00.000"
        guard rest.utf8.count == shape.utf8.count else { return nil }
        let fits = zip(rest.utf8, shape.utf8).allSatisfy { byte, wanted in
            wanted == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
        }
        return fits ? String(rest) : nil
    }

    /// Replaces a file by its gzip form, one member a piece, so that no file is ever in memory.
    /// - Returns: Why not.
    private static func pack(_ path: String, _ compress: ([UInt8]) -> [UInt8]?) -> String? {
        let packed = path + ".gz"
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { return "cannot compress \(path): \(LineFile.reason(errno))" }
        defer { _ = Glibc.close(source) }
        let target = unsafe open(packed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { return "cannot write \(packed): \(LineFile.reason(errno))" }
        defer { _ = Glibc.close(target) }
        let trouble = LineFile.facts(source).flatMap { LineFile.keepAccess(of: $0, for: target, at: packed) }
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe block.withUnsafeMutableBytes { unsafe read(source, $0.baseAddress, $0.count) }
            if count == 0 { break }
            guard count > 0, let piece = compress(Array(block[..<count])), write(piece, to: target) else {
                let reason = LineFile.reason(errno)
                unsafe unlink(packed)
                return "cannot compress \(path): \(reason)"
            }
        }
        return unsafe unlink(path) == 0 ? trouble : "cannot remove \(path): \(LineFile.reason(errno))"
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: $0[offset...]).baseAddress, $0.count - offset)
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
