import Testing

@testable import SpeculaConfiguration

/// What `specula check` says of one dynamic file.
private func told(_ text: String) -> [String] {
    ConfigurationCheck.check(file: "f.yml", files: FakeFiles(["f.yml": text])).map { diagnostic in
        "\(diagnostic.keyPath): \(diagnostic.message)"
    }
}

/// The end of its name was enough to be taken for the broken `api`, and the mistake was not told.
@Test func aMissingServiceIsToldBesideABrokenOneWhoseNameItsOwnEndsIn() {
    let told = told(
        """
        http:
          routers: {r: {rule: Path(`/`), service: my-api}}
          services: {api: {loadBalancer: {serverz: []}}}
        """)
    #expect(
        told == [
            "http.routers.r.service: the service \"my-api@file\" does not exist",
            "http.services.api.loadBalancer.serverz: unknown key",
        ])
}

/// Whatever had the name of something broken was taken for it.
@Test func aMissingMiddlewareIsToldBesideABrokenServiceOfItsName() {
    let told = told(
        """
        http:
          routers: {r: {rule: Path(`/`), service: good, middlewares: [web]}}
          services:
            web: {loadBalancer: {serverz: []}}
            good: {loadBalancer: {servers: [{url: 'http://10.0.0.1'}]}}
        """)
    #expect(
        told == [
            "http.routers.r.middlewares: middleware \"web@file\" does not exist",
            "http.services.web.loadBalancer.serverz: unknown key",
        ])
}

/// A primary that is not named only follows from the key that nobody knows.
@Test func aPrimaryWithoutANameFollowsFromAWrongKey() {
    let told = told(
        """
        http:
          routers: {r: {rule: Path(`/`), service: m}}
          services: {m: {mirroring: {servise: p, mirrors: []}}}
        """)
    #expect(told == ["http.services.m.mirroring.servise: unknown key"])
}

/// A transport that nothing has is a mistake of its own, as every other name is.
@Test func aMissingTransportIsToldBesideAnotherMistakeOfItsService() {
    let told = told(
        """
        http:
          routers: {r: {rule: Path(`/`), service: s}}
          services: {s: {loadBalancer: {serverz: [], serversTransport: nowhere}}}
        """)
    #expect(
        told == [
            "http.services.s.loadBalancer.serverz: unknown key",
            "http.services.s.loadBalancer.serversTransport: servers transport not found nowhere@file",
        ])
}

@Test(arguments: [
    "http: {routers: {r: {rule: 'Path(`/`)', service: s}}, services: {s: {loadBalancer: {serverz: []}}}}",
    "http: {routers: {r: {rule: 'Path(`/`)', service: s}}, services: {s: {loadBalancer: 7}}}",
    """
    http:
      routers: {r: {rule: 'Path(`/`)', service: m}}
      services: {m: {weighted: {services: [{name: s}]}}, s: {loadBalancer: {servers: 7}}}
    """,
])
func whatFollowsFromAMistakeIsNotTold(text: String) {
    let told = told(text)
    #expect(told.count == 1, "\(told)")
}

/// Nothing depends on the words of a finding: they may change, and may be said of something else.
@Test func findingsAreKnownByTheirKindNotByTheirWords() {
    var configuration = DynamicConfiguration()
    configuration.http.services["s"] = ServiceConfiguration()
    let mistake = Diagnostic(.error, keyPath: "http.services.s.loadBalancer.x", "so", kind: .unknownKey)
    let followUps = FollowUps(of: [mistake], in: configuration)
    func finding(_ message: String, _ kind: FindingKind) -> Diagnostic {
        Diagnostic(.error, keyPath: "http.routers.r.service", message, kind: kind)
    }
    #expect(followUps.contain(finding("different words", .disabled(.service, "s@file", because: []))))
    #expect(followUps.contain(finding("different words", .missing(.service, "s@file"))))
    #expect(!followUps.contain(finding("the service \"s@file\" does not exist", .plain)))
    #expect(!followUps.contain(finding("x", .missing(.service, "s@kubernetescrd"))))
}
