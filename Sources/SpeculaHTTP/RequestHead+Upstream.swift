extension RequestHead {
    /// How many bytes `writeUpstream` writes at most.
    package func upstreamSizeBound(_ context: borrowing ForwardContext, _ server: borrowing UpstreamTarget) -> Int {
        unsafe parsed.upstreamSizeBound(context, server)
    }

    /// Writes the request's head as `server` gets it: fields of this hop out, forwarded fields in. (traefik.md 6.2)
    ///
    /// Call it after `prepareTarget(_:)`. The body behind it is sent as the head announces it: chunks are encoded anew.
    package func writeUpstream(
        into writer: inout ByteWriter, context: borrowing ForwardContext, server: borrowing UpstreamTarget,
        body: ForwardedBody = .asReceived
    ) {
        unsafe parsed.writeUpstream(into: &writer, context: context, server: server, body: body)
    }
}
