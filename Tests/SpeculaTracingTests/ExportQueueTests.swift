import Testing

@testable import SpeculaTracing

struct ExportQueueTests {
    private func batch(_ count: Int) -> SpanBatch {
        let log = SpanLog(capacity: 1 << 20)
        for _ in 0..<count {
            log.begin(SpanLogTests.span())
            log.add(.method, "GET")
            log.end()
        }
        return log.take()
    }

    private var limits: ExportQueue.Limits {
        var limits = ExportQueue.Limits()
        limits.spansPerRequest = 10
        return limits
    }

    private func spans(_ order: ExportQueue.Order) -> Int? {
        guard case .send(let batch) = order else { return nil }
        return batch.spans
    }

    private func end(of order: ExportQueue.Order) -> Duration? {
        guard case .wait(let until) = order else { return nil }
        return until
    }

    @Test func spansGoInPortionsOneAtATime() {
        var queue = ExportQueue(limits: limits)
        #expect(spans(queue.next(at: .zero)) == nil)
        queue.add(batch(25))
        for expected in [10, 10, 5] {
            #expect(spans(queue.next(at: .zero)) == expected)
            #expect(spans(queue.next(at: .zero)) == nil)
            queue.succeeded()
        }
        #expect(queue.isEmpty)
        #expect(queue.tally.exported == 25)
        #expect(queue.tally.dropped == 0)
    }

    @Test func whatDoesNotFitIsDroppedAndCounted() {
        var small = limits
        small.bytes = batch(20).bytes.count
        var queue = ExportQueue(limits: small)
        queue.add(batch(15))
        queue.add(batch(15))
        #expect(queue.tally.queueFull == 15 - 5)
        var sent = 0
        while let count = spans(queue.next(at: .zero)) {
            sent += count
            queue.succeeded(rejected: 1)
        }
        #expect(UInt64(sent) == queue.tally.exported + queue.tally.rejected)
        #expect(queue.tally.exported + queue.tally.dropped == 30)
    }

    @Test func delaysDoubleUpToABoundAndPatienceEnds() {
        var queue = ExportQueue(limits: limits)
        queue.add(batch(3))
        var now = Duration.zero
        var delays: [Duration] = []
        while spans(queue.next(at: now)) == 3 {
            queue.failed(at: now, jitter: 1)
            guard let until = end(of: queue.next(at: now)) else { break }
            delays.append(until - now)
            now = until
        }
        #expect(delays == [1, 2, 4, 8, 16].map { .seconds($0) })
        #expect(queue.isEmpty)
        #expect(queue.tally.unreachable == 3)
        #expect(queue.tally.failures == 6)
        // The next portion waits as well, then goes, and the delay begins anew once something has arrived.
        queue.add(batch(2))
        guard let until = end(of: queue.next(at: now)) else {
            Issue.record("the next portion did not wait")
            return
        }
        #expect(until - now == .seconds(30))
        #expect(spans(queue.next(at: until)) == 2)
        queue.succeeded()
        queue.add(batch(1))
        #expect(spans(queue.next(at: until)) == 1)
        queue.failed(at: until, jitter: 0)
        #expect(end(of: queue.next(at: until)) == until + .milliseconds(500))
    }

    @Test func theCollectorsOwnWordCountsWithinBounds() {
        var queue = ExportQueue(limits: limits)
        queue.add(batch(1))
        _ = queue.next(at: .zero)
        queue.failed(at: .zero, retryAfter: .seconds(7), jitter: 1)
        #expect(end(of: queue.next(at: .zero)) == .seconds(7))
        _ = queue.next(at: .seconds(7))
        queue.failed(at: .seconds(7), retryAfter: .seconds(3000), jitter: 1)
        #expect(end(of: queue.next(at: .seconds(7))) == .seconds(37))
    }

    @Test func aRefusedPortionIsNotSentAgain() {
        var queue = ExportQueue(limits: limits)
        queue.add(batch(12))
        _ = queue.next(at: .zero)
        queue.refused()
        #expect(queue.tally.rejected == 10)
        #expect(spans(queue.next(at: .zero)) == 2)
    }

    @Test func theEndDropsWhatWaits() {
        var queue = ExportQueue(limits: limits)
        queue.add(batch(12))
        _ = queue.next(at: .zero)
        queue.giveUp()
        #expect(queue.tally.shutdown == 12)
        #expect(queue.isEmpty)
        queue.succeeded()
        #expect(queue.tally.exported == 0)
    }

    @Test func theBooksBalanceWhateverHappens() {
        let seed = Seed.chosen()
        var random = SeededRandom(seed)
        for _ in 0..<200 {
            var small = limits
            small.bytes = 4000
            var queue = ExportQueue(limits: small)
            var added: UInt64 = 0
            var now = Duration.zero
            for _ in 0..<60 {
                now += .milliseconds(Int.random(in: 0...20_000, using: &random))
                switch Int.random(in: 0...5, using: &random) {
                case 0, 1:
                    let count = Int.random(in: 0...30, using: &random)
                    added += UInt64(count)
                    queue.add(batch(count))
                case 2: _ = queue.next(at: now)
                case 3: queue.succeeded(rejected: UInt64.random(in: 0...12, using: &random))
                case 4: queue.failed(at: now, jitter: Double.random(in: 0...1, using: &random))
                default: queue.refused()
                }
            }
            queue.giveUp()
            #expect(queue.tally.exported + queue.tally.dropped == added, "seed \(seed)")
        }
    }
}

struct CollectorAnswerTests {
    @Test(
        arguments: [
            (200, nil, .taken(rejected: 0)), (202, nil, .taken(rejected: 0)), (429, "3", .later(.seconds(3))),
            (503, nil, .later(nil)), (502, "soon", .later(nil)), (504, "-5", .later(.zero)), (400, nil, .refused),
            (404, nil, .refused), (500, nil, .refused), (301, nil, .refused), (413, nil, .refused),
        ] as [(Int, String?, CollectorAnswer)])
    func aStatusSaysWhatToDo(status: Int, retryAfter: String?, answer: CollectorAnswer) {
        #expect(CollectorAnswer(status: status, retryAfter: retryAfter, body: []) == answer)
    }

    // `{partial_success: {rejected_spans: 300, error_message: "no"}}`
    @Test func spansThatWereLeftOutAreCounted() {
        let body: [UInt8] = [0x0a, 7, 0x08, 0xac, 0x02, 0x12, 2, 0x6e, 0x6f]
        #expect(CollectorAnswer(status: 200, retryAfter: nil, body: body) == .taken(rejected: 300))
    }

    @Test func anyBodyIsReadWithoutHarm() {
        let seed = Seed.chosen()
        var random = SeededRandom(seed)
        for _ in 0..<5000 {
            let body = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            if case .taken = CollectorAnswer(status: 200, retryAfter: nil, body: body) { continue }
            Issue.record("seed \(seed)")
        }
    }
}
