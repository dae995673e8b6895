import SpeculaLogging
import Testing

@Test func filtersAreJoinedByOr() {
    var filter = AccessLogFilter()
    #expect(filter.keeps(status: 200, retries: 0, nanoseconds: 0))
    filter.statuses = [404...404, 500...599]
    #expect(!filter.keeps(status: 200, retries: 3, nanoseconds: .max))
    #expect(filter.keeps(status: 404, retries: 0, nanoseconds: 0))
    #expect(filter.keeps(status: 599, retries: 0, nanoseconds: 0))
    #expect(!filter.keeps(status: 403, retries: 0, nanoseconds: 0))
    filter.retried = true
    #expect(filter.keeps(status: 200, retries: 1, nanoseconds: 0))
    #expect(!filter.keeps(status: 200, retries: 0, nanoseconds: 0))
    filter.minNanoseconds = 1000
    #expect(!filter.keeps(status: 200, retries: 0, nanoseconds: 1000))
    #expect(filter.keeps(status: 200, retries: 0, nanoseconds: 1001))
}

@Test func aFieldHasTheModeOfItsNameElseTheDefault() {
    var modes = AccessFieldModes(standard: .drop)
    modes[.requestPath] = .keep
    modes[.clientHost] = .redact
    #expect(modes[.requestPath] == .keep)
    #expect(modes[.clientHost] == .redact)
    #expect(AccessField.allCases.filter { modes[$0] != .drop } == [.clientHost, .requestPath])
    modes[.clientHost] = .drop
    #expect(modes[.clientHost] == .drop)
    #expect(AccessFieldModes()[.otelTraceId] == .keep)
}

@Test func headersAreFoundInAnyCase() {
    let modes = AccessHeaderModes(standard: .drop, names: ["User-Agent": .keep, "authorization": .redact])
    #expect(modes.mode(of: Array("USER-agent".utf8).span) == .keep)
    #expect(modes.mode(of: Array("Authorization".utf8).span) == .redact)
    #expect(modes.mode(of: Array("Cookie".utf8).span) == .drop)
    #expect(!modes.dropsAll)
    #expect(AccessHeaderModes(names: ["Cookie": .drop]).dropsAll)
    #expect(!AccessHeaderModes(standard: .redact).dropsAll)
}
