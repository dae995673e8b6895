package import SpeculaHTTP

/// `ping@internal`: `OK`, for whoever balances onto this gateway; 503 before it can serve, the terminating status from the stop
/// signal on.
package struct PingService: LocalService {
    private let terminatingStatus: Int
    private let isTerminating: @Sendable () -> Bool
    private let isStarting: @Sendable () -> Bool

    /// - Parameters:
    ///   - terminatingStatus: the status while stopping (Traefik: `ping.terminatingStatusCode`, 503 by default).
    ///   - isTerminating: whether the stop signal has come; asked with every request.
    ///   - isStarting: whether routes are still to come.
    package init(
        terminatingStatus: Int = 503, isTerminating: @escaping @Sendable () -> Bool,
        isStarting: @escaping @Sendable () -> Bool = { false }
    ) {
        self.terminatingStatus = terminatingStatus
        self.isStarting = isStarting
        self.isTerminating = isTerminating
    }

    package func respond(to request: LocalRequest) async -> LocalResponse {
        let status = isTerminating() ? terminatingStatus : isStarting() ? 503 : 200
        return LocalResponse(status: status, fields: [], body: Array(Self.text(of: status).utf8))
    }

    /// Go's text of a status, `OK` and not `Ok`; empty where it has none.
    private static func text(of status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 418: "I'm a teapot"
        case 423: "Locked"
        case 425: "Too Early"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: ""
        }
    }
}
