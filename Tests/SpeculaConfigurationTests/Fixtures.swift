import Foundation
import Testing

@testable import SpeculaConfiguration

/// The files of `Tests/ConfigurationFixtures`: a stem's input beside what is expected of it.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("ConfigurationFixtures")

    static var path: String { folder.path }

    /// Names of all inputs, in order.
    static let inputs: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { [".yml", ".yaml", ".toml"].contains(where: $0.hasSuffix) }.sorted()
    }()

    static func text(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// Compares with the golden file of a stem; rewrites it with `UPDATE_GOLDEN=1`.
    static func expect(_ actual: String, isGolden kind: String, of input: String) throws {
        let stem = input.split(separator: ".").dropLast().joined(separator: ".")
        let url = folder.appendingPathComponent("\(stem).\(kind).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            if actual.isEmpty {
                try? FileManager.default.removeItem(at: url)
            } else {
                try actual.write(to: url, atomically: true, encoding: .utf8)
            }
        }
        let expected = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        #expect(actual == expected, "\(url.lastPathComponent): UPDATE_GOLDEN=1 rewrites it")
    }
}

/// Files that do not exist.
struct FakeFiles: FileSystem {
    var files: [String: [UInt8]] = [:]

    init(_ files: [String: String] = [:]) { self.files = files.mapValues { Array($0.utf8) } }

    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        guard let bytes = files[path] else { throw FileError(path: path, reason: "No such file or directory") }
        guard bytes.count <= limit else { throw FileError(path: path, reason: "longer than \(limit) bytes") }
        return bytes
    }

    func list(_ path: String) throws(FileError) -> [FileEntry] {
        var entries: Set<FileEntry> = []
        for name in files.keys where name.hasPrefix(path + "/") {
            let parts = name.dropFirst(path.count + 1).split(separator: "/")
            guard let first = parts.first else { continue }
            entries.insert(FileEntry(name: String(first), isFolder: parts.count > 1))
        }
        guard !entries.isEmpty else { throw FileError(path: path, reason: "No such file or directory") }
        return entries.sorted { $0.name < $1.name }
    }

    func exists(_ path: String) -> Bool {
        files[path] != nil || files.keys.contains { $0.hasPrefix(path == "/" ? path : path + "/") }
    }
}
