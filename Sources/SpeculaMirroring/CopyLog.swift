package import SpeculaMetrics

extension MirrorDecision {
    /// A copy was sent, or due and refused; a request that the mirror's share, methods or conditions leave out has none.
    package var isOfACopy: Bool {
        switch self {
        case .notSampled, .method, .condition, .disabled: false
        case .sent, .bodyTooLarge, .upgrade, .loop, .inFlightLimit, .byteLimit, .rateLimited, .breakerOpen, .brownout,
            .missingService, .clientGone, .shutdown:
            true
        }
    }
}

/// What one copy leaves for the access log: the one that was sent, or the one that was due and refused.
package struct CopyFacts {
    /// The mirroring service.
    package let service: String
    /// The label `mirror`.
    package let mirror: String
    package let decision: MirrorDecision
    /// Nil: it was not sent.
    package var outcome: MirrorOutcome?
    /// The server that it went to.
    package var serverURL: String?
    /// What the mirror answered; zero: nothing.
    package var status: UInt16 = 0
    /// From the request's begin to the copy's end.
    package var nanoseconds: UInt64 = 0
    package var responseBytes: UInt64 = 0
    package var requestBytes: UInt64 = 0
    /// What the client got.
    package var primaryStatus: UInt16 = 0
    /// What came of holding its answer against the primary's; nil: that is not done.
    package var compared: ComparisonResult?

    package init(service: String, mirror: String, decision: MirrorDecision) {
        self.service = service
        self.mirror = mirror
        self.decision = decision
    }
}

/// Is told of copies, once the copy and its request are over and, where the two answers are compared, the result is known; on
/// the worker's loop.
package protocol CopyLog: AnyObject {
    func copyEnded(_ copy: CopyFacts, of request: MirroredRequest)
}
