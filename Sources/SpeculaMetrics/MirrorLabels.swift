/// The label values of the books: every request of a mirroring service gets one decision per mirror, every copy one outcome.

/// What was decided about one request and one mirror; the case is the label.
package enum MirrorDecision: UInt8, CaseIterable, Sendable {
    /// A copy was sent.
    case sent
    /// The percentage or the sampling key left it out.
    case notSampled
    /// The mirror does not take this method.
    case method
    /// A condition of the mirror does not hold; reserved, nothing decides so yet.
    case condition
    /// The body is over `maxBodySize`.
    case bodyTooLarge
    /// The request asks for another protocol, which cannot be copied.
    case upgrade
    /// The request is a copy already, or comes from this gateway.
    case loop
    /// As many copies are in flight to this mirror as may be.
    case inFlightLimit
    /// The bytes held for copies are at their limit.
    case byteLimit
    /// The mirror's rate is used up.
    case rateLimited
    /// The mirror's circuit breaker is open; reserved, nothing decides so yet.
    case breakerOpen
    /// Production is in trouble and copies are held back; reserved, nothing decides so yet.
    case brownout
    /// The mirror is switched off; reserved, nothing decides so yet.
    case disabled
    /// The mirror names a service that does not exist.
    case missingService
    /// The client left before the request was whole.
    case clientGone
    /// The gateway is stopping.
    case shutdown

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .sent: "sent"
        case .notSampled: "not_sampled"
        case .method: "method"
        case .condition: "condition"
        case .bodyTooLarge: "body_too_large"
        case .upgrade: "upgrade"
        case .loop: "loop"
        case .inFlightLimit: "in_flight_limit"
        case .byteLimit: "byte_limit"
        case .rateLimited: "rate_limited"
        case .breakerOpen: "breaker_open"
        case .brownout: "brownout"
        case .disabled: "disabled"
        case .missingService: "missing_service"
        case .clientGone: "client_gone"
        case .shutdown: "shutdown"
        }
    }
}

/// How a copy that was sent ended; the case is the label.
package enum MirrorOutcome: UInt8, CaseIterable, Sendable {
    /// The mirror answered, and its whole response was drained.
    case complete
    /// No connection could be made.
    case connectError
    /// The TLS handshake failed.
    case tlsError
    /// The copy took longer than it may.
    case timeout
    /// The mirror closed or reset the connection before its response was whole.
    case reset
    /// The mirror's answer was not HTTP.
    case protocolError
    /// The response was longer than is drained.
    case responseTooLarge
    /// The mirror took the copy's body too slowly, so that too much of it was held.
    case slowReader
    /// The client left in the middle of its body: the copy was reset.
    case clientGone
    /// The gateway stopped.
    case shutdown

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .complete: "complete"
        case .connectError: "connect_error"
        case .tlsError: "tls_error"
        case .timeout: "timeout"
        case .reset: "reset"
        case .protocolError: "protocol_error"
        case .responseTooLarge: "response_too_large"
        case .slowReader: "slow_reader"
        case .clientGone: "client_gone"
        case .shutdown: "shutdown"
        }
    }
}

/// What came of holding a mirror's answer against the primary's; the case is the label, and of several the worst is told.
package enum ComparisonResult: UInt8, CaseIterable, Sendable {
    /// Nothing that was compared differs.
    case match
    /// The statuses differ.
    case statusMismatch
    /// The statuses agree, fields that were asked for differ.
    case headerMismatch
    /// The bodies differ in length.
    case lengthMismatch
    /// The bodies differ otherwise.
    case bodyMismatch
    /// Nothing differs, but the bodies could not be compared: there is none, it is encoded, too long, or no JSON.
    case skipped
    /// One of the two answers did not come, or not whole.
    case unpaired

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .match: "match"
        case .statusMismatch: "status_mismatch"
        case .headerMismatch: "header_mismatch"
        case .lengthMismatch: "length_mismatch"
        case .bodyMismatch: "body_mismatch"
        case .skipped: "skipped"
        case .unpaired: "unpaired"
        }
    }
}

/// One side of a status pair: the class of a status, or that there was none.
package enum StatusClass: UInt8, CaseIterable, Sendable {
    case informational, successful, redirection, clientError, serverError
    /// No response: refused, reset, garbage.
    case error
    /// No response in time.
    case timeout

    /// The class of an HTTP status; a number that is none counts as `error`. (RFC 9110, 15)
    package init(status: UInt16) {
        switch status {
        case 100...199: self = .informational
        case 200...299: self = .successful
        case 300...399: self = .redirection
        case 400...499: self = .clientError
        case 500...599: self = .serverError
        default: self = .error
        }
    }

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .informational: "1xx"
        case .successful: "2xx"
        case .redirection: "3xx"
        case .clientError: "4xx"
        case .serverError: "5xx"
        case .error: "error"
        case .timeout: "timeout"
        }
    }
}
