internal import SpeculaConfiguration
internal import SpeculaMetrics

/// Which load balancers answer for a service: only they have series of their own, as in Traefik.
struct ServiceLeaves {
    let runtime: RuntimeConfiguration

    /// The service's traffic, or the sum of those that answer for it; copies are not among them.
    func traffic(of name: String, in books: BooksReading) -> BooksReading.Traffic {
        var seen: Set<String> = []
        var waiting = [name]
        var sum = BooksReading.Traffic(bounds: books.bounds.count)
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let service = runtime.services[next] else { continue }
            if let traffic = books.services[next] { sum.add(traffic) }
            waiting += children(of: service)
        }
        return sum
    }

    private func children(of service: RuntimeService) -> [String] {
        guard let configuration = service.configuration else { return [] }
        var names = (configuration.weighted?.services ?? []).map(\.name)
        names += (configuration.highestRandomWeight?.services ?? []).map(\.name)
        if let mirroring = configuration.mirroring { names.append(mirroring.service) }
        if let failover = configuration.failover { names += [failover.service, failover.fallback] }
        return names.map { QualifiedName.of($0, in: service.provider) }
    }
}
