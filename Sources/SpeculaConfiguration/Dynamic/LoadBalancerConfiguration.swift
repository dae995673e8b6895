/// `loadBalancer`: servers, and how one of them is chosen.
package struct LoadBalancerConfiguration: ConfigurationSection {
    package var sticky: StickyConfiguration?
    package var servers: [ServerConfiguration] = []
    package var strategy = "wrr"
    package var healthCheck: HealthCheckConfiguration?
    package var passiveHealthCheck: PassiveHealthCheckConfiguration?
    package var passHostHeader: Bool? = true
    package var responseForwarding = ResponseForwarding()
    package var serversTransport = ""

    package init() {}

    package static let schema = Schema<Self>(
        Field("sticky", \.sticky, "Keeps a client at one server, by a cookie."),
        Field("servers", \.servers, "The servers."),
        Field("strategy", \.strategy, "How a server is chosen: `wrr`, `p2c`, `hrw` or `leasttime`."),
        Field("healthCheck", \.healthCheck, "Asks the servers regularly whether they are well."),
        Field("passiveHealthCheck", \.passiveHealthCheck, "Watches how servers answer."),
        Field("passHostHeader", \.passHostHeader, "Sends the client's `Host`, not the server's."),
        Field("responseForwarding", \.responseForwarding, "When response bytes are sent on."),
        Field("serversTransport", \.serversTransport, "How the servers are connected to. Default `default@internal`.")
    )

    /// `loadBalancer.responseForwarding`.
    package struct ResponseForwarding: ConfigurationSection {
        /// Negative: after each write.
        package var flushInterval = Duration.milliseconds(100)

        package init() {}

        package static let schema = Schema<Self>(
            Field("flushInterval", \.flushInterval, "Longest time bytes wait; negative: they never wait.")
        )
    }
}

/// `loadBalancer.servers[]`.
package struct ServerConfiguration: ConfigurationSection {
    package var url = ""
    /// Nil: 1.
    ///
    /// Zero or less: never chosen.
    package var weight: Int?
    package var preservePath = false
    package var fenced = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("url", \.url, "`http://host:port`; the path counts only with `preservePath`."),
        Field("weight", \.weight, "Its share. Default 1; 0: never chosen."),
        Field("preservePath", \.preservePath, "Puts the URL's path before the request's."),
        Field("fenced", \.fenced, "Only clients that hold its cookie are sent there.")
    )
}

/// `sticky`.
package struct StickyConfiguration: ConfigurationSection {
    package var cookie: Cookie?

    package init() {}

    package static let schema = Schema<Self>(
        Field("cookie", \.cookie, "The cookie.")
    )

    /// `sticky.cookie`.
    package struct Cookie: ConfigurationSection {
        package enum SameSite: String, Word {
            case unset = ""
            case none, lax, strict
        }

        /// Empty: made of the service's name.
        package var name = ""
        package var secure = false
        package var httpOnly = false
        package var sameSite = SameSite.unset
        /// Seconds; 0: a session cookie; negative: deleted at once.
        package var maxAge = 0
        package var path: String? = "/"
        package var domain = ""

        package init() {}

        package static let schema = Schema<Self>(
            canStandAlone: true,
            Field("name", \.name, "Its name. Default: made of the service's name."),
            Field("secure", \.secure, "`Secure`."),
            Field("httpOnly", \.httpOnly, "`HttpOnly`."),
            Field("sameSite", \.sameSite, "`SameSite`."),
            Field("maxAge", \.maxAge, "`Max-Age` in seconds; 0: until the browser closes."),
            Field("path", \.path, "`Path`."),
            Field("domain", \.domain, "`Domain`.")
        )
    }
}

/// `loadBalancer.healthCheck`.
package struct HealthCheckConfiguration: ConfigurationSection {
    package enum Mode: String, Word { case http, grpc }

    package var scheme = ""
    package var mode = Mode.http
    package var path = ""
    package var method = ""
    package var status = 0
    package var port = 0
    package var interval: Duration? = .seconds(30)
    /// Nil: `interval`.
    package var unhealthyInterval: Duration?
    package var timeout: Duration? = .seconds(5)
    package var hostname = ""
    package var followRedirects: Bool? = true
    package var headers: [String: String] = [:]

    package init() {}

    package static let schema = Schema<Self>(
        Field("scheme", \.scheme, "`http` or `https` instead of the server's."),
        Field("mode", \.mode, "How servers are asked."),
        Field("path", \.path, "What is asked for."),
        Field("method", \.method, "The method. Default `GET`."),
        Field("status", \.status, "The answer of a server that is well; 0: any of 200 to 399."),
        Field("port", \.port, "The port instead of the server's."),
        Field("interval", \.interval, "Time between two questions; the first comes after one."),
        Field("unhealthyInterval", \.unhealthyInterval, "The same for a server that is not well. Default `interval`."),
        Field("timeout", \.timeout, "Time for an answer."),
        Field("hostname", \.hostname, "The `Host` instead of the server's."),
        Field("followRedirects", \.followRedirects, "Follows redirects."),
        Field("headers", \.headers, "Fields that are sent.")
    )
}

/// `loadBalancer.passiveHealthCheck`.
package struct PassiveHealthCheckConfiguration: ConfigurationSection {
    package var failureWindow: Duration? = .seconds(10)
    package var maxFailedAttempts = 1

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("failureWindow", \.failureWindow, "The time in which failures are counted, and a server rests."),
        Field("maxFailedAttempts", \.maxFailedAttempts, "Failures that make a server rest.")
    )
}
