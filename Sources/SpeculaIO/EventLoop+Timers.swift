/// Timers and what is to be done at the end of a turn, as owners see them; chunks too.
extension EventLoop {
    /// Calls `target` once when the time has come, never inside this call.
    ///
    /// The target is held until then.
    package func schedule(at deadline: Instant, for target: any TimerTarget, tag: Int) -> TimerID {
        timers.schedule(at: deadline, for: target, tag: tag)
    }

    package func schedule(after delay: Duration, for target: any TimerTarget, tag: Int) -> TimerID {
        timers.schedule(at: present + delay, for: target, tag: tag)
    }

    /// Moves an armed timer; a store when it is moved to later, which is what idle timeouts do.
    ///
    /// - Returns: False when the timer has fired or was cancelled: schedule a new one.
    @discardableResult
    package func move(_ id: TimerID, to deadline: Instant) -> Bool { timers.move(id, to: deadline) }

    /// Ignores a timer that has fired or was cancelled.
    package func cancel(_ id: TimerID) { timers.cancel(id) }

    /// Calls `target` at the end of this turn, with `TimerID.none`, before the loop sleeps.
    package func later(_ target: any TimerTarget, tag: Int) {
        waitingCount += 1
        deferred.append(Deferred(target: target, tag: tag))
    }

    /// An empty chunk with room for at least `capacity` bytes.
    package func makeChunk(capacity: Int) -> Chunk { pool.makeChunk(capacity: capacity) }

    /// Gives the pages of idle chunks back at once instead of in a second.
    package func releaseIdleMemory() {
        receiveChunk = nil
        pool.releaseIdle()
        poolTrim = nil
    }
}
