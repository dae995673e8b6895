package import SpeculaHTTP
internal import SpeculaRouting
package import SpeculaTracing

/// What spans tell of a request and of the server that it goes to, taken from where it stands anyway.
extension SpanRecorder {
    /// The span of a request to a server; the caller adds what it knows beside, and ends it.
    package func begin(_ span: FinishedSpan, of head: RequestHead, to seat: ServerSeat) {
        log.begin(span)
        log.add(.server, seat.plan.isTLS ? "https://" : "http://", seat.plan.authority)
        addRequest(head, pathPrefix: seat.plan.pathPrefix)
    }

    /// Method, target, agent, and the fields that are to be captured.
    package func addRequest(_ head: RequestHead, pathPrefix: String = "") {
        head.withMethodBytes { log.add(.method, $0) }
        head.withPath { log.add(.path, pathPrefix, $0) }
        head.withQuery { query in if query.count > 0 { log.add(.query, query) } }
        if let index = head.first(.userAgent) { head.withValue(of: index) { log.add(.userAgent, $0) } }
        for name in options.requestHeaders.indices {
            let field = options.requestHeaders[name]
            _ = head.anyField(named: field.span) { value in
                log.add(.requestHeader, name: name, value)
                return false
            }
        }
    }

    /// The fields of a response that are to be captured.
    package func addResponse(_ head: ResponseHead) {
        for name in options.responseHeaders.indices {
            let field = options.responseHeaders[name]
            _ = head.anyField(named: field.span) { value in
                log.add(.responseHeader, name: name, value)
                return false
            }
        }
    }
}
