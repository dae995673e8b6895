internal import SpeculaIO

/// The process's signals, as the control plane waits for them.
internal struct SignalStream: Sendable {
    let values: AsyncStream<ProcessSignal>

    init() {
        let (stream, continuation) = AsyncStream<ProcessSignal>.makeStream()
        values = stream
        _ = Signals.deliver { signal in continuation.yield(signal) }
    }
}
