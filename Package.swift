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

        // Floor 1: no room here knows another, but for the logger.
        room("SpeculaLogging"),
        room("SpeculaTracing", ["SpeculaLogging"]),
        room("SpeculaMetrics", ["CZlib", "SpeculaLogging"]),
        room("SpeculaRouting", ["CRE2", "SpeculaLogging"]),
        room("SpeculaHTTP", ["SpeculaLogging"]),
        room("SpeculaIO", ["CLinux", "COpenSSL", "SpeculaLogging"]),

        // Floor 2: connections to servers; Traefik's configuration in, snapshot or diagnostics out.
        room("SpeculaUpstream", ["SpeculaRouting", "SpeculaMetrics", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),
        room("SpeculaConfiguration", ["SpeculaRouting", "CYAML", "CTOML", "COpenSSL", "SpeculaLogging"]),

        // Floor 3: copies, the control plane's client, the demo's peers. SpeculaMirroring cannot import SpeculaProxy.
        room(
            "SpeculaMirroring",
            ["SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),
        room("SpeculaDemo", ["SpeculaHTTP", "SpeculaIO", "SpeculaLogging"]),

        // Floor 4: where an exchange lives; Kubernetes objects in, configuration out; the services behind routers.
        room(
            "SpeculaProxy",
            [
                "SpeculaMirroring", "SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics", "SpeculaHTTP", "SpeculaIO",
                "SpeculaLogging",
            ]),
        room("SpeculaKubernetes", ["SpeculaConfiguration", "SpeculaLogging"]),
        room("SpeculaAdmin", ["SpeculaConfiguration", "SpeculaMetrics", "SpeculaHTTP", "SpeculaLogging"]),

        // Floor 5: the command line and the composition root.
        .executableTarget(
            name: "Specula",
            dependencies: [
                "SpeculaProxy", "SpeculaKubernetes", "SpeculaAdmin", "SpeculaMirroring", "SpeculaDemo",
                "SpeculaUpstream",
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
                "SpeculaSimulation", "SpeculaProxy", "SpeculaMirroring", "SpeculaUpstream", "SpeculaMetrics",
                "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaLogging",
            ]),
        tests("SpeculaIOTests", ["SpeculaIO", "SpeculaSimulation", "CLinux"]),
        tests("SpeculaRoutingTests", ["SpeculaRouting"]),
        tests(
            "SpeculaUpstreamTests",
            ["SpeculaUpstream", "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaSimulation"]),
        tests("SpeculaMirroringTests", ["SpeculaMirroring", "SpeculaUpstream", "SpeculaRouting", "SpeculaMetrics"]),
        tests(
            "SpeculaProxyTests",
            ["SpeculaProxy", "SpeculaUpstream", "SpeculaRouting", "SpeculaHTTP", "SpeculaIO", "SpeculaMetrics"]),
        tests("SpeculaConfigurationTests", ["SpeculaConfiguration", "SpeculaRouting"]),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        tests("SpeculaMetricsTests", ["SpeculaMetrics", "CAllocationCounter"], exclude: ["parse.py"]),
        tests("SpeculaLoggingTests", ["SpeculaLogging"]),
        tests(
            "SpeculaAdminTests", ["SpeculaAdmin", "SpeculaConfiguration", "SpeculaMetrics", "SpeculaHTTP"],
            exclude: ["Fixtures"]),
        tests("SpeculaKubernetesTests", ["SpeculaKubernetes", "SpeculaConfiguration"], exclude: ["Fixtures"]),
        tests("SpeculaDemoTests", ["SpeculaDemo", "SpeculaIO"]),

        // Cases of Tests/Conformance, their player, and the command of scripts/conformance.
        .target(name: "SpeculaConformance", path: "Tests/SpeculaConformance", swiftSettings: settings),
        .executableTarget(
            name: "conformance", dependencies: ["SpeculaConformance"], path: "Tests/ConformanceCommand",
            swiftSettings: settings),

        // The built gateway between real clients and real servers.
        tests("IntegrationTests", [.target(name: "Specula"), "SpeculaConformance"]),
    ],
    cxxLanguageStandard: .cxx17
)
