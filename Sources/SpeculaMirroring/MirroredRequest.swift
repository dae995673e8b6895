package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaTracing
package import SpeculaUpstream

/// The one parsed request that copies are written from: lent by the exchange, kept by copies that must wait.
package struct MirroredRequest {
    /// The head, and the client it came from.
    package let facts: ChoiceFacts
    package let method: MethodLabel
    package let protocolLabel: ProtocolLabel
    package let startedAt: Instant
    /// The exchange's place in a trace; nil: it has none.
    package let trace: TraceLink?
    /// The request's number in the access log; zero: it and its copies leave no line.
    package let number: UInt64

    package var head: RequestHead { facts.head }

    package init(
        facts: ChoiceFacts, method: MethodLabel, protocolLabel: ProtocolLabel, startedAt: Instant, number: UInt64 = 0,
        trace: TraceLink? = nil
    ) {
        self.trace = trace
        self.facts = facts
        self.method = method
        self.protocolLabel = protocolLabel
        self.startedAt = startedAt
        self.number = number
    }
}
