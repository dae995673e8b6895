import Foundation
import SpeculaConformance
import Testing

/// A program that a test started: its output goes to a file, and it ends with the test.
final class Child {
    /// What it wrote to standard output and error.
    let log: URL
    /// Held open for as long as it may live: peers end with it.
    private let tether = Pipe()
    private let process: ChildProcess
    private let name: String

    /// Starts `program`, looked up on the PATH and in the system's folders when it is no path.
    init(_ program: String, _ arguments: [String], log: URL, environment: [String: String] = [:]) throws {
        self.log = log
        let path = try Child.find(program).path
        name = URL(fileURLWithPath: path).lastPathComponent
        try Data().write(to: log)
        let out = try FileHandle(forWritingTo: log)
        process = try ChildProcess(
            path: path, arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            input: tether.fileHandleForReading.fileDescriptor, output: out.fileDescriptor)
        try? out.close()
    }

    deinit {
        process.end()
    }

    var identifier: Int32 { process.identifier }
    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(decoding: Data(contentsOf: log), as: UTF8.self)) ?? "" }

    func signal(_ number: Int32) {
        process.signal(number)
    }

    /// The exit status once it has ended by itself, or minus the signal that ended it.
    func ended(within limit: Duration = .seconds(90)) throws -> Int32 {
        try eventually("\(name) ends", within: limit) { !process.isRunning }
        return process.exitStatus ?? 0
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
    _ program: String, _ arguments: [String], environment: [String: String] = [:], in bench: Bench,
    within limit: Duration = .seconds(180)
) throws -> (status: Int32, output: String) {
    let child = try Child(program, arguments, log: bench.file("run"), environment: environment)
    let status = try child.ended(within: limit)
    return (status, child.output)
}

/// Waits until something is so; throws when it is not within the limit.
func eventually(_ what: String, within limit: Duration = .seconds(60), _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < end else { throw Missing(what: "not within \(limit): \(what)") }
        usleep(3000)
    }
}
