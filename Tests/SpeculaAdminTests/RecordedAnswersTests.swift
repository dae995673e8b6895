import SpeculaConfiguration
import SpeculaHTTP
import SpeculaMetrics
import Testing

@testable import SpeculaAdmin

/// Answers of the real Traefik to the same two files, one case a target.
private struct Recording: Sendable, CustomTestStringConvertible {
    let target: String
    let status: Int
    let contentType: String
    /// One JSON document, or `names a b …`, or `text "…"`.
    let expected: String

    var testDescription: String { target }

    static let all = read("lists.answers.txt").split(separator: "\n\n").dropFirst().compactMap(Recording.init)

    init?(_ block: Substring) {
        let lines = block.split(separator: "\n", maxSplits: 2)
        guard lines.count == 3, lines[0].hasPrefix("GET "), let status = Int(lines[1].prefix(3)) else { return nil }
        target = String(lines[0].dropFirst(4))
        self.status = status
        contentType = String(lines[1].dropFirst(4))
        expected = String(lines[2].hasSuffix("\n") ? lines[2].dropLast() : lines[2])
    }

    static func read(_ name: String) -> String {
        guard let bytes = try? LocalFiles().read(path(name), limit: 1 << 20) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func path(_ name: String) -> String {
        "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Fixtures/\(name)"
    }
}

/// The API over the recorded gateway's two files.
private func service() throws -> APIService {
    let loaded = StaticLoader.load(file: Recording.path("lists.static.yml"), files: LocalFiles())
    let settings = try #require(loaded.configuration, "\(loaded.diagnostics)")
    var provider = FileProviderConfiguration()
    provider.filename = Recording.path("lists.dynamic.yml")
    let dynamic = DynamicLoader.load(provider, files: LocalFiles())
    let configuration = try #require(dynamic.configuration, "\(dynamic.diagnostics)")
    let (_, runtime, _) = ConfigurationCompiler.compile(
        static: settings, dynamic: ["file": configuration], generation: 1)
    let reading = AdminReading(
        settings: settings, runtime: runtime,
        process: .init(version: "1", startDate: "2026-11-21T00:00:00Z", startTime: 0, now: 1, workers: 1))
    return APIService(basePath: "/", registry: MetricRegistry(options: MetricOptions())) { reading }
}

/// Order of members does not count; of an error only how many reasons there are.
private func comparable(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(comparable))
    case .object(let members):
        let sorted = members.sorted { bytewise($0.name, $1.name) }
        return .object(
            sorted.map { member in
                if member.name == "error", case .array(let reasons) = member.value {
                    return .init("error", .integer(Int64(reasons.count)))
                }
                return .init(member.name, comparable(member.value))
            })
    default: return value
    }
}

private func names(of list: JSONValue) -> String {
    guard case .array(let elements) = list else { return "no list" }
    let names = elements.map { element -> String in
        if case .string(let name) = element["name"] { return name }
        return "?"
    }
    return names.joined(separator: " ")
}

@Test func recordingsAreThere() {
    #expect(Recording.all.count > 30)
}

@Test(arguments: Recording.all)
private func answerIsTheRecordedOne(recording: Recording) async throws {
    let parts = recording.target.split(separator: "?", maxSplits: 1).map(String.init)
    let response = try await service().respond(
        to: LocalRequest(path: parts[0], query: parts.count > 1 ? parts[1] : ""))
    #expect(response.status == recording.status)
    #expect(response.fields.first { $0.name == "Content-Type" }?.value == recording.contentType)
    if recording.expected.hasPrefix("text ") {
        let text = try JSONParser.parse(Array(recording.expected.dropFirst(5).utf8))
        #expect(JSONValue.string(String(decoding: response.body, as: UTF8.self)) == text)
        return
    }
    let answer = try JSONParser.parse(response.body)
    if recording.expected.hasPrefix("names ") {
        #expect(names(of: answer) == recording.expected.dropFirst(6))
        return
    }
    let expected = comparable(try JSONParser.parse(Array(recording.expected.utf8)))
    if case .array(let wanted) = expected, case .array(let got) = comparable(answer), wanted.count == got.count {
        for (wanted, got) in zip(wanted, got) { #expect(got == wanted) }
    } else {
        #expect(comparable(answer) == expected)
    }
}

@Test(arguments: [
    ("POST", "/api/overview", 405, ""), ("HEAD", "/api/rawdata", 405, ""),
    ("POST", "/api/nope", 404, "404 page not found\n"),
    ("GET", "/api/http/routers/", 404, "404 page not found\n"), ("GET", "/apix", 404, "404 page not found\n"),
    ("GET", "/api/http/middlewares/no@file", 404, "{\"message\":\"middleware not found: no@file\"}\n"),
    ("GET", "/api/tcp/routers/a@file", 404, "{\"message\":\"router not found: a@file\"}\n"),
    ("GET", "/api/certificates/x", 404, "{\"message\":\"certificate not found: x\"}\n"),
    ("GET", "/api/certificates", 200, "[]\n"),
    ("GET", "/api/http/routers/a/b@file", 404, "{\"message\":\"router not found: a/b@file\"}\n"),
])
func otherPathsAndMethodsAreToldApart(method: String, path: String, status: Int, body: String) async throws {
    let response = try await service().respond(to: LocalRequest(method: method, path: path))
    #expect(response.status == status)
    #expect(String(decoding: response.body, as: UTF8.self) == body)
}

@Test func errorsCannotBeSniffedAsPages() async throws {
    let response = try await service().respond(to: LocalRequest(path: "/api/http/routers/<script>"))
    #expect(response.fields.contains { $0.name == "X-Content-Type-Options" && $0.value == "nosniff" })
    #expect(!String(decoding: response.body, as: UTF8.self).contains("<script>"))
}

@Test func listNamesItsNextPage() async throws {
    let response = try await service().respond(to: LocalRequest(path: "/api/http/routers", query: "per_page=3"))
    #expect(response.fields.contains { $0.name == "X-Next-Page" && $0.value == "2" })
}

@Test func basePathStandsBeforeEverything() async throws {
    let registry = MetricRegistry(options: MetricOptions())
    let reading = AdminReading(
        settings: StaticConfiguration(), runtime: RuntimeConfiguration(),
        process: .init(version: "1.2.3", startDate: "2026-11-21T00:00:00.5Z", startTime: 0, now: 1, workers: 1))
    let service = APIService(basePath: "/gate/", registry: registry) { reading }
    #expect(await service.respond(to: LocalRequest(path: "/api/version")).status == 404)
    let response = await service.respond(to: LocalRequest(path: "/gate/api/version"))
    let expected = "{\"Version\":\"1.2.3\",\"Codename\":\"specula\",\"startDate\":\"2026-11-21T00:00:00.5Z\"}\n"
    #expect(String(decoding: response.body, as: UTF8.self) == expected)
    #expect(response.fields.first?.value == "application/json; charset=UTF-8")
}
