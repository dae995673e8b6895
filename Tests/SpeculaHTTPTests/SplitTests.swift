/// Nothing depends on how the bytes of a head were cut into pieces.
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct SplitTests {
    static let requests: [[UInt8]] = {
        let heads = SmugglingTests.heads.map { "POST /a HTTP/1.1\r\nHost: a\r\n\($0.0)\r\n\r\n0\r\n\r\n" }
        let lines = [
            "GET /a?b HTTP/1.1", "G\u{e9}T / HTTP/1.1", "GET /a HTTP/1", "GET  / HTTP/1.1", "OPTIONS * HTTP/1.1",
            "GET http://a/b?c HTTP/1.1", "PURGE /%41//.. HTTP/1.0", "GET /a HTTP/3.0", "",
        ].map { "\($0)\r\nHost: a\r\nConnection: x , close\r\nX:\r\nx-y: \t z \r\n\r\nrest" }
        return (heads + lines).map(latin)
    }()

    /// All that a client of the head can see, as one text.
    private func facts(_ head: RequestHead) -> String {
        let fields = (0..<head.count).map { index in
            "\(head[index].known) " + head.withName(of: index) { text($0) } + "="
                + head.withValue(of: index) { text($0) }
        }
        return "\(head.method) \(head.version) \(head.targetForm) \(head.framing) \(head.keepAlive) "
            + head.withTarget { text($0) } + " " + head.withPath { text($0) } + " \(fields) "
            + text(upstreamHead(head))
    }

    private func outcome(_ bytes: [UInt8], cuts: [Int], limits: HeadLimits = HeadLimits()) -> String {
        let head = RequestHead()
        let parsed = parse(bytes, into: head, limits: limits, cuts: cuts)
        guard case .complete = parsed else { return "\(parsed)" }
        if let refusal = head.prepareTarget(TargetPolicy()) { return "\(refusal)" }
        return "\(parsed) " + facts(head)
    }

    @Test(arguments: requests.indices)
    func anySplitOfARequestGivesTheSame(index: Int) {
        let bytes = Self.requests[index]
        let whole = outcome(bytes, cuts: [])
        for cut in 0...bytes.count { #expect(outcome(bytes, cuts: [cut]) == whole) }
        #expect(outcome(bytes, cuts: Array(0..<bytes.count)) == whole)
        for limit in 1...bytes.count {
            let limits = HeadLimits(maxBytes: limit)
            let limited = outcome(bytes, cuts: [], limits: limits)
            #expect(outcome(bytes, cuts: Array(0..<bytes.count), limits: limits) == limited)
            #expect(outcome(bytes, cuts: [limit], limits: limits) == limited)
        }
    }

    @Test func anySplitOfAResponseGivesTheSame() {
        let responses = [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX : 1\r\n\r\nhello", "HTTP/1.1 200\nA: b\nC:d\n\nrest",
            "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 OK\rX\r\n\r\n",
        ].map(latin)
        for bytes in responses {
            func outcome(_ cuts: [Int]) -> String {
                let head = ResponseHead()
                let step = parseResponse(bytes, into: head, cuts: cuts)
                return "\(step) \(head.status) \(head.framing) \(head.count)"
            }
            let whole = outcome([])
            for cut in 0...bytes.count { #expect(outcome([cut]) == whole) }
            #expect(outcome(Array(0..<bytes.count)) == whole)
        }
    }

    /// A head of a million bytes, fed one by one, takes a moment and not an hour.
    @Test(.timeLimit(.minutes(5))) func bytesOneByOneTakeLinearTime() {
        let bytes =
            latin("GET / HTTP/1.1\r\nHost: a\r\nX: ") + [UInt8](repeating: 0x76, count: 1_000_000) + latin("\r\n\r\n")
        let head = RequestHead()
        #expect(parse(bytes, into: head, cuts: Array(0..<bytes.count)) == .complete(consumed: bytes.count))
    }
}
