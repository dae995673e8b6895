/// What a server gets of the trace when the gateway takes part in it: a `traceparent` of the gateway's own.
package struct TraceFields: Sendable {
    let parent: InlineArray<55, UInt8>
    let keepsState: Bool

    /// - Parameters:
    ///   - parent: The value of `traceparent`.
    ///   - keepsState: The client's `tracestate` belongs to the same trace and passes as it is.
    package init(parent: InlineArray<55, UInt8>, keepsState: Bool) {
        self.parent = parent
        self.keepsState = keepsState
    }

    /// Fields of the client's that do not pass.
    var replaced: KnownFieldSet {
        keepsState ? KnownFieldSet(.traceparent) : KnownFieldSet(.traceparent, .tracestate)
    }
}

extension ByteWriter {
    /// Appends the line `Traceparent`.
    @inline(__always)
    mutating func append(_ trace: TraceFields) {
        append("Traceparent: ")
        append(trace.parent.span)
        append("\r\n")
    }
}
