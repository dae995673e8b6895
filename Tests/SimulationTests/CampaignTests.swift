import SpeculaSimulation
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The whole data plane under every fault, from seeds.
///
/// `SPECULA_SEEDS` says how many (default 200), `SPECULA_FIRST_SEED` where they begin, `SPECULA_SEED` plays a single one and
/// prints its transcript's hash.
@Suite(.timeLimit(.minutes(60)))
struct CampaignTests {
    private static func number(_ name: String) -> UInt64? {
        guard let text = unsafe getenv(name) else { return nil }
        return UInt64(unsafe String(cString: text))
    }

    private static let single = number("SPECULA_SEED")
    private static let count = number("SPECULA_SEEDS") ?? 200
    private static let first = number("SPECULA_FIRST_SEED") ?? 1
    /// `SPECULA_TRACE=seeds` tells each seed before it is played, for finding one that hangs.
    private static let isTalkative = unsafe getenv("SPECULA_TRACE") != nil
    /// Seeds go in bundles, so that a campaign of thousands is no list of thousands of tests.
    private static let bundles = 8

    @Test(arguments: 0..<bundles)
    func everySeedIsSurvived(bundle: Int) throws {
        if let single = Self.single {
            if bundle == 0 { try replay(single) }
            return
        }
        var met: Set<CoverageMark> = []
        for seed in Self.first..<(Self.first + Self.count) where seed % UInt64(Self.bundles) == UInt64(bundle) {
            if Self.isTalkative { Self.say("seed \(seed)") }
            for complaint in try Self.complaints(of: seed, &met) { Issue.record("\(complaint)") }
        }
        // Faults that are never met prove nothing: the last bundle says what all of them have met.
        guard let all = Self.played.withLock({ $0.add(met, outOf: Self.bundles) }), Self.count >= 200 else { return }
        #expect(Set(CoverageMark.allCases).subtracting(all) == [])
    }

    /// What the bundles have met so far.
    private struct Played {
        private var bundles = 0
        private var met: Set<CoverageMark> = []

        /// What all bundles have met; nil while some are still to be played.
        mutating func add(_ marks: Set<CoverageMark>, outOf count: Int) -> Set<CoverageMark>? {
            bundles += 1
            met.formUnion(marks)
            return bundles == count ? met : nil
        }
    }

    private static let played = Mutex(Played())

    /// What is wrong with the run of a seed, and what it has met.
    private static func complaints(of seed: UInt64, _ met: inout Set<CoverageMark>) throws -> [String] {
        let run = Run(seed: seed)
        let (world, seen) = try run.play(isMirrored: true)
        met.formUnion(world.marksHit)
        var complaints = world.complaints
        if run.isComparable {
            let (other, without) = try run.play(isMirrored: false)
            complaints += other.complaints.map { "without mirrors: \($0)" }
            for (client, same) in zip(seen.clients, without.clients) where client != same {
                complaints.append(difference(seed, client, same))
            }
            if seen.clients.count != without.clients.count { complaints.append("seed \(seed): other clients") }
        }
        return complaints
    }

    private static func difference(_ seed: UInt64, _ with: Run.Seen.Client, _ without: Run.Seen.Client) -> String {
        let what = with.received != without.received ? "bytes" : with.ending != without.ending ? "end" : "times"
        let place = zip(with.arrivals, without.arrivals).first { $0 != $1 }
        return "seed \(seed): \(with.name) notices the mirrors by its \(what): \(with.received.count) bytes, "
            + "\(without.received.count) without, \(String(describing: place)), ends \(String(describing: with.ending)), "
            + "\(String(describing: without.ending))"
    }

    private func replay(_ seed: UInt64) throws {
        let traced = unsafe getenv("SPECULA_TRACE").map { unsafe String(cString: $0) }
        let run = Run(seed: seed)
        for script in run.scripts {
            Self.say("\(script.startsAt) \(script.name) \(script.manner)")
            for ask in script.asks { Self.say("    \(ask)") }
        }
        for entry in run.layouts { Self.say("\(entry.at) \(entry.layout)") }
        if traced == "without" { _ = try run.play(isMirrored: false, trace: Self.say) }
        let (world, _) = try run.play(isMirrored: true) { line in if traced == "with" { Self.say(line) } }
        let (again, _) = try Run(seed: seed).play(isMirrored: true)
        #expect(world.transcript == again.transcript)
        var met: Set<CoverageMark> = []
        for complaint in try Self.complaints(of: seed, &met) { Issue.record("\(complaint)") }
        Self.say("seed \(seed): transcript \(String(world.transcript, radix: 16))")
    }

    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    }
}
