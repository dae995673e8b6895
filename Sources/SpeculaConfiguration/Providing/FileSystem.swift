internal import Glibc

/// The files that configuration comes from; tests have their own.
package protocol FileSystem: Sendable {
    /// The whole content of a file, at most `limit` bytes.
    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]
    /// What a folder holds, in file-name order; links are followed.
    func list(_ path: String) throws(FileError) -> [FileEntry]
    /// True when there is a file or folder.
    func exists(_ path: String) -> Bool
    /// The folders of the symbolic links on the way to a file, and the one in which the file itself lies, where that is not
    /// the one that its path names: a change of any of them changes the file. Empty when there is no link.
    func foldersBehindLinks(to path: String) -> [String]
}

extension FileSystem {
    package func foldersBehindLinks(to path: String) -> [String] { [] }
}

/// A name in a folder.
package struct FileEntry: Sendable, Hashable {
    package var name: String
    package var isFolder: Bool

    package init(name: String, isFolder: Bool) {
        self.name = name
        self.isFolder = isFolder
    }
}

/// Why a file could not be read, in the system's words.
package struct FileError: Error, Hashable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(path): \(reason)" }
}

/// The files of this machine.
package struct LocalFiles: FileSystem {
    package init() {}

    package func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(path) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw FileError(path: path, reason: "longer than \(limit) bytes") }
        }
    }

    package func list(_ path: String) throws(FileError) -> [FileEntry] {
        guard let folder = unsafe opendir(path) else { throw Self.failure(path) }
        defer { unsafe closedir(folder) }
        var entries: [FileEntry] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            entries.append(FileEntry(name: name, isFolder: Self.isFolder("\(path)/\(name)")))
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    package func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    package func foldersBehindLinks(to path: String) -> [String] {
        var folders: [String] = []
        var folder = path.hasPrefix("/") ? "/" : "."
        var rest = path.split(separator: "/").map(String.init)
        // As many links as the kernel follows.
        var links = 0
        while let name = rest.first, links < 40 {
            rest.removeFirst()
            let next = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            guard let target = Self.target(ofLink: next) else {
                if !rest.isEmpty { folder = next }
                continue
            }
            links += 1
            folders.append(folder)
            if target.hasPrefix("/") { folder = "/" }
            rest = target.split(separator: "/").map(String.init) + rest
        }
        return links > 0 ? folders + [folder] : []
    }

    private static func target(ofLink path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// A number that changes when something in the folders does: names, sizes, times; for polling.
    package func fingerprint(of folders: [String]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
        for folder in folders {
            for entry in (try? list(folder)) ?? [] {
                for byte in entry.name.utf8 { mix(UInt64(byte)) }
                var status = stat()
                guard unsafe stat("\(folder)/\(entry.name)", &status) == 0 else { continue }
                mix(UInt64(status.st_ino))
                mix(UInt64(bitPattern: Int64(status.st_size)))
                mix(UInt64(bitPattern: Int64(status.st_mtim.tv_sec)))
                mix(UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)))
            }
        }
        return hash
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    private static func failure(_ path: String) -> FileError {
        FileError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
