package import SpeculaMetrics
package import SpeculaRouting
package import SpeculaUpstream

/// The mirrors of every mirroring service of one snapshot, found once, off the loops; shared by all workers.
package final class MirrorDirectory: Sendable {
    internal let sets: [ServiceIndex: MirrorSet]

    /// Finds or makes the states and tickets of all mirrors of `snapshot`.
    package init(snapshot: Snapshot, tickets: TicketBook, book: MirrorBook) {
        var sets: [ServiceIndex: MirrorSet] = [:]
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
                return Mirror(
                    plan: mirror, label: label,
                    state: book.state(service: service.name, primary: primary, mirror: label, plan: mirror),
                    ownTicket: draws && !mirror.methods.isEmpty ? tickets.ticket("\(service.name) \(label)") : nil)
            }
            sets[ServiceIndex(index)] = MirrorSet(
                service: service.name, plan: plan, ticket: tickets.ticket(service.name), mirrors: mirrors)
        }
        self.sets = sets
    }

    /// The series of every mirror in force.
    package var scopes: Set<MirrorScope> { Set(sets.values.flatMap { $0.mirrors.map(\.state.scope) }) }

    internal func set(of service: ServiceIndex) -> MirrorSet? { sets[service] }
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
    let plan: MirrorPlan
    /// The label `mirror`.
    let label: String
    let state: MirrorState
    /// A mirror with filters of its own draws tickets of its own, so that its share is exact among the requests it may get.
    let ownTicket: Ticket?
    let methods: [[UInt8]]

    init(plan: MirrorPlan, label: String, state: MirrorState, ownTicket: Ticket?) {
        self.plan = plan
        self.label = label
        self.state = state
        self.ownTicket = ownTicket
        methods = plan.methods.map { Array($0.utf8) }
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
