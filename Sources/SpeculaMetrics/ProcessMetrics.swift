internal import Glibc

/// What the system says about this process, under client_golang's names; what cannot be had is left out.
enum ProcessMetrics {
    /// The families and their values, read from `/proc/self` now.
    static func read() -> [(MetricFamily, Sample.Value)] {
        var values: [(MetricFamily, Sample.Value)] = []
        let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        // Fields are counted from 1; the second is the program's name in brackets, which may hold anything.
        if let stat = contents("/proc/self/stat"), let end = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            let field = { (number: Int) in fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil }
            if let user = field(14), let system = field(15) {
                values.append((MetricCatalog.processCPU, .fraction((user + system) / ticks)))
            }
            if let started = field(22), let boot = bootTime() {
                values.append((MetricCatalog.processStartTime, .gauge(boot + started / ticks)))
            }
            if let size = field(23) { values.append((MetricCatalog.processVirtualMemory, .gauge(size))) }
            if let pages = field(24) {
                let pageSize = Double(max(sysconf(Int32(_SC_PAGESIZE)), 1))
                values.append((MetricCatalog.processResidentMemory, .gauge(pages * pageSize)))
            }
        }
        if let open = openDescriptors() { values.append((MetricCatalog.processOpenDescriptors, .gauge(Double(open)))) }
        if let limit = limit(RLIMIT_NOFILE) { values.append((MetricCatalog.processMaxDescriptors, .gauge(limit))) }
        if let limit = limit(RLIMIT_AS) { values.append((MetricCatalog.processMaxVirtualMemory, .gauge(limit))) }
        if let (received, sent) = networkBytes() {
            values.append((MetricCatalog.processReceivedBytes, .counter(received)))
            values.append((MetricCatalog.processSentBytes, .counter(sent)))
        }
        return values
    }

    /// Seconds since the epoch at which the machine was started.
    private static func bootTime() -> Double? {
        guard let stat = contents("/proc/stat") else { return nil }
        for line in stat.split(separator: "\n") where line.hasPrefix("btime ") { return Double(line.dropFirst(6)) }
        return nil
    }

    private static func limit(_ resource: __rlimit_resource) -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    /// As many as the folder of descriptors says it holds (Linux 6.2): to be had when there is none left to read it with.
    ///
    /// Else its entries, but for the two that every folder has and the one that reads it.
    private static func openDescriptors() -> Int? {
        var facts = stat()
        if unsafe stat("/proc/self/fd", &facts) == 0, facts.st_size > 0 { return Int(facts.st_size) }
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return max(count - 3, 0)
    }

    /// Bytes of the network namespace: two lines `IpExt:`, the names, then the numbers.
    private static func networkBytes() -> (received: UInt64, sent: UInt64)? {
        guard let text = contents("/proc/self/net/netstat") else { return nil }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("IpExt:") }.map { $0.split(separator: " ") }
        guard lines.count == 2, let received = lines[0].firstIndex(of: "InOctets"),
            let sent = lines[0].firstIndex(of: "OutOctets"), max(received, sent) < lines[1].count,
            let receivedBytes = UInt64(lines[1][received]), let sentBytes = UInt64(lines[1][sent])
        else { return nil }
        return (receivedBytes, sentBytes)
    }

    /// A small file of `/proc` as text.
    private static func contents(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20 {
            let block = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                count = unsafe max(Glibc.read(descriptor, buffer.baseAddress, buffer.count), 0)
            }
            if block.isEmpty { break }
            bytes += block
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
