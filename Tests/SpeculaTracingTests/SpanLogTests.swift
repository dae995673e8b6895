import CAllocationCounter
import Testing

@testable import SpeculaTracing

struct SpanLogTests {
    static let context = TraceContext(high: 0x0af7, low: 0x8448, span: 0xb7ad, isSampled: true)

    static func span(_ kind: FinishedSpan.Kind = .leg, status: UInt16 = 200, parent: UInt64 = 9) -> FinishedSpan {
        FinishedSpan(
            kind, context, parent: parent, startNanoseconds: 1_700_000_000_000_000_001,
            endNanoseconds: 1_700_000_000_000_000_002, status: status)
    }

    private func write(_ log: SpanLog, _ path: String) {
        log.begin(Self.span())
        log.add(.method, "GET")
        log.add(.path, Array(path.utf8))
        log.add(.peerPort, 8080)
        log.end()
    }

    @Test func whatIsWrittenIsRead() throws {
        let log = SpanLog(capacity: 4096)
        write(log, "/one")
        write(log, "/two")
        #expect(log.waiting == 2)
        let batch = log.take()
        #expect(batch.spans == 2)
        var reader = SpanReader(batch.bytes)
        for path in ["/one", "/two"] {
            let next = reader.next()
            let (span, fields) = try #require(next)
            #expect(span == Self.span())
            #expect(SpanFields(fields).text(.path) == path)
            #expect(SpanFields(fields).text(.method) == "GET")
            #expect(SpanFields(fields).number(.peerPort) == 8080)
        }
        #expect(reader.next() == nil)
        #expect(log.waiting == 0)
        #expect(log.take().spans == 0)
        #expect(log.figures.recorded == 2)
    }

    @Test func whatDoesNotFitIsLeftOutWholeAndCounted() {
        let log = SpanLog(capacity: 200)
        for _ in 0..<5 { write(log, "/path") }
        #expect(log.figures.recorded == 2)
        #expect(log.figures.dropped == 3)
        let batch = log.take()
        #expect(batch.spans == 2)
        #expect(batch.bytes.count <= 200)
        var reader = SpanReader(batch.bytes)
        #expect(reader.next() != nil)
        #expect(reader.next() != nil)
        #expect(reader.next() == nil)
        write(log, "/again")
        #expect(log.take().spans == 1)
    }

    @Test func aLongValueIsCutShort() throws {
        let log = SpanLog(capacity: 64 << 10)
        write(log, String(repeating: "x", count: 100_000))
        var reader = SpanReader(log.take().bytes)
        let next = reader.next()
        let (_, fields) = try #require(next)
        #expect(SpanFields(fields).bytes(.path).count == SpanLog.maxValueBytes)
        #expect(SpanFields(fields).number(.peerPort) == 8080)
    }

    @Test(.enabled(if: allocations_are_counted()))
    func recordingAllocatesNothing() {
        let recorder = SpanRecorder(options: SpanOptions(capacityBytes: 1 << 20), seed: (1, 2, 3, 4))
        let value = Array("a value of some length".utf8)
        var captured = CapturedFields()
        func run() -> UInt64 {
            let before = allocations_of_this_thread()
            for _ in 0..<1000 {
                let context = recorder.begin(below: nil)
                captured.removeAll()
                captured.add(name: 0, value.span)
                recorder.log.begin(
                    FinishedSpan(.exchange, context, parent: 0, startNanoseconds: 1, endNanoseconds: 2, status: 200))
                recorder.log.add(.method, "GET")
                recorder.log.add(.path, value.span)
                recorder.log.add(.bodySize, 5)
                recorder.log.add(.requestHeader, name: 0, value.span)
                recorder.log.add(link: context)
                recorder.log.add(captured)
                recorder.log.end()
            }
            return allocations_of_this_thread() - before
        }
        _ = run()
        #expect(run() == 0)
        #expect(recorder.log.figures.recorded == 2000)
    }

    @Test func anyBytesAreReadWithoutHarm() {
        let seed = Seed.chosen()
        var random = SeededRandom(seed)
        let log = SpanLog(capacity: 4096)
        for number in 0..<10 { write(log, "/\(number)") }
        let good = log.take().bytes
        let expander = SpanExpander(options: SpanOptions(requestHeaders: ["X-A"], responseHeaders: ["X-B"]))
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            #expect(expander.expand(SpanBatch(bytes: bytes, spans: 0)).count <= 60, "seed \(seed)")
        }
    }
}

struct SafeQueryTests {
    /// What Go's `url.Values` makes of them, each value replaced.
    @Test(arguments: [
        ("", ""), ("q=1", "q=REDACTED"), ("b=1&a=2&b=3", "a=REDACTED&b=REDACTED"), ("q", "q=REDACTED"),
        ("=x", "=REDACTED"), ("a=1&&b=2", "a=REDACTED&b=REDACTED"), ("a=1;b=2", ""), ("a=%zz&b=1", "b=REDACTED"),
        ("a%20b=1", "a+b=REDACTED"), ("a+b=1", "a+b=REDACTED"), ("%C3%A9=1", "%C3%A9=REDACTED"),
        ("safe=1&safe=two+words&x=1", "safe=1&safe=two+words&x=REDACTED"), ("safe=%26%3D~", "safe=%26%3D~"),
    ])
    func valuesAreHidden(query: String, shown: String) {
        #expect(SafeQuery(safe: ["safe"]).redacted(query.utf8) == shown)
    }
}

struct SpanExpanderTests {
    private let expander = SpanExpander(
        options: SpanOptions(requestHeaders: ["X-A", "user-agent"], responseHeaders: ["Server", "X-B"]),
        safeQueryParameters: ["page"])

    private func expand(_ span: FinishedSpan, _ fill: (SpanLog) -> Void) throws -> ExportedSpan {
        let log = SpanLog(capacity: 8192)
        log.begin(span)
        fill(log)
        log.end()
        return try #require(expander.expand(log.take()).first)
    }

    @Test(
        arguments: [
            (200, nil, nil), (399, nil, nil), (404, nil, ""), (499, nil, ""), (500, "", ""), (599, "", ""),
            (0, "Invalid HTTP status code 0", "Invalid HTTP status code 0"),
            (600, "Invalid HTTP status code 600", "Invalid HTTP status code 600"), (101, nil, nil),
        ] as [(UInt16, String?, String?)])
    func statusesAreErrorsAsInTheConventions(status: UInt16, server: String?, client: String?) throws {
        #expect(try expand(SpanLogTests.span(.exchange, status: status)) { _ in }.error == server)
        #expect(try expand(SpanLogTests.span(.leg, status: status)) { _ in }.error == client)
        #expect(try expand(SpanLogTests.span(.router, status: status)) { _ in }.error == nil)
    }

    @Test func capturedFieldsStandUnderTheirNames() throws {
        let span = try expand(SpanLogTests.span(.exchange)) { log in
            log.add(.requestHeader, name: 0, Array("one".utf8).span)
            log.add(.requestHeader, name: 0, Array("two".utf8).span)
            log.add(.responseHeader, name: 1, Array("three".utf8).span)
        }
        #expect(span.value(of: "http.request.header.x-a") == .texts(["one", "two"]))
        #expect(span.value(of: "http.response.header.x-b") == .texts(["three"]))
        #expect(span.value(of: "http.response.header.server") == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080), ("http://example.com", "example.com", 80),
        ("https://example.com", "example.com", 443), ("http://[::1]:81", "::1", 81), ("http://[::1]", "::1", 80),
    ])
    func aServerIsItsHostAndPort(url: String, host: String, port: Int64) throws {
        let span = try expand(SpanLogTests.span(.leg)) { log in
            log.add(.server, Array(url.utf8))
            log.add(.path, "/a%20b")
            log.add(.query, "q=secret&page=2")
        }
        #expect(span.value(of: "server.address") == .text(host))
        #expect(span.value(of: "server.port") == .number(port))
        #expect(span.value(of: "network.peer.address") == .text(host))
        #expect(span.value(of: "url.full") == .text("\(url)/a%20b?page=2&q=REDACTED"))
    }

    @Test func aCopyTellsWhoseItIs() throws {
        let span = try expand(SpanLogTests.span(.copy, parent: 0)) { log in
            log.add(.mirroring, "m@file")
            log.add(.mirror, "x@file")
            log.add(.outcome, "complete")
            log.add(link: SpanLogTests.context)
        }
        #expect(span.name == "Mirror")
        #expect(span.kind == .client)
        #expect(span.link?.span == 0xb7ad)
        #expect(span.value(of: "specula.mirror.outcome") == .text("complete"))
        #expect(span.value(of: "url.full") == nil)
    }
}
