package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaUpstream

/// The one parsed request that copies are written from: lent by the exchange, kept by copies that must wait.
package struct MirroredRequest {
    package let head: RequestHead
    /// The forwarded fields of the client's request; authority and path prefix are each leg's own.
    package let forward: ForwardContext
    package let facts: ChoiceFacts
    package let method: MethodLabel
    package let protocolLabel: ProtocolLabel
    package let startedAt: Instant

    package init(
        head: RequestHead, forward: ForwardContext, facts: ChoiceFacts, method: MethodLabel,
        protocolLabel: ProtocolLabel, startedAt: Instant
    ) {
        self.head = head
        self.forward = forward
        self.facts = facts
        self.method = method
        self.protocolLabel = protocolLabel
        self.startedAt = startedAt
    }
}
