import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

@Test(arguments: Fixtures.stems)
func goldenTranslation(stem: String) throws {
    let settings = try Fixtures.settings(stem)
    let provider = try #require(settings.providers.kubernetesManifests)
    let manifest = try #require(Fixtures.text("\(stem).yml"))
    let reading = ManifestProvider.load(
        provider, entryPoints: settings.entryPoints, files: FakeFiles(["manifests/\(stem).yml": manifest]))
    guard case .loaded(let configurations, let diagnostics) = reading else {
        Issue.record("\(reading)")
        return
    }
    let (_, runtime, more) = ConfigurationCompiler.compile(static: settings, dynamic: configurations, generation: 1)
    let all = (diagnostics + more).sortedByPlace.map { "\($0)\n" }.joined()
    try Fixtures.expect(all, isGolden: "\(stem).diagnostics.txt")
    let text = RuntimeText.text(runtime)
    if let recorded = Fixtures.text("\(stem).recorded.txt"), recorded == text {
        #expect(Fixtures.text("\(stem).expected.txt") == nil, "as recorded: no file of differences is needed")
    } else {
        try Fixtures.expect(text, isGolden: "\(stem).expected.txt")
    }
}

@Test func thereAreTranslations() { #expect(Fixtures.stems.count > 30) }

/// Nobody can write himself out of the host names of his listener.
@Test(arguments: [
    ("x`) || PathPrefix(`/", #""x`) || PathPrefix(`/""#), (#"x")"#, #"`x")`"#), (#"a\"`b"#, #""a\\\"`b""#),
    ("`", #""`""#),
])
func whatARouteMatchesStaysInsideOfItsString(value: String, literal: String) throws {
    let match: JSONValue = ["headers": [["name": "X-A", "value": .string(value)]]]
    let tree = SourceTree(json: match, source: "test")
    let made = RouteMatchRule(tree.root, hostnames: ["a.test"], number: 0)
    #expect(made.rule == "Host(`a.test`) && PathPrefix(`/`) && Header(`X-A`, \(literal))")
}

@Test(arguments: [
    ("{matchLabels: {a: b}}", true), ("{matchLabels: {a: c}}", false), ("{matchLabels: {}}", true),
    ("{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", true),
    ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", false),
    ("{matchLabels: {a: b}, matchExpressions: [{key: x, operator: Exists}]}", false),
    ("{matchExpressions: [{key: x, operator: DoesNotExist}]}", true),
    ("{matchExpressions: [{key: x, operator: Near}]}", nil),
])
func selectorsOfObjectsAreHeldAgainstLabels(yaml: String, expected: Bool?) throws {
    let tree = try #require(ConfigurationDocument.parseAll(Array(yaml.utf8), path: "a.yml").trees.first)
    #expect(LabelSelector(tree.root)?.matches(["a": "b"]) == expected)
}
