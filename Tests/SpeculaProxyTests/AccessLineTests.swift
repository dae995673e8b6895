import SpeculaHTTP
import SpeculaIO
import SpeculaLogging
import SpeculaMetrics
import SpeculaMirroring
import SpeculaUpstream
import Testing

@testable import SpeculaProxy

/// Whole lines, in each format, of requests that a client may send.
@Suite struct AccessLineTests {
    static let plain =
        "GET /a/x?q=1 HTTP/1.1\r\nHost: example.com:8080\r\nUser-Agent: a\"b\\c\r\nreferer: http://r/\r\n"
        + "X-Secret: s\r\nx-secret: t\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n"

    private func record(
        _ text: String = plain, isTrusted: Bool = false, address: String = "10.1.2.3"
    ) throws -> AccessRecord {
        let head = RequestHead()
        var parser = RequestParser()
        let bytes = Array(text.utf8)
        let step = parser.consume(bytes.span, into: head)
        try #require(step == .complete(consumed: bytes.count))
        #expect(head.prepareTarget(TargetPolicy()) == nil)
        let client = ForwardContext(
            policy: ForwardPolicy(hostName: []), clientAddress: Array(address.utf8), isTrusted: isTrusted, isTLS: false)
        return AccessRecord(
            head: head, client: client, clientPort: 4711, entryPoint: "web", number: 7, router: "r@file", status: 404,
            requestBytes: 5, responseBytes: 19, nanoseconds: 1_500_000_001)
    }

    private func line(_ record: AccessRecord, _ change: (inout AccessLogOptions) -> Void) -> String {
        var options = AccessLogOptions()
        change(&options)
        var line = AccessLine(options: options, zone: { _ in 7200 }, capacity: 0)
        line.write(record, at: WallTime(seconds: 1_795_286_597, nanoseconds: 250_000_000))
        return line.text.text
    }

    @Test func commonAndGenericAreTraefiks() throws {
        let record = try record()
        #expect(
            line(record) { _ in }
                == "10.1.2.3 - - [21/Nov/2026:18:43:15 +0000] \"GET /a/x?q=1 HTTP/1.1\" 404 19 \"-\" \"-\" 7 \"r@file\" \"-\" 1500ms\n"
        )
        #expect(
            line(record) { $0.format = .genericCLF }
                == "10.1.2.3 - - [21/Nov/2026:18:43:15 +0000] \"GET /a/x?q=1 HTTP/1.1\" 404 19 \"-\" \"-\"\n")
    }

    @Test func commonQuotesWhatIsKeptAndShowsADashForWhatIsNot() throws {
        let text = try line(record()) { options in
            options.headers = AccessHeaderModes(names: ["User-Agent": .keep, "Referer": .redact])
            options.fields[.clientHost] = .redact
            options.fields[.startUTC] = .drop
            options.fields[.requestCount] = .drop
            options.fields[.duration] = .drop
            options.keepsQuery = false
        }
        #expect(
            text
                == "REDACTED - - [21/Nov/2026:20:43:15 +0200] \"GET /a/x HTTP/1.1\" 404 19 \"REDACTED\" \"a\\\"b\\\\c\" - \"r@file\" \"-\" 0ms\n"
        )
    }

    @Test func jsonHasTraefiksFields() throws {
        let text = try line(record()) { $0.format = .json }
        #expect(
            text
                == """
                {"ClientAddr":"10.1.2.3:4711","ClientHost":"10.1.2.3","ClientPort":"4711","ClientUsername":"-",\
                "DownstreamContentSize":19,"DownstreamStatus":404,"Duration":1500000001,"GzipRatio":0,\
                "OriginContentSize":0,"OriginDuration":0,"OriginStatus":0,"Overhead":1500000001,\
                "RequestAddr":"example.com:8080","RequestContentSize":5,"RequestCount":7,"RequestHost":"example.com",\
                "RequestMethod":"GET","RequestPath":"/a/x?q=1","RequestPort":"8080","RequestProtocol":"HTTP/1.1",\
                "RequestScheme":"http","RetryAttempts":0,"RouterName":"r@file",\
                "StartLocal":"2026-11-21T20:43:15.749999999+02:00","StartUTC":"2026-11-21T18:43:15.749999999Z",\
                "entryPointName":"web","level":"info","msg":"","time":"2026-11-21T20:43:17+02:00"}

                """)
    }

    @Test func headersAreJoinedRedactedAndSpelledAsGoDoes() throws {
        let text = try line(record()) { options in
            options.format = .json
            options.fields = AccessFieldModes(standard: .drop)
            options.headers = AccessHeaderModes(
                names: ["X-SECRET": .keep, "Referer": .redact, "X-Forwarded-For": .keep, "X-Real-IP": .keep])
        }
        #expect(
            text
                == """
                {"request_Referer":"REDACTED","request_X-Secret":"s,t","request_X-Real-Ip":"10.1.2.3",\
                "level":"info","msg":"","time":"2026-11-21T20:43:17+02:00"}

                """)
    }

    @Test func onlyATrustedClientNamesItself() throws {
        let trusted = try line(record(isTrusted: true)) { _ in }
        #expect(trusted.hasPrefix("9.9.9.9 - - "))
        let untrusted = try line(record()) { _ in }
        #expect(untrusted.hasPrefix("10.1.2.3 - - "))
        let six = try line(record(address: "2001:db8::1")) { $0.format = .json }
        #expect(six.contains("\"ClientAddr\":\"[2001:db8::1]:4711\""))
    }

    @Test(arguments: [
        ("a.example", "a.example", "-"), ("a.example:81", "a.example", "81"), ("[::1]:443", "::1", "443"),
        ("[::1]", "[::1]", "-"), ("a.example:", "a.example", ""),
    ])
    func hostsAreTakenApartAsGoDoes(authority: String, host: String, port: String) throws {
        let text = try line(record("GET / HTTP/1.1\r\nHost: \(authority)\r\n\r\n")) { $0.format = .json }
        #expect(text.contains("\"RequestAddr\":\"\(authority)\""))
        #expect(text.contains("\"RequestHost\":\"\(host)\""))
        #expect(text.contains("\"RequestPort\":\"\(port)\""))
    }

    @Test func aCopysLineNamesMirrorDecisionOutcomeAndPrimary() throws {
        let record = try record()
        let request = MirroredRequest(
            head: record.head, client: record.client, method: .get, protocolLabel: .http,
            startedAt: Instant(nanoseconds: 0), number: 7)
        var facts = CopyFacts(service: "m@file", mirror: "x@file", decision: .sent)
        facts.outcome = .complete
        facts.serverURL = "http://x"
        facts.status = 503
        facts.nanoseconds = 20_000_000
        facts.requestBytes = 5
        facts.responseBytes = 9
        facts.primaryStatus = 200
        var options = AccessLogOptions()
        for format in [AccessLogOptions.Format.common, .genericCLF, .json] {
            options.format = format
            var line = AccessLine(options: options, zone: { _ in 0 }, capacity: 0)
            line.write(
                facts, of: request, at: WallTime(seconds: 1_795_286_597, nanoseconds: 0), sinceStart: 20_000_000)
            #expect(
                line.text.text
                    == (format != .json
                        ? "10.1.2.3 - - [21/Nov/2026:18:43:16 +0000] \"GET /a/x?q=1 HTTP/1.1\" 503 9 \"-\" \"-\"\(format == .common ? " 7 \"m@file\" \"http://x\" 20ms" : "") mirror=\"x@file\" decision=sent outcome=complete primary=200\n"
                        : """
                        {"ClientHost":"10.1.2.3","MirrorDecision":"sent","MirrorDuration":20000000,"MirrorName":"x@file",\
                        "MirrorOutcome":"complete","MirrorStatus":503,"OriginContentSize":9,"PrimaryStatus":200,\
                        "RequestAddr":"example.com:8080","RequestContentSize":5,"RequestCount":7,"RequestHost":"example.com",\
                        "RequestMethod":"GET","RequestPath":"/a/x?q=1","RequestPort":"8080","RequestProtocol":"HTTP/1.1",\
                        "RequestScheme":"http","ServiceName":"m@file","ServiceURL":"http://x",\
                        "StartLocal":"2026-11-21T18:43:16.98Z","StartUTC":"2026-11-21T18:43:16.98Z",\
                        "level":"info","msg":"","time":"2026-11-21T18:43:17Z"}

                        """))
        }
    }

    @Test(arguments: [AccessLogOptions.Format.common, .genericCLF, .json])
    func theLineOfACopyThatWasComparedTellsTheResult(format: AccessLogOptions.Format) throws {
        let record = try record()
        let request = MirroredRequest(
            head: record.head, client: record.client, method: .get, protocolLabel: .http,
            startedAt: Instant(nanoseconds: 0), number: 7)
        var facts = CopyFacts(service: "m@file", mirror: "x@file", decision: .sent)
        facts.outcome = .complete
        facts.nanoseconds = 20_000_000
        facts.primaryStatus = 200
        facts.compared = .bodyMismatch
        var options = AccessLogOptions()
        options.format = format
        var line = AccessLine(options: options, zone: { _ in 0 }, capacity: 0)
        line.write(
            facts, of: request, at: WallTime(seconds: 1_795_286_597, nanoseconds: 0), sinceStart: 1_500_000_000)
        if format == .json {
            #expect(
                line.text.text.hasPrefix(
                    "{\"ClientHost\":\"10.1.2.3\",\"MirrorCompared\":\"body_mismatch\",\"MirrorDecision\":\"sent\","))
            // It began when its request did, however long its line had to wait.
            #expect(line.text.text.contains("\"MirrorDuration\":20000000,"))
            #expect(line.text.text.contains("\"StartUTC\":\"2026-11-21T18:43:15.5Z\""))
        } else {
            #expect(line.text.text.hasSuffix(" outcome=complete primary=200 compared=body_mismatch\n"))
            #expect(line.text.text.contains("[21/Nov/2026:18:43:15 +0000]"))
        }
    }
}
