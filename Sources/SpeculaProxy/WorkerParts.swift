internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaUpstream

/// Request heads that are used again: an idle connection holds none.
///
/// The exchange and its copies hold a head together (`hold`); the last to give it back makes it free.
internal final class HeadPool {
    private var free: [RequestHead] = []

    /// A head without a request in it, held once.
    func take() -> RequestHead {
        guard let head = free.popLast() else {
            let made = RequestHead()
            made.holders = 1
            return made
        }
        head.holders = 1
        head.reset()
        return head
    }

    func giveBack(_ head: RequestHead) {
        head.holders -= 1
        if head.holders == 0, free.count < 1024 { free.append(head) }
    }
}

/// The plan in force, for closures that must not hold the worker.
internal final class PlanBox {
    var plan: GatewayPlan?
}

/// Brings a passively checked server back when its window has passed.
internal final class PassiveRecovery: TimerTarget {
    private let health: ServerHealth
    private let directory: ServiceDirectory
    private let whenUp: () -> Void

    init(health: ServerHealth, directory: ServiceDirectory, whenUp: @escaping () -> Void) {
        self.health = health
        self.directory = directory
        self.whenUp = whenUp
    }

    func timerFired(_ id: TimerID, tag: Int) {
        if directory.set(health, isUp: true) { whenUp() }
    }
}

/// Something that belongs to one loop, carried through other threads back to it.
///
/// `@unchecked Sendable` holds because the value can be had only by naming the loop, and `EventLoop` cannot leave its thread:
/// whoever has it is on it. Copies and releases on other threads touch only the reference count, which is atomic.
internal struct LoopBound<Value: AnyObject>: @unchecked Sendable {
    private let stored: Value

    init(_ value: Value) { stored = value }

    func value(on loop: EventLoop) -> Value {
        // To have the loop is to be on its thread.
        _ = loop
        return stored
    }
}
