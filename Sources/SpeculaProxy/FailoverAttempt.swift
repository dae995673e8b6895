internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMirroring
internal import SpeculaRouting
internal import SpeculaUpstream

/// What an exchange keeps when a failover watches the first service's status: the body, to send it once more.
internal struct FailoverAttempt {
    private var plan: FailoverPlan?
    private var chooser: ServiceChooser?
    /// Of the snapshot that the request began on.
    private(set) var way: MirrorWay?
    private var body: [ByteSlice] = []
    private var bytes: Int64 = 0
    private(set) var lastStatus: UInt16 = 0

    /// The request's body is being kept for the fallback.
    var keepsBody: Bool { plan != nil }

    mutating func begin(_ failover: ServiceIndex, chooser: ServiceChooser, way: MirrorWay?) {
        guard case .failover(let plan) = chooser.directory.plan(of: failover).kind else { return }
        self.plan = plan
        self.chooser = chooser
        self.way = way
        bytes = 0
    }

    mutating func keep(_ slice: ByteSlice) {
        guard let plan else { return }
        bytes += Int64(slice.count)
        if plan.maxRequestBodyBytes >= 0, bytes > plan.maxRequestBodyBytes {
            // Too long to send twice: the first answer stands.
            end()
            return
        }
        body.append(slice)
    }

    /// Whether a status of the first service hands the request to the fallback.
    mutating func takesOver(_ status: UInt16) -> Bool {
        guard let plan else { return false }
        lastStatus = status
        return plan.errorStatuses.contains { $0.contains(Int(status)) }
    }

    /// The fallback's server; asked once.
    mutating func next(_ facts: ChoiceFacts) -> ServerSeat? {
        guard let plan, let chooser else { return nil }
        self.plan = nil
        guard case .server(let seat) = chooser.choose(plan.fallback, facts: facts) else { return nil }
        return seat
    }

    /// The mirroring services on the way to the server that `next` found.
    var mirroringPassed: [ServiceIndex] { chooser?.mirroringPassed ?? [] }

    mutating func takeBody() -> [ByteSlice] {
        let taken = body
        body = []
        return taken
    }

    mutating func end() {
        guard plan != nil || chooser != nil else { return }
        plan = nil
        chooser = nil
        way = nil
        body = []
    }
}
