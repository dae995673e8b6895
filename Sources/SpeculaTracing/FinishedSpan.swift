/// What happened in one span, without its fields: written by the loop that it ended on.
package struct FinishedSpan: Hashable, Sendable {
    /// Which part of an exchange the span is about.
    package enum Kind: UInt8, CaseIterable, Sendable {
        /// A client's request, from its head to the last byte of the response.
        case exchange
        /// What a router did with it. (`traceVerbosity: detailed`)
        case router
        /// What a service did with it. (`traceVerbosity: detailed`)
        case service
        /// A request to a server, from its start to the response's head.
        case leg
        /// A request to a mirror's server: a trace of its own, linked to the exchange.
        case copy
    }

    package var kind: Kind
    package var context: TraceContext
    /// The span above; zero: none.
    package var parent: UInt64
    /// The span above is the client's, not ours.
    package var isParentRemote: Bool
    /// Since 1970-01-01 00:00 UTC.
    package var startNanoseconds: UInt64
    package var endNanoseconds: UInt64
    /// The response's; zero: there was none.
    package var status: UInt16

    package init(
        _ kind: Kind, _ context: TraceContext, parent: UInt64, isParentRemote: Bool = false, startNanoseconds: UInt64,
        endNanoseconds: UInt64, status: UInt16
    ) {
        self.kind = kind
        self.context = context
        self.parent = parent
        self.isParentRemote = isParentRemote
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = endNanoseconds
        self.status = status
    }
}

/// What a span tells beside its times; which of them there are depends on its kind.
package enum SpanField: UInt8, CaseIterable, Sendable {
    case entryPoint, method, version, scheme
    /// As it went to the server, encoded.
    case path
    case query, userAgent
    /// `Host` as it was sent.
    case authority
    case peerAddress, peerPort, clientAddress
    /// Of the request; all ones when it is not known before its end.
    case bodySize
    /// `scheme://host:port` as the configuration has it.
    case server
    case router, rule, service
    /// The mirroring service, the mirror and how its copy ended.
    case mirroring, mirror, outcome
    case requestHeader, responseHeader
    case link
}
