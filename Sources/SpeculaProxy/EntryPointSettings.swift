package import SpeculaHTTP
package import SpeculaIO
package import SpeculaRouting

/// How one entry point listens and treats its clients. (Traefik: entryPoints)
package struct EntryPointSettings: Sendable {
    package var name: String
    package var address: ListenAddress
    /// Other processes may listen on the same port too.
    ///
    /// Default false.
    package var reusePort = false
    /// The whole request, head and body; default 60 s, zero: none.
    package var readTimeout: Duration = .seconds(60)
    /// The head of a request alone; default zero: `readTimeout` counts for it.
    package var headReadTimeout: Duration = .zero
    /// From the request's end to the response's; default zero: none.
    package var writeTimeout: Duration = .zero
    /// Between two requests of a connection; default 180 s, zero: none.
    package var idleTimeout: Duration = .seconds(180)
    /// How long new requests are still taken after the stop signal.
    ///
    /// Default 0.
    package var requestAcceptGraceTimeout: Duration = .zero
    /// Then, how long requests under way may take.
    ///
    /// Default 10 s.
    package var graceTimeout: Duration = .seconds(10)
    /// After it a connection is closed with the next response; zero (default): never.
    package var keepAliveMaxTime: Duration = .zero
    /// After so many a connection is closed; zero (default): never.
    package var keepAliveMaxRequests = 0
    package var headLimits = HeadLimits()
    package var targetPolicy = TargetPolicy()
    /// Whose forwarded fields are believed.
    package var trustsEveryone = false
    package var trustedAddresses: AddressSet?
    /// `X-Forwarded-For` gets the client's address.
    ///
    /// Default true.
    package var appendsForwardedFor = true
    /// `X-Forwarded-Scheme` and `X-Scheme` are written.
    ///
    /// Default false.
    package var addsSchemeFields = false
    /// How many spans a request makes that no router takes.
    package var tracing = RouterPlan.TraceVerbosity.minimal
    /// Requests that no router takes have a line in the access log.
    ///
    /// Default true.
    package var recordsAccessLog = true

    package init(name: String, address: ListenAddress) {
        self.name = name
        self.address = address
    }
}
