extension RequestHead {
    /// How many bytes `writeUpstream` writes at most.
    package func upstreamSizeBound(
        _ context: ForwardContext, _ server: borrowing UpstreamTarget, edits: FieldEdits? = nil
    ) -> Int {
        unsafe parsed.upstreamSizeBound(context, server, edits)
    }

    /// Writes the request's head as `server` gets it: fields of this hop out, forwarded fields in. (traefik.md 6.2)
    ///
    /// Call it after `prepareTarget(_:)`. The body behind it is sent as the head announces it: chunks are encoded anew. Without
    /// `trace`, `traceparent` and `tracestate` pass as they are.
    package func writeUpstream(
        into writer: inout ByteWriter, context: ForwardContext, server: borrowing UpstreamTarget,
        edits: FieldEdits? = nil, body: ForwardedBody = .asReceived, trace: TraceFields? = nil
    ) {
        unsafe parsed.writeUpstream(
            into: &writer, context: context, server: server, edits: edits, body: body, trace: trace)
    }
}
