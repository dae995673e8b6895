package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaTracing

/// The one parsed request that copies are written from: lent by the exchange, kept by copies that must wait.
package struct MirroredRequest {
    package let head: RequestHead
    /// The client that it came from.
    package let client: ForwardContext
    package let method: MethodLabel
    package let protocolLabel: ProtocolLabel
    package let startedAt: Instant
    /// The exchange's place in a trace; nil: it has none.
    package let trace: TraceLink?
    /// The request's number in the access log; zero: it and its copies leave no line.
    package let number: UInt64

    package init(
        head: RequestHead, client: ForwardContext, method: MethodLabel, protocolLabel: ProtocolLabel,
        startedAt: Instant, number: UInt64 = 0, trace: TraceLink? = nil
    ) {
        self.trace = trace
        self.head = head
        self.client = client
        self.method = method
        self.protocolLabel = protocolLabel
        self.startedAt = startedAt
        self.number = number
    }
}
