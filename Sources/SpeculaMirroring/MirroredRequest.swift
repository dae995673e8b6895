package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaUpstream

/// The one parsed request that copies are written from: lent by the exchange, kept by copies that must wait.
package struct MirroredRequest {
    /// The head, and the client it came from.
    package let facts: ChoiceFacts
    package let method: MethodLabel
    package let protocolLabel: ProtocolLabel
    package let startedAt: Instant

    package var head: RequestHead { facts.head }

    package init(facts: ChoiceFacts, method: MethodLabel, protocolLabel: ProtocolLabel, startedAt: Instant) {
        self.facts = facts
        self.method = method
        self.protocolLabel = protocolLabel
        self.startedAt = startedAt
    }
}
