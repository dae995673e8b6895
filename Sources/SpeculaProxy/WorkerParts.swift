internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaUpstream

/// Request heads that are used again: an idle connection holds none.
///
/// The exchange and the set of its copies hold a head together (`holders`); the last to give it back makes it free.
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
        guard head.holders == 0, free.count < 1024 else { return }
        head.rest()
        free.append(head)
    }

    /// Lets go of a head when more wait than `count`.
    func trim(to count: Int) {
        if free.count > count { free.removeLast() }
    }
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
