internal import Synchronization

/// A response whose body is read while it comes: pieces in order, then the end.
///
/// One reader. At most `ClientLimits.bufferedBytes` and one more read of the socket wait for it; then the server does. Let it go and the request is cut.
package final class ClientStream: Sendable {
    package let head: ClientResponseHead
    private let feed: ClientFeed

    init(head: ClientResponseHead, feed: ClientFeed) {
        self.head = head
        self.feed = feed
    }

    deinit { feed.cancel() }

    /// All bytes that came since the last call; waits when there are none.
    ///
    /// Nil: the body is whole.
    ///
    /// - Throws: `ClientFailure`; what came before it has been returned by earlier calls. `cancelled` when the task is.
    package func next() async throws(ClientFailure) -> [UInt8]? { try await feed.next() }

    /// The rest of the body.
    ///
    /// - Throws: `ClientFailure`; `tooLarge` beyond `limit` bytes.
    package func collect(upTo limit: Int) async throws(ClientFailure) -> [UInt8] {
        var whole: [UInt8] = []
        while let piece = try await next() {
            guard whole.count + piece.count <= limit else {
                feed.cancel()
                throw .tooLarge(limit: limit)
            }
            whole += piece
        }
        return whole
    }

    /// Cuts the request.
    package func cancel() { feed.cancel() }
}

/// Between the loop, which puts in, and one reader, who takes out.
final class ClientFeed: Sendable, ClientObserver {
    private enum End: Sendable, Equatable {
        case whole
        case failed(ClientFailure)
    }

    private struct State: Sendable {
        var head: ClientResponseHead?
        var bytes: [UInt8] = []
        var end: End?
        var isPaused = false
        var hasBegun = false
        var reader: CheckedContinuation<Void, Never>?
        /// Grows with every change, so that none is missed between looking and waiting.
        var version: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let resume: @Sendable () -> Void
    private let cut: @Sendable () -> Void

    /// - Parameters:
    ///   - limit: Bytes after which the server waits.
    ///   - resume: Tells the loop to read on.
    ///   - cut: Tells the loop that nobody wants the rest.
    init(limit: Int, resume: @escaping @Sendable () -> Void, cut: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.resume = resume
        self.cut = cut
    }

    // MARK: The loop

    func begin() { state.withLock { $0.hasBegun = true } }

    func endUnlessBegun() {
        wake { state in
            if !state.hasBegun, state.end == nil { state.end = .failed(.stopped) }
        }
    }

    func head(_ head: ClientResponseHead) {
        wake { state in state.head = head }
    }

    func body(_ bytes: Span<UInt8>) -> Bool {
        wake { state in
            state.bytes.reserveCapacity(state.bytes.count + bytes.count)
            for index in bytes.indices { state.bytes.append(bytes[index]) }
            if state.bytes.count >= limit { state.isPaused = true }
            return !state.isPaused
        }
    }

    func ended(_ failure: ClientFailure?) {
        wake { state in
            if state.end == nil { state.end = failure.map { .failed($0) } ?? .whole }
        }
    }

    private func wake<Result>(_ change: (inout State) -> Result) -> Result {
        let (result, reader) = state.withLock { state in
            let result = change(&state)
            let reader = state.reader
            state.reader = nil
            state.version += 1
            return (result, reader)
        }
        reader?.resume()
        return result
    }

    // MARK: The reader

    /// Waits for the head.
    func awaitHead() async throws(ClientFailure) -> ClientResponseHead {
        while true {
            let (head, end, version) = state.withLock { ($0.head, $0.end, $0.version) }
            if let head { return head }
            if case .failed(let failure) = end { throw failure }
            await change(since: version)
        }
    }

    func next() async throws(ClientFailure) -> [UInt8]? {
        while true {
            let (bytes, end, resumes, version) = state.withLock { state in
                let bytes = state.bytes
                state.bytes = []
                let resumes = state.isPaused
                state.isPaused = false
                return (bytes, state.end, resumes, state.version)
            }
            if resumes { resume() }
            if !bytes.isEmpty { return bytes }
            switch end {
            case .whole: return nil
            case .failed(let failure): throw failure
            case nil: await change(since: version)
            }
        }
    }

    func cancel() {
        let wasOpen = wake { state in
            guard state.end == nil else { return false }
            state.end = .failed(.cancelled)
            return true
        }
        if wasOpen { cut() }
    }

    /// Until the loop has put something in.
    private func change(since version: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (reader: CheckedContinuation<Void, Never>) in
                let isThere = state.withLock { state in
                    guard state.version == version else { return true }
                    state.reader = reader
                    return false
                }
                if isThere { reader.resume() }
            }
        } onCancel: {
            cancel()
        }
    }
}
