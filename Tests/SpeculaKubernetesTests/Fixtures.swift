import Foundation
import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

/// The files of `Fixtures`: a stem's manifests beside what is expected of them.
///
/// `STEM.recorded.txt` is what the real Traefik made of the manifests, where it was recorded; `STEM.expected.txt` is what
/// Specula makes of them, where that is meant to differ; `STEM.diagnostics.txt` is what it says about them.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

    static let stems: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yml") }.map { String($0.dropLast(4)) }.sorted()
    }()

    static func text(_ name: String) -> String? {
        try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// The options that the comments of a manifest ask for: `# option allowCrossNamespace: true`.
    static func settings(_ stem: String) throws -> StaticConfiguration {
        let manifest = try #require(text("\(stem).yml"))
        let lines = manifest.split(separator: "\n").filter { $0.hasPrefix("# option ") }
        let secure = manifest.contains("websecure") ? ", websecure: {address: ':8443'}" : ""
        var configuration = "entryPoints: {web: {address: ':8000'}\(secure)}\n"
        configuration += "providers:\n  kubernetesManifests:\n    directory: manifests\n"
        for line in lines { configuration += "    \(line.dropFirst("# option ".count))\n" }
        let loaded = StaticLoader.load(file: "s.yml", files: FakeFiles(["s.yml": configuration]))
        return try #require(loaded.configuration, "\(loaded.diagnostics)")
    }

    /// Compares with a golden file, or rewrites it with `UPDATE_GOLDEN=1`; an empty text has none.
    static func expect(_ actual: String, isGolden name: String) throws {
        let url = folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            if actual.isEmpty {
                try? FileManager.default.removeItem(at: url)
            } else {
                try actual.write(to: url, atomically: true, encoding: .utf8)
            }
        }
        #expect(actual == text(name) ?? "", "\(name): UPDATE_GOLDEN=1 rewrites it")
    }
}

/// Files that exist only in a test.
struct FakeFiles: FileSystem {
    var files: [String: [UInt8]] = [:]

    init(_ files: [String: String] = [:]) { self.files = files.mapValues { Array($0.utf8) } }

    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        guard let bytes = files[path] else { throw FileError(path: path, reason: "No such file or directory") }
        return bytes
    }

    func list(_ path: String) throws(FileError) -> [FileEntry] {
        var entries: Set<FileEntry> = []
        for name in files.keys where name.hasPrefix(path + "/") {
            let parts = name.dropFirst(path.count + 1).split(separator: "/")
            if let first = parts.first { entries.insert(FileEntry(name: String(first), isFolder: parts.count > 1)) }
        }
        guard !entries.isEmpty else { throw FileError(path: path, reason: "No such file or directory") }
        return entries.sorted { $0.name < $1.name }
    }

    func exists(_ path: String) -> Bool { files[path] != nil }
}
