import Foundation
import Testing

/// A program that a test started: its output goes to a file, and it ends with the test.
final class Child {
    /// What it wrote to standard output and error.
    let log: URL
    /// Held open for as long as it may live: peers end with it.
    private let tether = Pipe()
    private let process = Process()

    /// Starts `program`, looked up on the PATH and in the system's folders when it is no path.
    init(_ program: String, _ arguments: [String], log: URL, environment: [String: String] = [:]) throws {
        self.log = log
        process.executableURL = try Child.find(program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = tether
        try Data().write(to: log)
        let out = try FileHandle(forWritingTo: log)
        process.standardOutput = out
        process.standardError = out
        try process.run()
        try? out.close()
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(decoding: Data(contentsOf: log), as: UTF8.self)) ?? "" }

    func signal(_ number: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, number)
    }

    /// The exit status once it has ended by itself, or minus the signal that ended it.
    func ended(within limit: Duration = .seconds(30)) throws -> Int32 {
        try eventually("\(process.executableURL?.lastPathComponent ?? "?") ends", within: limit) { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Where a program is; servers are often outside of a user's PATH.
    static func find(_ program: String) throws -> URL {
        if program.contains("/") { return URL(fileURLWithPath: program) }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders + ["/usr/sbin", "/sbin"]
        where FileManager.default.isExecutableFile(atPath: "\(folder)/\(program)") {
            return URL(fileURLWithPath: "\(folder)/\(program)")
        }
        throw Missing(what: "\(program): run scripts/setup --tests")
    }
}

/// Something that a test stands on is not there.
struct Missing: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}

/// Runs a program to its end and gives its exit status and output.
@discardableResult
func run(
    _ program: String, _ arguments: [String], in bench: Bench, within limit: Duration = .seconds(60)
) throws -> (status: Int32, output: String) {
    let child = try Child(program, arguments, log: bench.file("run"))
    let status = try child.ended(within: limit)
    return (status, child.output)
}

/// Waits until something is so; throws when it is not within the limit.
func eventually(_ what: String, within limit: Duration = .seconds(10), _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < end else { throw Missing(what: "not within \(limit): \(what)") }
        usleep(3000)
    }
}
