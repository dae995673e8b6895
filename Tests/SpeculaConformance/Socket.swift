internal import Foundation
internal import Glibc
internal import Synchronization

/// A blocking TCP socket, closed when let go.
package final class Socket: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private static func open() -> Socket {
        Socket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    }

    /// Connects to 127.0.0.1, from another address of the loopback network when one is named.
    package static func connect(to port: UInt16, from source: String?) -> Socket? {
        let socket = open()
        if let source {
            guard unsafe socket.withAddress(source, 0, { unsafe bind(socket.descriptor, $0, $1) }) == 0 else {
                return nil
            }
        }
        socket.set(IPPROTO_TCP, TCP_NODELAY, 1)
        return unsafe socket.withAddress("127.0.0.1", port) { unsafe Glibc.connect(socket.descriptor, $0, $1) } == 0
            ? socket : nil
    }

    /// Listens on a port that the kernel picks, on this address.
    static func listen(on address: String = "127.0.0.1") -> Socket? {
        let socket = open()
        guard unsafe socket.withAddress(address, 0, { unsafe bind(socket.descriptor, $0, $1) }) == 0 else { return nil }
        return Glibc.listen(socket.descriptor, 512) == 0 ? socket : nil
    }

    /// Ports that were reserved before; none is given twice, so that nothing of one case meets another.
    private static let reserved = Mutex<Set<UInt16>>([])

    /// Holds a port on which nobody listens, outside those that the kernel picks for others.
    ///
    /// It may stay held while a gateway listens there: bound with SO_REUSEADDR, as servers bind theirs, it is in nobody's way
    /// who asks for this very port, and nobody else is given it.
    static func reserve() -> Socket? {
        for _ in 0..<200 {
            let socket = open()
            let port = UInt16.random(in: unpicked)
            guard reserved.withLock({ $0.insert(port).inserted }),
                unsafe socket.withAddress("127.0.0.1", port, { unsafe bind(socket.descriptor, $0, $1) }) == 0
            else { continue }
            // Only now: with it from the start, two that reserve could hold the same port.
            socket.set(Int(SOL_SOCKET), SO_REUSEADDR, 1)
            return socket
        }
        return nil
    }

    /// Ports that the kernel gives to nobody by itself, where it leaves some.
    private static let unpicked: Range<UInt16> = {
        let text = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let ends = (text ?? "").split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        guard ends.count == 2, ends[0] < 20_000 else { return 15_000..<min(32_000, ends.first ?? 32_000) }
        return ends[1] < 60_000 ? ends[1] + 1..<65_000 : 15_000..<32_000
    }()

    func accept() -> Socket? {
        let fresh = Glibc.accept(descriptor, nil, nil)
        return fresh < 0 ? nil : Socket(fresh)
    }

    /// Own address and port.
    var local: (host: UInt32, port: UInt16) {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe getsockname(descriptor, $0, &size)
            }
        }
        return (UInt32(bigEndian: address.sin_addr.s_addr), UInt16(bigEndian: address.sin_port))
    }

    /// Sends everything, and with `last` the end of our side in the same segment; `false` when the other side is gone.
    ///
    /// Apart from each other, a reader may or may not have acted on the bytes before it hears of the end.
    @discardableResult
    package func send(_ bytes: [UInt8], last: Bool = false) -> Bool {
        defer { if last { shutdown(descriptor, Int32(SHUT_WR)) } }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent...]).baseAddress, buffer.count - sent,
                    Int32(MSG_NOSIGNAL | (last ? MSG_MORE : 0)))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    package enum Received: Equatable {
        case bytes([UInt8])
        case end
        case timedOut
        case failed(reset: Bool)
    }

    /// Waits that long for bytes, the end, or neither.
    package func receive(within milliseconds: Int) -> Received {
        guard isReadable(within: max(0, milliseconds)) else { return .timedOut }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { return .failed(reset: errno == ECONNRESET) }
        return count == 0 ? .end : .bytes(Array(buffer[..<count]))
    }

    /// Whether bytes, the end or an error are there within that time (negative: however long it takes).
    func isReadable(within milliseconds: Int) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&poll, 1, Int32(milliseconds)) > 0
    }

    /// Wakes whoever waits in `accept` or `receive`, for good.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Makes the close a reset.
    func resetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    private func set(_ level: Int, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private func withAddress(
        _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return -1 }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
