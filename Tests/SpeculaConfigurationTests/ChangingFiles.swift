import Synchronization

@testable import SpeculaConfiguration

/// Files that change, and a bell that a test rings.
final class ChangingFiles: FileSystem, FolderEvents {
    private struct State {
        var files = FakeFiles()
        var bell: AsyncStream<Void>.Continuation?
        var watched: [[String]] = []
        var afterReading: [String: [String: String]] = [:]
    }

    private let state = Mutex(State())

    init(_ files: [String: String]) { write(files) }

    func write(_ files: [String: String?]) {
        state.withLock { state in
            for (path, text) in files { state.files.files[path] = text.map { Array($0.utf8) } }
        }
    }

    /// Writes these the next time that a file has been read.
    func write(_ files: [String: String], after path: String) { state.withLock { $0.afterReading[path] = files } }

    func ring() { state.withLock { _ = $0.bell?.yield() } }
    func end() { state.withLock { $0.bell?.finish() } }
    var watched: [[String]] { state.withLock { $0.watched } }

    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let (files, next) = state.withLock { ($0.files, $0.afterReading.removeValue(forKey: path)) }
        defer { if let next { write(next) } }
        return try files.read(path, limit: limit)
    }

    func list(_ path: String) throws(FileError) -> [FileEntry] {
        let files = state.withLock { $0.files }
        return try files.list(path)
    }

    func exists(_ path: String) -> Bool { state.withLock { $0.files.exists(path) } }

    func changes(in folders: [String]) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            state.watched.append(folders)
            state.bell = continuation
        }
        return stream
    }
}
