/// One case of `Tests/Conformance/cases`: a configuration, servers, and steps with what is expected of each.
package struct ConformanceCase: Sendable {
    /// `theme/name`.
    package var name: String
    package var about = ""
    /// The static configuration, ports still as `{web}`.
    package var settings = ""
    /// The dynamic configuration; `nil` writes no file.
    package var routes: String?
    /// Upstream servers to start, by name.
    package var servers = ["p"]
    /// Names that get a free port on which nobody listens.
    package var idlePorts: [String] = []
    /// More files, by path within the case's folder.
    package var files: [(path: String, text: String)] = []
    /// Certificates to make, `NAME.crt` and `NAME.key` for a host name.
    package var certificates: [(name: String, host: String)] = []
    package var environment: [String: String] = [:]
    /// `yml` or `toml`.
    package var format = "yml"
    /// Whether to wait for `/ping` alone: no route is expected from the file provider.
    package var waitsForPing = false
    /// Whether the gateway is expected to refuse to start.
    package var exits = false
    /// Whether copies are waited for after each request.
    package var settles = false
    package var steps: [ConformanceStep] = []

    /// What stands before the first slash of the name.
    package var theme: String { String(name.prefix { $0 != "/" }) }
}

/// Something done to a gateway, and the lines that tell what came of it.
package struct ConformanceStep: Sendable {
    package enum Action: Sendable {
        /// Bytes on a connection of their own (placeholders unfilled); `nil` after the last part.
        case send(parts: [String])
        /// One request, again and again on one connection; `{i}` counts from 1.
        case burst(count: Int, request: String)
        case metrics
        /// The new lines of `{dir}/access.log`.
        case access
        case write(name: String, text: String)
        case sleep(seconds: Double)
        /// Until a scrape has this line (`NAME{LABELS} VALUE` without `traefik_`).
        case until(series: String)
        case signal(number: Int32)
        case exit
    }
    package var action: Action
    package var about = ""
    /// `key=value` words of the step's `!` line.
    package var options: [String: String] = [:]
    /// What Traefik did.
    package var traefik: [String] = []
    /// What Specula does: the same, but for differences that are meant.
    package var specula: [String] = []
    /// Why the two differ.
    package var reason: String?
    /// Where the step begins in its file.
    package var line = 0
}
