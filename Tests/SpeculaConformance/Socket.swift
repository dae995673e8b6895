internal import Glibc

/// A blocking TCP socket, closed when let go.
package final class Socket: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to 127.0.0.1, from another address of the loopback network when one is named.
    static func connect(to port: UInt16, from source: String?) -> Socket? {
        let socket = Socket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
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
        let socket = Socket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        guard unsafe socket.withAddress(address, 0, { unsafe bind(socket.descriptor, $0, $1) }) == 0 else { return nil }
        return Glibc.listen(socket.descriptor, 512) == 0 ? socket : nil
    }

    /// Holds a port on which nobody listens, below those that the kernel picks for others: it stays free when it is let go.
    static func reserve() -> Socket? {
        for _ in 0..<200 {
            let socket = Socket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
            let port = UInt16.random(in: 15_000..<32_000)
            if unsafe socket.withAddress("127.0.0.1", port, { unsafe bind(socket.descriptor, $0, $1) }) == 0 {
                return socket
            }
        }
        return nil
    }

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

    /// Sends everything; `false` when the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent...]).baseAddress, buffer.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    enum Received: Equatable {
        case bytes([UInt8])
        case end
        case timedOut
        case failed(reset: Bool)
    }

    /// Waits that long for bytes, the end, or neither.
    func receive(within milliseconds: Int) -> Received {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&poll, 1, Int32(max(0, milliseconds))) > 0 else { return .timedOut }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { return .failed(reset: errno == ECONNRESET) }
        return count == 0 ? .end : .bytes(Array(buffer[..<count]))
    }

    /// No more bytes from us.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

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
