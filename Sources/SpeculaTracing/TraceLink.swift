/// What a copy needs to know of the exchange that it is a copy of, to tell of itself in a trace of its own.
package struct TraceLink: Sendable {
    /// The span of the client's request.
    package let context: TraceContext
    /// What, added to the monotonic clock's nanoseconds, gives those since 1970-01-01 00:00 UTC.
    package let wallOffset: UInt64

    package init(context: TraceContext, wallOffset: UInt64) {
        self.context = context
        self.wallOffset = wallOffset
    }
}
