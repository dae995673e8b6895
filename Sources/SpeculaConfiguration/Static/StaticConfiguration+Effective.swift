internal import SpeculaRouting

extension StaticConfiguration {
    /// Fills in what Traefik adds by itself and checks what decoding cannot.
    ///
    /// Nobody defines an entry point: `http` on `:80`. Something internal goes to `traefik` and nobody defines it: `:8080`.
    mutating func makeEffective(_ node: Node?) -> [Diagnostic] {
        if entryPoints.isEmpty {
            var http = EntryPointConfiguration()
            http.address = ":80"
            entryPoints["http"] = http
        }
        if needsTraefikEntryPoint, entryPoints["traefik"] == nil {
            var traefik = EntryPointConfiguration()
            traefik.address = ":8080"
            entryPoints["traefik"] = traefik
        }
        var diagnostics: [Diagnostic] = []
        for name in entryPoints.keys.sorted() { checkEntryPoint(name, Origin(node), &diagnostics) }
        checkReferences(Origin(node), &diagnostics)
        return diagnostics
    }

    private var needsTraefikEntryPoint: Bool {
        if api?.insecure == true { return true }
        if let ping, !ping.manualRouting, ping.entryPoint == "traefik" { return true }
        if let prometheus = metrics?.prometheus, !prometheus.manualRouting, prometheus.entryPoint == "traefik" {
            return true
        }
        return false
    }

    private func checkEntryPoint(_ name: String, _ origin: Origin, _ diagnostics: inout [Diagnostic]) {
        guard let entryPoint = entryPoints[name] else { return }
        let path = "entryPoints.\(name)"
        if entryPoint.address.isEmpty {
            diagnostics.append(
                Diagnostic(.error, at: origin.location("entryPoints", name), keyPath: path, "has no address"))
            return
        }
        do throws(ListenAddressText.Failure) {
            _ = try ListenAddressText(parsing: entryPoint.address)
        } catch {
            diagnostics.append(
                Diagnostic(
                    .error, at: origin.location("entryPoints", name, "address"), keyPath: "\(path).address",
                    error.message, kind: error.kind))
        }
        for (index, range) in entryPoint.forwardedHeaders.trustedIPs.enumerated()
        where (try? AddressSet([range])) == nil {
            diagnostics.append(
                Diagnostic(
                    .error, at: origin.location("entryPoints", name, "forwardedHeaders", "trustedIPs", index),
                    keyPath: "\(path).forwardedHeaders.trustedIPs[\(index)]",
                    "\"\(range)\" is no address and no CIDR range"))
        }
        if entryPoint.http.maxHeaderBytes <= 0 {
            diagnostics.append(
                Diagnostic(
                    .error, at: origin.location("entryPoints", name, "http", "maxHeaderBytes"),
                    keyPath: "\(path).http.maxHeaderBytes", "must be more than zero"))
        }
    }

    private func checkReferences(_ origin: Origin, _ diagnostics: inout [Diagnostic]) {
        func check(_ name: String, _ path: String, _ location: Location?) {
            guard entryPoints[name] == nil else { return }
            diagnostics.append(
                Diagnostic(
                    .error, at: location, keyPath: path, "there is no entry point \"\(name)\"",
                    suggestion: Spelling.nearest(to: name, in: entryPoints.keys.sorted())))
        }
        if let ping, !ping.manualRouting {
            check(ping.entryPoint, "ping.entryPoint", origin.location("ping", "entryPoint"))
        }
        if let prometheus = metrics?.prometheus, !prometheus.manualRouting {
            check(
                prometheus.entryPoint, "metrics.prometheus.entryPoint",
                origin.location("metrics", "prometheus", "entryPoint"))
        }
        checkTracing(origin, &diagnostics)
        let known = ProvidersConfiguration.defaultPrecedence
        for (index, name) in providers.precedence.enumerated() where !known.contains(ASCII.lowered(name)) {
            diagnostics.append(
                Diagnostic(
                    .error, at: origin.location("providers", "precedence", index),
                    keyPath: "providers.precedence[\(index)]", "unknown provider \"\(name)\"",
                    suggestion: Spelling.nearest(to: name, in: known)))
        }
    }

    private func checkTracing(_ origin: Origin, _ diagnostics: inout [Diagnostic]) {
        guard let endpoint = tracing?.otlp.http.endpoint else { return }
        let scheme = endpoint.split(separator: "://", maxSplits: 1).first.map { ASCII.lowered(String($0)) }
        if scheme == "http" && endpoint.utf8.count > 7 || scheme == "https" && endpoint.utf8.count > 8 { return }
        let message = "expected https://host:port/path or http://host:port/path, found \"\(endpoint)\""
        diagnostics.append(
            Diagnostic(
                .error,
                at: origin.location("tracing", "otlp", "http", "endpoint") ?? origin.location("tracing"),
                keyPath: "tracing.otlp.http.endpoint", message))
    }
}
