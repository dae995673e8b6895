/// Which servers are up, as their health checks found.
///
/// Guarded by a lock of its own, which no scrape holds for long: workers report here.
struct ServerBooks {
    private struct Key: Hashable {
        let service: String
        let url: String
    }

    private var isUp: [Key: Bool] = [:]
    /// Servers that leave with the next scrape.
    private var leaving: Set<Key> = []

    mutating func set(service: String, url: String, isUp: Bool) { self.isUp[Key(service: service, url: url)] = isUp }

    mutating func setInForce(_ servers: [String: Set<String>]) {
        leaving = Set(isUp.keys.filter { servers[$0.service]?.contains($0.url) != true })
    }

    /// All servers; with `isRetiring` those that left are gone afterwards.
    mutating func read(isRetiring: Bool) -> [(service: String, url: String, isUp: Bool)] {
        let servers = isUp.map { (service: $0.key.service, url: $0.key.url, isUp: $0.value) }
        if isRetiring {
            for key in leaving { isUp[key] = nil }
            leaving = []
        }
        return servers
    }
}
