import SpeculaRouting
import Testing

@testable import SpeculaConfiguration

@Test(arguments: Fixtures.inputs)
func fixtureGivesItsDiagnosticsAndItsSnapshot(input: String) throws {
    var files = FakeFiles()
    files.files[input] = try Fixtures.text(input)
    let diagnostics = ConfigurationCheck.check(file: input, files: files)
    try Fixtures.expect(diagnostics.map { "\($0)\n" }.joined(), isGolden: "diagnostics", of: input)

    let (settings, dynamic) = load(input, files)
    guard let dynamic else { return try Fixtures.expect("", isGolden: "snapshot", of: input) }
    let (snapshot, runtime, _) = ConfigurationCompiler.compile(
        static: settings, dynamic: ["file": dynamic], generation: 1)
    try Fixtures.expect(SnapshotText.text(snapshot, runtime), isGolden: "snapshot", of: input)
}

/// The static half if there is a good one, else entry points `web` and `traefik`; and the dynamic half.
private func load(_ input: String, _ files: FakeFiles) -> (StaticConfiguration, DynamicConfiguration?) {
    var provider = FileProviderConfiguration()
    provider.filename = input
    let dynamic = DynamicLoader.load(provider, files: files).configuration
    if let settings = StaticLoader.load(file: input, files: files).configuration, settings.entryPoints["http"] == nil {
        return (settings, settings.providers.file == nil ? nil : dynamic)
    }
    var settings = StaticConfiguration()
    for (name, address) in [("web", ":8000"), ("traefik", ":8080")] {
        settings.entryPoints[name] = EntryPointConfiguration()
        settings.entryPoints[name]?.address = address
    }
    return (settings, dynamic)
}

@Test func thereAreFixtures() {
    #expect(Fixtures.inputs.count > 10)
}
