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
