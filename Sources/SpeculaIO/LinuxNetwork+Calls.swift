internal import CLinux
internal import Glibc

/// Receiving and sending on descriptors: the calls of every request.
extension LinuxNetwork {
    package func connectOutcome(_ handle: Handle) -> SystemError? {
        let error = linux_take_socket_error(handle.descriptor)
        return error == 0 ? nil : SystemError(error)
    }

    package func receive(_ handle: Handle, into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        let received = unsafe linux_receive(handle.descriptor, buffer.baseAddress, buffer.count)
        if received > 0 { return .bytes(received) }
        return received == 0 ? .end : Self.failure(received)
    }

    package func send(_ handle: Handle, _ bytes: UnsafeRawBufferPointer) -> IOResult {
        let sent = unsafe linux_send(handle.descriptor, bytes.baseAddress, bytes.count)
        return sent >= 0 ? .bytes(sent) : Self.failure(sent)
    }

    package func send(_ handle: Handle, _ vectors: borrowing OutputVectors) -> IOResult {
        guard let base = unsafe UnsafeMutableRawPointer(vectors.pieces.baseAddress) else { return .bytes(0) }
        // `OutputVector` is laid out like `iovec`: a pointer and a count.
        let system = unsafe base.assumingMemoryBound(to: iovec.self)
        let sent = unsafe linux_send_vectors(handle.descriptor, system, Int32(vectors.used))
        return sent >= 0 ? .bytes(sent) : Self.failure(sent)
    }

    package func finishWriting(_ handle: Handle) { _ = linux_finish_writing(handle.descriptor) }

    package func localAddress(_ handle: Handle) -> SocketAddress? {
        var address = linux_address()
        guard unsafe linux_local_address(handle.descriptor, &address) >= 0 else { return nil }
        return SocketAddress(address)
    }

    private static func failure(_ result: Int) -> IOResult {
        result == -Int(EAGAIN) ? .wouldBlock : .failed(SystemError(Int32(truncatingIfNeeded: -result)))
    }
}

/// Wakes a loop through its eventfd, which lives as long as anyone may write to it.
final class DescriptorWaker: LoopWaker {
    private let descriptor: Int32

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = linux_close(descriptor) }

    func wake() { linux_wake(descriptor) }
}
