internal import SpeculaHTTP
internal import SpeculaProxy
internal import Synchronization

/// The services of Specula's own, by the name that routers use.
///
/// Filled once they can be made, asked by the workers.
internal final class LocalServices: Sendable {
    private let services = Mutex<[String: any LocalService]>([:])

    func set(_ services: [String: any LocalService]) { self.services.withLock { $0 = services } }

    /// Answers off the loops, each request in a task of its own.
    func runner() -> LocalServiceRunner {
        { [self] name, request, reply in
            guard let service = services.withLock({ $0[name] }) else {
                reply(nil)
                return
            }
            // Lives as long as one request to the admin side; the worker forgets it when the client leaves.
            Task { reply(await service.respond(to: request)) }
        }
    }
}

/// `noop@internal`: answers 418, as Traefik's.
internal struct NoopService: LocalService {
    func respond(to request: LocalRequest) async -> LocalResponse {
        LocalResponse(
            status: 418, fields: [("Content-Type", "text/plain; charset=utf-8")], body: Array("I'm a teapot".utf8))
    }
}
