internal import SpeculaHTTP
internal import SpeculaIO
package import SpeculaMetrics
package import SpeculaRouting
package import SpeculaUpstream

/// The mirrors of every mirroring service of one snapshot, found once, off the loops; shared by all workers.
package final class MirrorDirectory: Sendable {
    /// By the place of the service in the snapshot; nil where a service does not mirror.
    private let sets: [MirrorSet?]

    /// Finds or makes the states and tickets of all mirrors of `snapshot`.
    package init(snapshot: Snapshot, tickets: TicketBook, book: MirrorBook) {
        var sets: [MirrorSet?] = Array(repeating: nil, count: snapshot.services.count)
        for (index, service) in snapshot.services.enumerated() {
            guard case .mirroring(let plan) = service.kind else { continue }
            let primary = snapshot.services[Int(plan.primary.value)].name
            var seen: [String: Int] = [:]
            let mirrors = plan.mirrors.map { mirror in
                let occurrence = (seen[mirror.name] ?? 0) + 1
                seen[mirror.name] = occurrence
                // The same mirror twice in one list gets two labels, so that each keeps a balanced book.
                let label = occurrence == 1 ? mirror.name : "\(mirror.name)#\(occurrence)"
                let draws = mirror.ratioMillionths > 0 && mirror.ratioMillionths < 1_000_000
                let name = "\(service.name) \(label)"
                let comparison = mirror.options.comparison.map { plan in
                    MirrorComparison(
                        plan, maxResponseBytes: mirror.maxResponseBytes, ticket: tickets.ticket("\(name) compared"))
                }
                let isApart = !mirror.methods.isEmpty || mirror.options.sampleKey != .counter
                return Mirror(
                    service: service.name, plan: mirror, label: label,
                    state: book.state(service: service.name, primary: primary, mirror: label, plan: mirror),
                    ownTicket: draws && isApart ? tickets.ticket(name) : nil, comparison: comparison,
                    mark: Self.mark(of: label, behind: service.name, mirror.service, in: snapshot, book.ownPorts))
            }
            sets[index] = MirrorSet(
                service: service.name, plan: plan, ticket: tickets.ticket(service.name), mirrors: mirrors)
        }
        self.sets = sets
    }

    /// The word by which a copy that comes back to its own mirror is known, the same on every replica: the names and the servers
    /// that they stand for, so that another cluster's mirror of the same names is another.
    ///
    /// Empty where no server has a port of the gateway's own: its copies do not come straight back, and go out as the primary's
    /// request. A way back through another gateway is not seen; limits bound it.
    private static func mark(
        of mirror: String, behind service: String, _ target: ServiceIndex?, in snapshot: Snapshot,
        _ ownPorts: Set<UInt16>
    ) -> [UInt8] {
        let servers = servers(of: target, in: snapshot)
        guard servers.contains(where: { ownPorts.contains($0.port) }) else { return [] }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in [service, mirror] + Set(servers.map(\.url)).sorted() {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 10) &* 0x100_0000_01b3
        }
        let digits = Array(String(hash, radix: 16).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: 16 - digits.count) + digits
    }

    /// All servers that a service may choose.
    private static func servers(of service: ServiceIndex?, in snapshot: Snapshot) -> [ServerPlan] {
        var servers: [ServerPlan] = []
        var seen: Set<ServiceIndex> = []
        var work = service.map { [$0] } ?? []
        while let next = work.popLast() {
            guard seen.insert(next).inserted else { continue }
            switch snapshot.services[Int(next.value)].kind {
            case .loadBalancer(let plan): servers += plan.servers
            case .weighted(let plan), .highestRandomWeight(let plan): work += plan.children.map(\.service)
            case .mirroring(let plan): work.append(plan.primary)
            case .failover(let plan): work += [plan.service, plan.fallback]
            case .local: break
            }
        }
        return servers
    }

    /// The series of every mirror in force.
    package var scopes: Set<MirrorScope> { Set(all.flatMap { $0.mirrors.map(\.state.scope) }) }

    /// Every mirroring service's mirrors.
    internal var all: [MirrorSet] { sets.compactMap { $0 } }

    internal func set(of service: ServiceIndex) -> MirrorSet? { sets[Int(service.value)] }
}

/// One mirroring service with its mirrors.
internal final class MirrorSet: Sendable {
    let service: String
    let plan: MirroringPlan
    let ticket: Ticket
    let mirrors: [Mirror]

    init(service: String, plan: MirroringPlan, ticket: Ticket, mirrors: [Mirror]) {
        self.service = service
        self.plan = plan
        self.ticket = ticket
        self.mirrors = mirrors
    }
}

/// One mirror of a mirroring service.
internal final class Mirror: Sendable {
    /// The mirroring service.
    let service: String
    let plan: MirrorPlan
    /// The time of a copy; counted out once, since a `Duration` holds more than a word.
    let timeoutNanoseconds: UInt64
    /// The label `mirror`.
    let label: String
    let state: MirrorState
    /// A mirror with filters of its own draws tickets of its own, so that its share is exact among the requests it may get.
    let ownTicket: Ticket?
    let methods: [[UInt8]]
    /// What its copies carry in `X-Specula-Mirrored`, so that one that comes back is not copied again; empty where none comes straight back.
    let mark: [UInt8]
    /// Nil: its answers are thrown away unseen.
    let comparison: MirrorComparison?
    /// What its copies have that the primary's request has not, and the other way round; nil where they are alike.
    let edits: FieldEdits?

    init(
        service: String, plan: MirrorPlan, label: String, state: MirrorState, ownTicket: Ticket?,
        comparison: MirrorComparison?, mark: [UInt8]
    ) {
        self.comparison = comparison
        self.service = service
        self.plan = plan
        timeoutNanoseconds = UInt64(max(0, plan.timeout.wholeNanoseconds))
        self.label = label
        self.state = state
        self.ownTicket = ownTicket
        methods = plan.methods.map { Array($0.utf8) }
        self.mark = mark
        let options = plan.options
        edits =
            mark.isEmpty && options.removedFields.isEmpty && options.setFields.isEmpty
            ? nil
            : FieldEdits(
                removed: options.removedFields, set: options.setFields,
                added: mark.isEmpty ? [] : [("X-Specula-Mirrored", String(decoding: mark, as: UTF8.self))])
    }

    func takesMethod(of bytes: Span<UInt8>) -> Bool {
        if methods.isEmpty { return true }
        for method in methods where method.count == bytes.count {
            var same = true
            for place in method.indices where method[place] != bytes[place] { same = false }
            if same { return true }
        }
        return false
    }
}
