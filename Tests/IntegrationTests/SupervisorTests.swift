import Foundation
import Testing

extension RealSocketTests {
    /// What systemd hears of the service (`Type=notify`, `WatchdogSec`).
    @Suite(.serialized)
    struct SystemdService {
        @Test func systemdHearsOfStartReloadHeartbeatAndStop() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let socket = try NotifySocket(bench.file("notify").path)
            let gateway = try Gateway(
                routes: mirroring(primary, []),
                environment: ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "100000"], in: bench)
            #expect(socket.next { !$0.hasPrefix("WATCHDOG") } == "READY=1")
            for _ in 0..<3 { #expect(socket.next() == "WATCHDOG=1") }
            gateway.child.signal(SIGHUP)
            let reload = try #require(socket.next { !$0.hasPrefix("WATCHDOG") })
            #expect(reload.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
            #expect(socket.next { !$0.hasPrefix("WATCHDOG") } == "READY=1")
            gateway.child.signal(SIGTERM)
            #expect(socket.next { !$0.hasPrefix("WATCHDOG") } == "STOPPING=1")
            #expect(try gateway.child.ended() == 0)
        }
    }
}

/// systemd's end of sd_notify(3).
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw Missing(what: "a socket at \(path): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// The next message that is asked for; nil when none comes.
    func next(where isAskedFor: (String) -> Bool = { _ in true }) -> String? {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            if isAskedFor(text) { return text }
        }
    }
}
