internal import CLinux
internal import Glibc

/// What this process may use: descriptors, processors, memory.
package enum ProcessLimits {
    /// Raises the soft limit of open descriptors to the hard one; returns the limit now in force.
    package static func raiseDescriptorLimit() -> Int { Int(linux_raise_descriptor_limit()) }

    /// The limit of open descriptors that is in force.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Workers to start unless the user says otherwise.
    ///
    /// The smaller of the processors that this process may run on and the control group's quota rounded up, at least 1.
    package static func defaultWorkers(controlGroup: ControlGroup = .current()) -> Int {
        let allowed = max(Int(linux_allowed_processors()), 1)
        guard let quota = controlGroup.processorQuota else { return allowed }
        return max(min(allowed, Int(quota.rounded(.up))), 1)
    }
}

/// The control group of this process, version 1 or 2: what a container may use.
package struct ControlGroup: Sendable {
    /// Processors, as a fraction; nil when there is no limit.
    package let processorQuota: Double?
    /// Bytes; nil when there is no limit.
    package let memoryLimit: Int?

    package static func current() -> ControlGroup {
        ControlGroup(root: "/sys/fs/cgroup", membership: "/proc/self/cgroup")
    }

    /// - Parameters:
    ///   - root: Where the control groups are mounted.
    ///   - membership: The file that names the groups of the process.
    package init(root: String, membership: String) {
        var version2: String?
        var version1: [String: String] = [:]
        for line in (SmallFile.read(membership) ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty { version2 = String(parts[2]) }
            for controller in parts[1].split(separator: ",") { version1[String(controller)] = String(parts[2]) }
        }
        var quotas: [Double] = []
        var memory: [Int] = []
        // Limits of groups further up bind as well; inside a container the path seen may not exist below the mount.
        for folder in Self.lineage(of: version2 ?? "/", below: root) {
            quotas += Self.quota(SmallFile.read(folder + "/cpu.max"))
            memory += Self.bytes(SmallFile.read(folder + "/memory.max"))
        }
        for folder in Self.lineage(of: version1["cpu"] ?? "/", below: root + "/cpu") {
            quotas += Self.quota(
                SmallFile.read(folder + "/cpu.cfs_quota_us"), period: SmallFile.read(folder + "/cpu.cfs_period_us"))
        }
        for folder in Self.lineage(of: version1["memory"] ?? "/", below: root + "/memory") {
            memory += Self.bytes(SmallFile.read(folder + "/memory.limit_in_bytes"))
        }
        processorQuota = quotas.min()
        memoryLimit = memory.min()
    }

    /// The folders from the group up to the root.
    private static func lineage(of group: String, below root: String) -> [String] {
        var folders = [root]
        for part in group.split(separator: "/") where part != ".." {
            folders.append((folders.last ?? root) + "/" + part)
        }
        return folders
    }

    /// Version 2: `max 100000` or `150000 100000`.
    private static func quota(_ text: String?) -> [Double] {
        let words = (text ?? "").split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return [] }
        return quota(String(words[0]), period: String(words[1]))
    }

    private static func quota(_ quota: String?, period: String?) -> [Double] {
        guard let used = number(quota), let span = number(period), used > 0, span > 0 else { return [] }
        return [Double(used) / Double(span)]
    }

    /// Version 1 says "no limit" with a number near the largest.
    private static func bytes(_ text: String?) -> [Int] {
        guard let bytes = number(text), bytes > 0, bytes < 1 << 60 else { return [] }
        return [bytes]
    }

    private static func number(_ text: String?) -> Int? {
        (text?.split(whereSeparator: \.isWhitespace).first).flatMap { Int($0) }
    }
}

/// Reads a file of the kernel's.
enum SmallFile {
    /// The first 64 KiB of a file; nil when it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < 65_536 {
            var piece = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count <= 0 { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
