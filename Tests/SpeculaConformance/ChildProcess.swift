internal import CChildProcess
internal import Glibc
internal import Synchronization

/// A program that a test started, waited for by its id.
///
/// Not Foundation's `Process`: beside others it was seen to miss its child's end, and to read behind a buffer when it starts one.
package final class ChildProcess: Sendable {
    package let identifier: Int32
    /// What `waitpid` said; nil while it runs.
    private let ended = Mutex<Int32?>(nil)

    /// Starts a program; it gets no descriptor but these.
    ///
    /// - Parameters:
    ///   - path: Where the program is.
    ///   - arguments: Behind its name.
    ///   - environment: All of it.
    ///   - directory: Nil: this process's own.
    ///   - input: Its standard input.
    ///   - output: Its standard output and error.
    /// - Throws: `ChildError` when the system does not start it.
    package init(
        path: String, arguments: [String], environment: [String: String], directory: String? = nil, input: Int32,
        output: Int32
    ) throws {
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) }
        let settings = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") }
        defer { for word in unsafe words + settings { unsafe free(word) } }
        var id: pid_t = 0
        let error = unsafe child_start(path, words + [nil], settings + [nil], directory, input, output, &id)
        guard error == 0 else { throw ChildError(description: "\(path): \(unsafe String(cString: strerror(error)))") }
        identifier = id
    }

    package var isRunning: Bool { exitStatus == nil }

    /// Its exit status, or minus the signal that ended it; nil while it runs.
    package var exitStatus: Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var word: Int32 = 0
            guard unsafe waitpid(identifier, &word, WNOHANG) == identifier else { return nil }
            let signal = word & 0x7f
            let status = signal == 0 ? (word >> 8) & 0xff : -signal
            ended = status
            return status
        }
    }

    package func signal(_ number: Int32) {
        // An id that was waited for may be another's.
        if isRunning { kill(identifier, number) }
    }

    /// Ends it at once and waits until it is gone.
    package func end() {
        guard isRunning else { return }
        kill(identifier, SIGKILL)
        while isRunning { usleep(1000) }
    }
}

/// Why a program did not start.
package struct ChildError: Error, CustomStringConvertible {
    package let description: String
}
