internal import Synchronization

/// Something that becomes true once: the gateway can serve, it is stopping.
internal final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}
