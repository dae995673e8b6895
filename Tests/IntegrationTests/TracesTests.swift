import Foundation
import Testing

extension RealSocketTests {
    /// `Tests/Traces/play.py`: a real collector's side of OTLP, Traefik's own spans, and collectors that are no help.
    @Suite(.serialized)
    struct Traces {
        @Test(arguments: ["golden", "json", "context", "rate", "off", "broken", "log", "last"])
        func spansAreWhatTheyShouldBe(scene: String) throws {
            let bench = try Bench()
            let script = Bench.top.appendingPathComponent("Tests/Traces/play.py").path
            let told = try run("/usr/bin/python3", [script, Bench.specula, scene], in: bench)
            #expect(told.status == 0, "\(told.output)")
        }
    }
}
