/// Warnings about mirrors that are allowed, but are hardly what was meant.
enum MirrorAdvice {
    /// Looks at every mirroring service of a provider's configuration.
    static func advise(_ settings: StaticConfiguration, _ dynamic: DynamicConfiguration) -> [Diagnostic] {
        let listening = settings.entryPoints.compactMapValues { try? ListenAddressText(parsing: $0.address) }
        var diagnostics: [Diagnostic] = []
        for (name, service) in dynamic.http.services.sorted(by: { $0.key < $1.key }) {
            guard let mirroring = service.mirroring else { continue }
            func warn(_ message: String, _ path: any PathStep...) {
                let path = ["mirroring"] + path
                diagnostics.append(
                    Diagnostic(
                        .warning, at: service.origin.location(path),
                        keyPath: service.origin.keyPath(path, default: "http.services.\(name).\(path.text)"), message))
            }
            if mirroring.mirrors.isEmpty { warn("there are no mirrors", "mirrors") }
            if mirroring.mirrorBody ?? true, (mirroring.maxBodySize ?? -1) < 0, !mirroring.mirrors.isEmpty {
                warn("bodies of any size are copied: maxBodySize is not limited", "maxBodySize")
            }
            let primary = servers(of: mirroring.service, dynamic)
            for (number, mirror) in mirroring.mirrors.enumerated() {
                if mirror.percent.millionths == 0 {
                    warn(
                        "the mirror \"\(mirror.name)\" never receives anything: percent is 0", "mirrors", number,
                        "percent")
                }
                let mirrors = servers(of: mirror.name, dynamic)
                if !mirrors.isDisjoint(with: primary) {
                    warn(
                        "the mirror \"\(mirror.name)\" is its own primary: \"\(mirroring.service)\" gets every copied request twice",
                        "mirrors", number, "name")
                }
                if let entryPoint = gateway(among: mirrors, listening) {
                    warn(
                        "the mirror \"\(mirror.name)\" points at the gateway itself: entry point \"\(entryPoint)\"",
                        "mirrors", number, "name")
                }
            }
        }
        return diagnostics
    }

    private struct Target: Hashable {
        var host: String
        var port: UInt16
    }

    /// Every server that a request for a service may reach, copies apart.
    private static func servers(of name: String, _ dynamic: DynamicConfiguration) -> Set<Target> {
        var found: Set<Target> = []
        var seen: Set<String> = []
        var work = [name]
        while let next = work.popLast() {
            let bare = next.hasSuffix("@file") ? String(next.dropLast(5)) : next
            guard seen.insert(bare).inserted, let service = dynamic.http.services[bare] else { continue }
            for server in service.loadBalancer?.servers ?? [] {
                if let url = try? ServerURL(parsing: server.url) {
                    found.insert(Target(host: url.host, port: url.port))
                }
            }
            work += service.weighted?.services.map(\.name) ?? []
            work += service.highestRandomWeight?.services.map(\.name) ?? []
            if let mirroring = service.mirroring { work.append(mirroring.service) }
            if let failover = service.failover { work += [failover.service, failover.fallback] }
        }
        return found
    }

    private static func gateway(among targets: Set<Target>, _ listening: [String: ListenAddressText]) -> String? {
        let loopback: Set<String> = ["localhost", "127.0.0.1", "::1"]
        return listening.sorted { $0.key < $1.key }.first { _, address in
            let isAnywhere = ["", "0.0.0.0", "::"].contains(address.host)
            return address.port != 0
                && targets.contains { target in
                    guard target.port == address.port else { return false }
                    if target.host == address.host { return true }
                    return loopback.contains(target.host) && (isAnywhere || loopback.contains(address.host))
                }
        }?.key
    }
}
