import Foundation
import Testing

/// A folder of a test's own, the built programs, and ports that are free.
final class Bench {
    let folder: URL
    private var count = 0
    /// Servers live as long as the folder, whatever the optimizer thinks of the variable that named them.
    private var children: [Child] = []

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("specula-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        children.removeAll()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts a program that runs until the bench is let go.
    func start(
        _ program: String, _ arguments: [String], log name: String, environment: [String: String] = [:]
    ) throws -> Child {
        let child = try Child(program, arguments, log: file(name), environment: environment)
        children.append(child)
        return child
    }

    /// A new name in the folder.
    func file(_ stem: String) -> URL {
        count += 1
        return folder.appendingPathComponent("\(stem)-\(count)")
    }

    func write(_ name: String, _ text: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url
    }

    /// The repository that this file is in.
    static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The gateway: what `SPECULA_BINARY` names, else the one that was built beside these tests.
    static var specula: String {
        if let named = ProcessInfo.processInfo.environment["SPECULA_BINARY"] { return named }
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return here.deletingLastPathComponent().appendingPathComponent("specula").path
    }

    /// Whether the gateway was built for release: `scripts/test` names it.
    static let isRelease = ProcessInfo.processInfo.environment["SPECULA_BINARY"] != nil

    /// Seconds that one load of a long run takes, for `scripts/soak`; nil in a run of every change.
    static let soakSeconds = ProcessInfo.processInfo.environment["SPECULA_SOAK"].flatMap { Int($0) }

    /// A C program (or `allocations`, a library) of `Benchmarks`, compiled when it is older than its source.
    static func tool(_ name: String) throws -> String {
        let sources = top.appendingPathComponent("Benchmarks"), folder = top.appendingPathComponent(".build/bench")
        let out = folder.appendingPathComponent(name)
        let newest = try ["\(name).c", "net.h"].map { try modified(sources.appendingPathComponent($0)) }.max()
        if let newest, let built = try? modified(out), built >= newest { return out.path }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let arguments =
            (name == "allocations" ? ["-shared", "-fPIC"] : []) + [
                "-O2", "-o", out.path + ".new", sources.appendingPathComponent("\(name).c").path,
            ]
        let compiler = try Child("cc", arguments, log: folder.appendingPathComponent("\(name).log"))
        guard try compiler.ended() == 0 else { throw Missing(what: "\(name).c does not compile: \(compiler.output)") }
        try? FileManager.default.removeItem(at: out)
        try FileManager.default.moveItem(atPath: out.path + ".new", toPath: out.path)
        return out.path
    }

    private static func modified(_ url: URL) throws -> Date {
        try url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate ?? .distantPast
    }

    /// Ports that nobody listens on just now.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptors.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(descriptor, $0, size) != 0 || getsockname(descriptor, $0, &size) != 0
                }
            }
            guard !failed else { throw Missing(what: "a free port") }
            return UInt16(bigEndian: address.sin_port)
        }
    }
}
