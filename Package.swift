// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: Swift 6 mode, explicit existentials and imports, memory safety told apart, no warning tolerated.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .treatWarning("StrictMemorySafety", as: .warning),
    // Tests run with every access checked; a release does without the run-time checks, a fifth of its own instructions.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A room of the house: a Swift target in `Sources`.
func room(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: imports, swiftSettings: settings)
}

/// The tests of one room, in a folder of the same name with `Tests` behind it.
func tests(_ name: String, _ imports: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: imports, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "Specula",
    products: [
        .executable(name: "specula", targets: ["Specula"])
    ],
    targets: [
        // Floor 0: Debian's libraries, and the few lines of C that Swift cannot say.
        .target(name: "CLinux"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CTOML"),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),

        // Floor 1: no room here knows another, but for the logger, the wire format that two of them write, and the blocks
        // that an answer's bytes cross threads in.
        room("SpeculaLogging"),
        room("SpeculaBytes"),
        room("SpeculaWire"),
        room("SpeculaTracing", ["SpeculaWire", "SpeculaLogging"]),
        room("SpeculaMetrics", ["CZlib", "SpeculaWire", "SpeculaBytes", "SpeculaLogging"]),
        room("SpeculaRouting", ["CRE2", "SpeculaLogging"]),
        room("SpeculaHTTP", ["SpeculaBytes", "SpeculaLogging"]),
        room("SpeculaIO", ["CLinux", "COpenSSL", "SpeculaBytes", "SpeculaLogging"]),

        // Floor 2: connections to servers; Traefik's configuration in, snapshot or diagnostics out.
        room(
            "SpeculaUpstream",
            ["SpeculaRouting", "SpeculaMetrics", "SpeculaTracing", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),
        room("SpeculaConfiguration", ["SpeculaRouting", "CYAML", "CTOML", "COpenSSL", "SpeculaLogging"]),

        // Floor 3: copies, the control plane's client, the demo's peers. SpeculaMirroring cannot import SpeculaProxy.
        room(
            "SpeculaMirroring",
            [
                "SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics", "SpeculaTracing", "SpeculaHTTP", "SpeculaIO",
                "SpeculaLogging",
            ]),
        room("SpeculaClient", ["SpeculaUpstream", "SpeculaTracing", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),
        room("SpeculaDemo", ["SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),

        // Floor 4: where an exchange lives; Kubernetes objects in, configuration out; the services behind routers.
        room(
            "SpeculaProxy",
            [
                "SpeculaMirroring", "SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics", "SpeculaTracing",
                "SpeculaHTTP", "SpeculaIO", "SpeculaLogging",
            ]),
        room(
            "SpeculaKubernetes",
            ["SpeculaConfiguration", "SpeculaClient", "SpeculaHTTP", "SpeculaLogging"]),
        room("SpeculaAdmin", ["SpeculaConfiguration", "SpeculaMetrics", "SpeculaHTTP", "SpeculaLogging"]),

        // Floor 5: the command line and the composition root.
        .executableTarget(
            name: "Specula",
            dependencies: [
                "SpeculaProxy", "SpeculaKubernetes", "SpeculaAdmin", "SpeculaMirroring", "SpeculaDemo",
                "SpeculaUpstream", "SpeculaClient",
                "SpeculaConfiguration", "SpeculaTracing", "SpeculaMetrics", "SpeculaRouting", "SpeculaHTTP",
                "SpeculaIO",
                "SpeculaLogging",
            ],
            swiftSettings: settings),

        // What metrics cost, beside a bare deflate of the same text.
        .executableTarget(
            name: "MetricsBenchmark", dependencies: ["SpeculaMetrics", "CZlib"], path: "Benchmarks/Metrics",
            swiftSettings: settings),

        // What the codec costs, in instructions.
        .executableTarget(
            name: "HTTPBenchmark", dependencies: ["SpeculaHTTP"], path: "Benchmarks/HTTP", exclude: ["thresholds.tsv"],
            swiftSettings: settings),

        // Tests mirror the rooms one to one.
        .systemLibrary(name: "CHTTPParser", path: "Tests/CHTTPParser", providers: [.apt(["libhttp-parser-dev"])]),
        tests("SpeculaHTTPTests", ["SpeculaHTTP", "CHTTPParser", "CAllocationCounter"]),
        .target(
            name: "SpeculaSimulation", dependencies: ["SpeculaIO"], path: "Tests/SpeculaSimulation",
            swiftSettings: settings),
        // The whole data plane on a network and a clock that do not exist.
        tests(
            "SimulationTests",
            [
                "SpeculaSimulation", "TestCertificates", "SpeculaProxy", "SpeculaMirroring", "SpeculaUpstream",
                "SpeculaMetrics", "SpeculaTracing",
                "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging",
            ]),
        // Certificates made on the spot, for tests of TLS.
        .target(
            name: "TestCertificates", dependencies: ["COpenSSL"], path: "Tests/TestCertificates",
            swiftSettings: settings),
        tests("SpeculaBytesTests", ["SpeculaBytes"]),
        tests(
            "SpeculaIOTests",
            ["SpeculaIO", "SpeculaBytes", "SpeculaSimulation", "CLinux", "TestCertificates", "CChildProcess"]),
        tests("SpeculaRoutingTests", ["SpeculaRouting"]),
        tests(
            "SpeculaUpstreamTests",
            ["SpeculaUpstream", "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaSimulation"]),
        tests(
            "SpeculaMirroringTests",
            [
                "SpeculaMirroring", "SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics", "SpeculaHTTP",
                "SpeculaConfiguration",
            ]),
        tests("SpeculaClientTests", ["SpeculaClient", "SpeculaHTTP", "SpeculaIO", "SpeculaSimulation"]),
        tests(
            "SpeculaProxyTests",
            ["SpeculaProxy", "SpeculaUpstream", "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaMetrics"]),
        tests("SpeculaConfigurationTests", ["SpeculaConfiguration", "SpeculaRouting", "TestCertificates"]),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        tests("SpeculaMetricsTests", ["SpeculaMetrics", "SpeculaBytes", "CAllocationCounter"], exclude: ["parse.py"]),
        tests(
            "SpeculaTracingTests", ["SpeculaTracing", "CAllocationCounter"], exclude: ["otlp.proto"]),
        tests("SpeculaLoggingTests", ["SpeculaLogging"]),
        tests(
            "SpeculaAdminTests",
            ["SpeculaAdmin", "SpeculaConfiguration", "SpeculaMetrics", "SpeculaHTTP", "SpeculaBytes"],
            exclude: ["Fixtures"]),
        // An API server of our own, and the command that lets kubectl try it.
        .target(
            name: "KubernetesStandIn", dependencies: ["SpeculaConfiguration", "SpeculaIO"],
            path: "Tests/KubernetesStandIn", swiftSettings: settings),
        .executableTarget(
            name: "apiserver", dependencies: ["KubernetesStandIn"], path: "Tests/APIServerCommand",
            swiftSettings: settings),
        tests(
            "SpeculaKubernetesTests",
            [
                "SpeculaKubernetes", "SpeculaConfiguration", "SpeculaClient", "SpeculaIO", "SpeculaLogging",
                "KubernetesStandIn", "TestCertificates", "SpeculaSimulation", "SpeculaHTTP",
            ],
            exclude: ["Fixtures"]),
        tests("SpeculaDemoTests", ["SpeculaDemo", "SpeculaIO"]),

        // Cases of Tests/Conformance, their player, and the command of scripts/conformance.
        .target(name: "CChildProcess", path: "Tests/CChildProcess"),
        .target(
            name: "SpeculaConformance", dependencies: ["CChildProcess", "COpenSSL"], path: "Tests/SpeculaConformance",
            swiftSettings: settings),
        .executableTarget(
            name: "conformance", dependencies: ["SpeculaConformance"], path: "Tests/ConformanceCommand",
            swiftSettings: settings),

        // The built gateway between real clients and real servers.
        tests(
            "IntegrationTests",
            [
                .target(name: "Specula"), "SpeculaConformance", "KubernetesStandIn", "SpeculaConfiguration",
                "TestCertificates",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)

// `SPECULA_TESTS=A,B` builds those tests alone, with what they stand on: scripts/sanitize, where the rest would be compiled for nothing.
if let wanted = Context.environment["SPECULA_TESTS"] {
    var kept = Set(wanted.split(separator: ",").map(String.init))
    var open = kept
    while let name = open.popFirst() {
        for case .byNameItem(let needed, _) in package.targets.first(where: { $0.name == name })?.dependencies ?? []
        where kept.insert(needed).inserted {
            open.insert(needed)
        }
    }
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll()
}
