import SpeculaHTTP
import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import Testing

/// Mirrors whose answers are held against the primary's: one result a pair, and nothing of it that a client could notice.
@Suite(.timeLimit(.minutes(10)))
struct ComparisonTests {
    /// What both sides answer to one request.
    struct Pair {
        var method = "GET"
        var body = Ask.Body.none
        var primary: [PeerStep]
        var mirror: [PeerStep]

        init(_ primary: [UInt8], _ mirror: [UInt8]) {
            self.primary = [.send(primary)]
            self.mirror = [.send(mirror)]
        }
    }

    private static func json(_ body: String, status: String = "200 OK", _ fields: String...) -> [UInt8] {
        HTTPPeer.response(status: status, fields: ["Content-Type: application/json"] + fields, body: body)
    }

    private static func plain(_ body: String, status: String = "200 OK", _ fields: String...) -> [UInt8] {
        HTTPPeer.response(status: status, fields: fields, body: body)
    }

    private struct Seen: Equatable {
        let bytes: [UInt8]
        let arrivals: [PeerArrival]
    }

    /// Answers the n-th request as the n-th pair says.
    private static func script(_ pairs: [Pair], _ side: KeyPath<Pair, [PeerStep]>) -> [PeerStep] {
        [
            .forever([
                .receiveMessage(length: { Bytes.headEnd($0) == nil ? nil : 0 }),
                .then { peer in
                    let number = Ask(head: peer.unconsumed)?.id ?? 1
                    return [.receiveMessage(length: HTTPPeer.messageLength)] + pairs[number - 1][keyPath: side]
                },
            ])
        ]
    }

    /// Plays the pairs one after the other, and once more without the comparison: the client must see the same.
    private func play(
        _ plan: MirrorComparisonPlan, workers: Int = 1, budgetBytes: Int = 64 << 20, isNested: Bool = false,
        _ pairs: [Pair]
    ) throws -> [ComparisonResult: UInt64] {
        let (counts, seen) = try playOnce(plan, workers, budgetBytes, isNested, pairs)
        let (none, without) = try playOnce(nil, workers, budgetBytes, isNested, pairs)
        #expect(none.isEmpty)
        #expect(seen == without)
        return counts
    }

    private func playOnce(
        _ plan: MirrorComparisonPlan?, _ workers: Int, _ budgetBytes: Int, _ isNested: Bool, _ pairs: [Pair],
        log: LogLines? = nil
    ) throws -> ([ComparisonResult: UInt64], Seen) {
        let world = SimulatedWorld(seed: 23)
        world.turnNanoseconds = 0
        let harness = try Harness(world: world, workers: workers, budgetBytes: budgetBytes, log: log)
        world.serve(at: Harness.primary(0)) { _ in Self.script(pairs, \.primary) }
        for number in 0..<2 { world.serve(at: Harness.mirror(number)) { _ in Self.script(pairs, \.mirror) } }
        try harness.install(Self.services(harness, plan, isNested: isNested))
        var asks: [Ask] = []
        for (index, pair) in pairs.enumerated() {
            asks.append(Ask(id: index + 1, method: pair.method, body: pair.body))
        }
        let client = world.connect(
            to: Harness.front, profile: LinkProfile(capacity: 16_000),
            asks.flatMap { ask -> [PeerStep] in
                [
                    .send(ask.bytes),
                    .receiveMessage(length: { Bytes.responseLength($0, toHead: ask.method == "HEAD") }),
                ]
            } + [.close])
        world.run(until: { client.isDone }, limit: .seconds(600))
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkIdle()
        harness.checkBooks()
        let books = harness.shared.registry.readBooks().mirrors.values.first { $0.isCompared }
        harness.stop()
        #expect(world.complaints == [])
        var counts: [ComparisonResult: UInt64] = [:]
        for result in ComparisonResult.allCases {
            let count = books?.compared[Int(result.rawValue)] ?? 0
            if count > 0 { counts[result] = count }
        }
        return (counts, Seen(bytes: client.received, arrivals: client.arrivals))
    }

    /// The mirror that is compared stands behind another, where they are nested.
    private static func services(
        _ harness: Harness, _ plan: MirrorComparisonPlan?, isNested: Bool
    ) -> [ServicePlan] {
        func mirroring(_ name: String, _ primary: Int, _ mirror: String, _ service: Int, _ plan: MirrorComparisonPlan?)
            -> ServicePlan
        {
            var options = MirrorOptions()
            options.comparison = plan
            let mirror = MirrorPlan(
                name: mirror, service: ServiceIndex(service), ratioMillionths: 1_000_000, timeout: .seconds(3),
                maxResponseBytes: 64 << 10, options: options)
            return ServicePlan(
                name: name,
                kind: .mirroring(
                    MirroringPlan(
                        primary: ServiceIndex(primary), mirrors: [mirror], mirrorsBody: true, maxBodySize: -1,
                        propagatesHealth: false)))
        }
        let servers = [
            harness.balancer("primary@file", [(Harness.primary(0).host, 80)]),
            harness.balancer("mirror0@file", [(Harness.mirror(0).host, 80)]),
            harness.balancer("mirror1@file", [(Harness.mirror(1).host, 80)]),
        ]
        if !isNested { return servers + [mirroring("web@file", 0, "mirror0@file", 1, plan)] }
        return servers + [
            mirroring("inner@file", 1, "mirror1@file", 2, plan), mirroring("web@file", 0, "mirror0@file", 3, nil),
        ]
    }

    private func plan(_ body: MirrorComparisonPlan.Body = .none, _ paths: String...) throws -> MirrorComparisonPlan {
        var plan = MirrorComparisonPlan()
        plan.body = body
        plan.ignored = try paths.map { try JSONPath(parsing: $0) }
        return plan
    }

    @Test(arguments: [1, 2])
    func statusesAreCompared(workers: Int) throws {
        let counts = try play(
            plan(), workers: workers,
            [
                Pair(Self.plain("a"), Self.plain("b")), Pair(Self.plain("a"), Self.plain("a", status: "201 Created")),
                Pair(Self.plain("a", status: "404 No"), Self.plain("", status: "404 Nope")),
            ])
        #expect(counts == [.match: 2, .statusMismatch: 1])
    }

    @Test func fieldsThatAreAskedForAreCompared() throws {
        var plan = try plan()
        plan.fields = ["content-type", "location", "set-cookie"].map { Array($0.utf8) }
        let counts = try play(
            plan,
            [
                // Blanks, case of a media type, dates and values of cookies do not count.
                Pair(
                    Self.plain("", "Content-Type: text/html; charset=utf-8", "Date: a", "Set-Cookie: id=1; Path=/"),
                    Self.plain("", "content-type: text/HTML;charset=UTF-8", "Date: b", "Set-Cookie: id=2")),
                Pair(Self.plain("", "Location: /a"), Self.plain("", "Location: /b")),
                Pair(Self.plain("", "Location: /a"), Self.plain("")),
                Pair(
                    Self.plain("", "Set-Cookie: a=1", "Set-Cookie: b=1"),
                    Self.plain("", "Set-Cookie: b=2", "Set-Cookie: a=1")),
                Pair(Self.plain("", "Set-Cookie: a=1"), Self.plain("", "Set-Cookie: c=1")),
                Pair(Self.plain("", status: "404 No"), Self.plain("", "Location: /b")),
            ])
        #expect(counts == [.match: 2, .headerMismatch: 3, .statusMismatch: 1])
    }

    @Test func lengthsAndBytesAreCompared() throws {
        let chunked = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n".utf8)
        let zipped = Self.plain("abc", "Content-Encoding: gzip")
        var head = Pair(Self.plain(""), Self.plain(""))
        head.method = "HEAD"
        let nothing = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
        let pairs = [
            Pair(Self.plain("abc"), chunked), Pair(chunked, Self.plain("abd")), Pair(chunked, Self.plain("abcd")),
            Pair(zipped, Self.plain("abc")), Pair(Self.plain("abc"), zipped), head, Pair(nothing, nothing),
            Pair(Self.plain("abc", "Content-Encoding: identity"), Self.plain("abc")),
        ]
        #expect(try play(plan(.exact), pairs) == [.match: 2, .bodyMismatch: 1, .lengthMismatch: 1, .skipped: 4])
        #expect(try play(plan(.length), pairs) == [.match: 3, .lengthMismatch: 1, .skipped: 4])
    }

    @Test func longBodiesAreComparedToTheByte() throws {
        let body = String(repeating: "0123456789", count: 5_000)
        let other = body.dropLast() + "x"
        let counts = try play(
            plan(.exact),
            [
                Pair(Self.plain(body), Self.plain(body)), Pair(Self.plain(body), Self.plain(String(other))),
                // Longer than is read of a mirror.
                Pair(Self.plain(body + body), Self.plain(body + body)), Pair(Self.plain(body), Self.plain(body + body)),
            ])
        #expect(counts == [.match: 1, .bodyMismatch: 1, .skipped: 1, .lengthMismatch: 1])
    }

    @Test(arguments: [1, 3])
    func jsonIsComparedForWhatItSays(workers: Int) throws {
        let counts = try play(
            plan(.json, "$.requestId", "$.items[*].at"), workers: workers,
            [
                Pair(Self.json(#"{"a": 1, "b": [true, "é"]}"#), Self.json(#"{"b":[true,"\u00e9"],"a":1.0}"#)),
                Pair(Self.json(#"{"requestId": 1, "a": 2}"#), Self.json(#"{"a": 2, "requestId": "x"}"#)),
                Pair(Self.json(#"{"items": [{"at": 1, "n": 1}]}"#), Self.json(#"{"items": [{"at": 2, "n": 1}]}"#)),
                Pair(Self.json(#"{"items": [{"at": 1, "n": 1}]}"#), Self.json(#"{"items": [{"at": 1, "n": 2}]}"#)),
                Pair(Self.json(#"[1, 2]"#), Self.json(#"[2, 1]"#)), Pair(Self.json("{}"), Self.json("{")),
                Pair(Self.json("{}"), Self.plain("{}")), Pair(Self.plain("a"), Self.plain("b")),
                Pair(Self.json("{}"), Self.json("{ }", "Content-Encoding: br")),
            ])
        #expect(counts == [.match: 3, .bodyMismatch: 4, .skipped: 2])
    }

    @Test func whatDoesNotFitIsSkippedAndNothingIsKept() throws {
        var plan = try plan(.json)
        plan.maxBodyBytes = 100
        let long = #"{"a": "\#(String(repeating: "x", count: 200))"}"#
        let counts = try play(
            plan, [Pair(Self.json(long), Self.json(long)), Pair(Self.json(#"{"a": 1}"#), Self.json(#"{"a":1}"#))])
        #expect(counts == [.skipped: 1, .match: 1])
        // An eighth of the budget is for comparing: not enough for two bodies.
        let full = try play(
            self.plan(.json), budgetBytes: 800, [Pair(Self.json(#"{"a": 1}"#), Self.json(long.dropLast() + " }"))])
        #expect(full == [.skipped: 1])
    }

    @Test func aPairWithoutTwoWholeAnswersIsUnpaired() throws {
        var cut = Pair(Self.plain("abcdef"), Self.plain("abcdef"))
        cut.mirror = [.send(Array(Self.plain("abcdef").dropLast(3))), .reset]
        var silent = Pair(Self.plain("a"), Self.plain("a"))
        silent.mirror = [.receiveEnd, .close]
        var broken = Pair(Self.plain("a"), Self.plain("a"))
        broken.primary = [.close]
        let counts = try play(plan(.exact), [cut, silent, Pair(Self.plain("a"), Self.plain("a")), broken])
        #expect(counts == [.unpaired: 3, .match: 1])
    }

    /// A mirror that is decided on late, when the body is whole, is compared with an answer that began before.
    @Test func anEarlyAnswerIsComparedToo() throws {
        var pair = Pair(Self.json(#"{"a": 1}"#), Self.json(#"{"a":1}"#))
        pair.method = "POST"
        pair.body = .chunked(9_000, piece: 500)
        #expect(try play(plan(.json), [pair, pair]) == [.match: 2])
        #expect(try play(plan(.json), isNested: true, [pair, pair]) == [.match: 2])
    }

    @Test func aShareOfTheCopiesIsCompared() throws {
        var plan = try plan()
        plan.ratioMillionths = 250_000
        let pair = Pair(Self.plain("a"), Self.plain("a"))
        #expect(try play(plan, workers: 2, Array(repeating: pair, count: 10)) == [.match: 3])
    }

    /// A copy's line waits for what comes of its comparison, on whichever side that ends last; one that is not compared does not.
    @Test(arguments: [1, 3])
    func theLineOfACopyTellsTheResultOfItsComparison(workers: Int) throws {
        var slow = Pair(Self.json("[1, 2]"), Self.json("[1,3]"))
        slow.primary.insert(.wait(.seconds(2)), at: 0)
        var silent = Pair(Self.plain("a"), Self.plain("a"))
        silent.mirror = [.receiveEnd, .close]
        let lines = LogLines(seed: 23)
        var plan = try plan(.json)
        let pairs = [slow, Pair(Self.json(#"{"a": 1}"#), Self.json(#"{"a":1.0}"#)), silent]
        _ = try playOnce(plan, workers, 64 << 20, false, pairs, log: lines)
        #expect(lines.lost == 0)
        let copies = lines.lines.filter { $0.contains("\"MirrorDecision\"") }
        #expect(copies.count == 3)
        for (line, result) in zip(copies, ["body_mismatch", "match", "unpaired"]) {
            #expect(line.contains("\"MirrorCompared\":\"\(result)\""), "\(line)")
        }
        // The copy and its request began at the same moment, though the copy was over long before.
        let starts = lines.lines.filter { $0.contains("\"RequestCount\":1,") }.map { line in
            line.split(separator: ",").first { $0.hasPrefix("\"StartUTC\"") }
        }
        #expect(starts.count == 2 && starts[0] == starts[1])

        plan.ratioMillionths = 250_000
        let others = LogLines(seed: 23)
        _ = try playOnce(plan, workers, 64 << 20, false, pairs, log: others)
        #expect(others.lines.filter { $0.contains("\"MirrorDecision\"") }.count == 3)
        #expect(others.lines.filter { $0.contains("MirrorCompared") }.count == 1)
    }
}
