import Foundation
import Testing

@testable import SpeculaTracing

/// Both encodings, read back by others: protoc and Foundation's JSON.
struct OTLPTests {
    private static let resource: [(key: String, value: ExportedSpan.Value)] = [
        ("service.name", .text("gate\"way")), ("process.pid", .number(-1)),
    ]

    private func spans() -> [ExportedSpan] {
        let log = SpanLog(capacity: 8192)
        log.begin(
            FinishedSpan(
                .exchange, SpanLogTests.context, parent: 7, isParentRemote: true, startNanoseconds: 1,
                endNanoseconds: 2,
                status: 503))
        log.add(.method, "GET")
        log.add(.path, "/a%20b")
        log.add(.bodySize, UInt64(bitPattern: -1))
        log.add(.requestHeader, name: 0, Array("one\u{1}\n\\".utf8).span)
        log.add(.requestHeader, name: 0, [0xff, 0x41].span)
        log.end()
        log.begin(SpanLogTests.span(.copy, status: 0, parent: 0))
        log.add(link: SpanLogTests.context)
        log.end()
        return SpanExpander(options: SpanOptions(requestHeaders: ["X-A"])).expand(log.take())
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/protoc")))
    func protocReadsTheRequest() throws {
        let text = try decode(OTLPProtobuf(resource: Self.resource, version: "1.2").request(spans()))
        for part in [
            "name: \"specula\"\n", "version: \"1.2\"", "string_value: \"gate\\\"way\"", "int_value: -1\n",
            "trace_id: \"\\000\\000\\000\\000\\000\\000\\n\\367\\000\\000\\000\\000\\000\\000\\204H\"",
            "parent_span_id: \"\\000\\000\\000\\000\\000\\000\\000\\007\"", "name: \"GET\"", "kind: SERVER",
            "start_time_unix_nano: 1\n", "end_time_unix_nano: 2\n", "flags: 769", "flags: 257", "code: ERROR",
            "message: \"Invalid HTTP status code 0\"", "name: \"Mirror\"", "kind: CLIENT", "links {",
            "string_value: \"one\\001\\n\\\\\"", "string_value: \"\\357\\277\\275A\"", "int_value: 503",
        ] {
            #expect(text.contains(part), "\(part) in\n\(text)")
        }
        #expect(text.components(separatedBy: "spans {").count == 5)
        // A field that the schema does not know would stand there as a bare number.
        let unknown = text.split(separator: "\n").filter { line in
            line.drop { $0 == " " }.first?.isNumber == true
        }
        #expect(unknown.isEmpty)
    }

    @Test func theJSONIsJSON() throws {
        let body = OTLPJSON(resource: Self.resource, version: "1.2").request(spans())
        let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let resourceSpans = (object?["resourceSpans"] as? [[String: Any]])?.first
        let scopeSpans = (resourceSpans?["scopeSpans"] as? [[String: Any]])?.first
        let written = try #require(scopeSpans?["spans"] as? [[String: Any]])
        #expect(written.count == 2)
        #expect(written[0]["traceId"] as? String == "0000000000000af70000000000008448")
        #expect(written[0]["spanId"] as? String == "000000000000b7ad")
        #expect(written[0]["parentSpanId"] as? String == "0000000000000007")
        #expect(written[0]["kind"] as? Int == 2)
        #expect(written[0]["startTimeUnixNano"] as? String == "1")
        #expect((written[0]["status"] as? [String: Any])?["code"] as? Int == 2)
        #expect(((written[1]["links"] as? [[String: Any]])?.first)?["spanId"] as? String == "000000000000b7ad")
        let text = String(decoding: body, as: UTF8.self)
        #expect(
            text.contains(
                #"{"key":"http.request.header.x-a","value":{"arrayValue":{"values":[{"stringValue":"one\u0001\n\\"}"#))
        #expect(text.contains(#"{"key":"http.request.body.size","value":{"intValue":"-1"}}"#))
    }

    private func decode(_ body: [UInt8]) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let input = FileManager.default.temporaryDirectory.appending(path: "otlp-\(UUID().uuidString)")
        try Data(body).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/protoc")
        process.arguments = ["--decode=Request", "--proto_path=\(folder.path)", "otlp.proto"]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }
}
