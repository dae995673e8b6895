internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaRouting
internal import SpeculaUpstream

/// What an exchange remembers for its line in the access log; nothing while there is none.
internal struct AccessNotes {
    /// The request's number, from 1; zero: it leaves no line.
    var number: UInt64 = 0
    var originStartedAt: Instant?
    var retries = 0
    var responseFields = ResponseFieldTexts()

    mutating func forget() {
        guard number != 0 else { return }
        number = 0
        originStartedAt = nil
        retries = 0
        responseFields.removeAll()
    }
}

extension Exchange {
    /// Takes a number, unless the router (where there is none: the entry point) keeps out of the access log.
    func enter(_ log: AccessLog, _ router: RouterPlan?, at entryPoint: EntryPointRuntime) {
        if let router {
            guard router.recordsAccessLog, !router.isInternal || log.options.addsInternals else { return }
        } else {
            guard entryPoint.settings.recordsAccessLog else { return }
        }
        access.number = log.shared.nextNumber()
    }

    /// A server is asked from now on.
    func noteOriginStart() {
        guard access.number != 0 else { return }
        access.originStartedAt = worker.currentTime()
    }

    func noteFields(of head: ResponseHead) {
        guard access.number != 0, let log = worker.accessLog, !log.options.headers.dropsAll else { return }
        access.responseFields.take(head, log.options.headers)
    }

    func noteFields(of response: SyntheticResponse) {
        guard access.number != 0, let log = worker.accessLog, !log.options.headers.dropsAll else { return }
        access.responseFields.take(response, log.options.headers)
    }

    /// Writes the line of an exchange that is recorded.
    func writeAccessLine(
        _ facts: RecordFacts, _ downstream: DownstreamConnection, _ head: RequestHead, _ plan: GatewayPlan?,
        _ seat: ServerSeat?
    ) {
        guard let log = worker.accessLog else { return }
        var record = AccessRecord(
            head: head, client: downstream.origin, clientPort: downstream.peer?.port ?? 0,
            entryPoint: downstream.entryPoint.settings.name, number: access.number, status: facts.status,
            requestBytes: facts.requestBytes, responseBytes: facts.responseBytes, nanoseconds: facts.nanoseconds,
            retries: access.retries, tls: downstream.tls, responseFields: access.responseFields)
        if trace.isOn { record.trace = trace.context }
        if let plan, let router { record.router = plan.snapshot.routers[Int(router.value)].name }
        if let plan, let seat {
            record.server = seat
            record.service = plan.snapshot.services[Int(seat.service.value)].name
            let before = access.originStartedAt.map { $0.nanoseconds(since: startedAt) } ?? 0
            record.originNanoseconds = facts.nanoseconds - min(before, facts.nanoseconds)
        }
        log.write(record)
    }
}
