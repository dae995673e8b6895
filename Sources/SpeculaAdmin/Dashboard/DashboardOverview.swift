internal import SpeculaConfiguration
internal import SpeculaMetrics

/// The document behind the dashboard page, `/api/specula/overview`: counters since the start, and how they belong.
///
/// Ours, not Traefik's. Everything that is counted only grows while the process lives (`startTime` tells one from the next),
/// so that a reader makes rates and shares of any window out of two documents.
struct DashboardOverview {
    /// Routers, and services beyond those that mirror, of those that are looked for; all are in `/api/http/…`, page by page.
    static let maxListed = 200
    /// Mirroring services, of those that are searched for: the page draws each of them and keeps a quarter of an hour.
    static let maxMirrorings = 50

    private let reading: AdminReading
    private let books: BooksReading
    private let criteria: ListCriteria

    /// Of mirroring services, those that `criteria` searches for, by their names and by what they name; of all services and
    /// routers, those that its `filter` narrows the tables to.
    init(reading: AdminReading, books: BooksReading, criteria: ListCriteria = ListCriteria(query: "")) {
        self.reading = reading
        self.books = books
        self.criteria = criteria
    }

    var value: JSONValue {
        let mirroringServices = reading.runtime.services.values.filter {
            $0.configuration?.mirroring != nil && isInForce($0)
        }
        let found = mirroringServices.filter(isSearchedFor)
        let sets = Array(found.sorted { bytewise($0.name, $1.name) }.prefix(Self.maxMirrorings))
        let (listed, routers) = (listedServices(), listedRouters())
        return [
            "time": .number(reading.process.now), "startTime": .number(reading.process.startTime),
            "version": .string(reading.process.version), "workers": .integer(Int64(reading.process.workers)),
            "name": .string(reading.settings.api?.dashboardName ?? ""),
            "configuration": [
                "generation": integer(reading.generation), "lastReload": .number(books.lastReload),
                "lastReloadSuccessful": .bool(reading.reloadErrors.isEmpty && books.lastReloadWasGood),
                "reloads": integer(books.reloads), "failures": integer(books.reloadFailures),
            ],
            "process": [
                "residentBytes": integer(books.residentBytes), "heldBytes": .number(books.copyBytes),
                "heldBytesLimit": .number(books.copyBytesLimit),
            ],
            "buckets": .array(books.bounds.map { .number($0) }),
            "entryPoints": .array(entryPoints()), "mirrorings": .array(sets.map(mirroring)),
            "mirroringServices": counts(mirroringServices.count, found.count),
            "copies": copies(of: mirroringServices),
            "services": .object(services(listed: listed, shownFor: sets)),
            "routers": .array(routers.prefix(Self.maxListed).map(router)),
            "listed": [
                "services": counts(reading.runtime.services.count, listed.count),
                "routers": counts(reading.runtime.routers.count, routers.count),
            ],
            "problems": .array(DashboardProblems(reading: reading).list),
        ]
    }

    private func isInForce(_ service: RuntimeService) -> Bool { service.status != .disabled }

    private func entryPoints() -> [JSONValue] {
        reading.settings.entryPoints.keys.sorted(by: bytewise).map { name in
            [
                "name": .string(name), "openConnections": .number(books.openConnections[name] ?? 0),
                "classes": classes(books.entryPoints[name]),
            ]
        }
    }

    // MARK: Mirrors

    private func isSearchedFor(_ service: RuntimeService) -> Bool {
        guard let configuration = service.configuration?.mirroring else { return false }
        return criteria.finds(
            in: [service.name, qualified(configuration.service, service)]
                + configuration.mirrors.map { qualified($0.name, service) } + service.usedBy)
    }

    /// Of all mirroring services, also of those that are not listed.
    private func copies(of sets: [RuntimeService]) -> JSONValue {
        var sent: UInt64 = 0
        var inFlight = 0.0
        for set in sets {
            for mirror in set.configuration?.mirroring?.mirrors ?? [] {
                let name = BooksReading.MirrorName(service: set.name, mirror: qualified(mirror.name, set))
                guard let book = books.mirrors[name] else { continue }
                sent &+= book.decisions[Int(MirrorDecision.sent.rawValue)]
                inFlight += book.inFlight
            }
        }
        return ["sent": integer(sent), "inFlight": .number(inFlight)]
    }

    private func mirroring(_ service: RuntimeService) -> JSONValue {
        guard let configuration = service.configuration?.mirroring else { return .null }
        return [
            "name": .string(service.name), "primary": .string(qualified(configuration.service, service)),
            "routers": .array(service.usedBy.map { .string($0) }),
            "mirrorBody": .bool(configuration.mirrorBody ?? true),
            "maxBodySize": .integer(configuration.maxBodySize ?? -1),
            "mirrors": .array(configuration.mirrors.map { mirror($0, of: service) }),
        ]
    }

    private func mirror(_ mirror: MirrorConfiguration, of service: RuntimeService) -> JSONValue {
        let name = qualified(mirror.name, service)
        let book = books.mirrors[BooksReading.MirrorName(service: service.name, mirror: name)]
        let decisions = MirrorDecision.allCases.map { decision in
            JSONValue.Member(decision.text.description, integer(book?.decisions[Int(decision.rawValue)] ?? 0))
        }
        let outcomes = MirrorOutcome.allCases.map { outcome in
            JSONValue.Member(outcome.text.description, integer(book?.outcomes[Int(outcome.rawValue)] ?? 0))
        }
        return [
            "name": .string(name), "asked": .number(Double(mirror.percent.millionths) / 1_000_000),
            "decisions": .object(decisions), "outcomes": .object(outcomes), "pairs": .object(pairs(book)),
            "compared": compared(book),
            "ratio": [
                "bounds": .array(books.ratioBounds.map { .number($0) }),
                "counts": .array((book?.ratios ?? []).map(integer)),
            ],
            "inFlight": .number(book?.inFlight ?? 0), "inFlightLimit": .integer(Int64(mirror.maxInFlight)),
            "heldBytes": .number(book?.heldBytes ?? 0),
        ]
    }

    /// Results of the comparisons; null where there are none.
    private func compared(_ book: BooksReading.Mirror?) -> JSONValue {
        guard let book, book.isCompared else { return .null }
        return .object(
            ComparisonResult.allCases.map { .init($0.text.description, integer(book.compared[Int($0.rawValue)])) })
    }

    /// `2xx 5xx`: the primary's class and the mirror's, of those that were seen.
    private func pairs(_ book: BooksReading.Mirror?) -> [JSONValue.Member] {
        guard let book else { return [] }
        return StatusClass.allCases.flatMap { primary in
            StatusClass.allCases.compactMap { replica in
                let count = book.pairs[Int(primary.rawValue) * StatusClass.allCases.count + Int(replica.rawValue)]
                return count == 0 ? nil : .init("\(primary.text) \(replica.text)", integer(count))
            }
        }
    }

    // MARK: Services and routers

    private func listedServices() -> [String] {
        reading.runtime.services.values.filter { criteria.isListed($0.name, $0.type ?? "") }.map(\.name)
            .sorted(by: bytewise)
    }

    private func listedRouters() -> [RuntimeRouter] {
        reading.runtime.routers.values.filter { router in
            criteria.isListed(router.name, router.configuration.rule, router.configuration.service)
        }.sorted { bytewise($0.name, $1.name) }
    }

    private func counts(_ total: Int, _ found: Int) -> JSONValue {
        ["total": .integer(Int64(total)), "found": .integer(Int64(found))]
    }

    /// Those that mirroring services name, and the first of those that are looked for.
    private func services(listed: [String], shownFor sets: [RuntimeService]) -> [JSONValue.Member] {
        let named = sets.flatMap { set in
            let configuration = set.configuration?.mirroring
            return ([configuration?.service ?? ""] + (configuration?.mirrors ?? []).map(\.name)).map {
                qualified($0, set)
            }
        }
        return Set(named).union(listed.prefix(Self.maxListed)).sorted(by: bytewise).compactMap { name in
            reading.runtime.services[name].map { .init(name, service($0)) }
        }
    }

    private func service(_ service: RuntimeService) -> JSONValue {
        let traffic = ServiceLeaves(runtime: reading.runtime).traffic(of: service.name, in: books)
        return [
            "type": .string(service.type ?? ""), "status": .string(service.status.rawValue),
            "classes": classes(traffic), "seconds": .number(Double(traffic.nanoseconds) / 1e9),
            "buckets": .array(traffic.buckets.map(integer)),
            "servers": .array(
                (service.configuration?.loadBalancer?.servers ?? []).map { server in
                    ["url": .string(server.url), "isUp": .bool(reading.isUp(server.url, of: service.name))]
                }),
        ]
    }

    private func router(_ router: RuntimeRouter) -> JSONValue {
        [
            "name": .string(router.name), "rule": .string(router.configuration.rule),
            "service": .string(router.configuration.service),
            "entryPoints": .array(router.configuration.entryPoints.map { .string($0) }),
            "status": .string(router.status.rawValue),
        ]
    }

    // MARK: Small parts

    private func classes(_ traffic: BooksReading.Traffic?) -> JSONValue {
        guard let traffic else { return .object([]) }
        return .object(
            StatusClass.allCases.compactMap { status in
                let count = traffic.classes[Int(status.rawValue)]
                return count == 0 ? nil : .init(status.text.description, integer(count))
            })
    }

    private func integer(_ number: UInt64) -> JSONValue { .integer(Int64(clamping: number)) }

    private func qualified(_ name: String, _ service: RuntimeService) -> String {
        QualifiedName.of(name, in: service.provider)
    }
}
