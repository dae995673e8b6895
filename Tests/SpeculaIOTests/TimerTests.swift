import SpeculaSimulation
import Testing

@testable import SpeculaIO

struct TimerTests {
    private final class Recorder: TimerTarget {
        var fired: [Int] = []
        var times: [Instant] = []
        var action: ((TimerID, Int) -> Void)?
        var now: () -> Instant = { Instant(nanoseconds: 0) }

        func timerFired(_ id: TimerID, tag: Int) {
            fired.append(tag)
            times.append(now())
            action?(id, tag)
        }
    }

    private static func fire(_ wheel: TimerWheel, at now: Instant) {
        wheel.advance(to: now)
        while let timer = wheel.popExpired(now: now) { timer.target.timerFired(timer.id, tag: timer.tag) }
    }

    /// Against a plain list: random deadlines near and far, cancelled, moved, with a clock that runs and jumps.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func wheelFiresWhatAListWould(seed: UInt64) {
        var random = SimulatedRandom(seed: seed)
        var now = Instant(nanoseconds: 5_000_000_000 + UInt64(random.below(1_000_000_000)))
        let wheel = TimerWheel(now: now)
        let recorder = Recorder()
        var model: [Int: Instant] = [:]
        var ids: [Int: TimerID] = [:]
        for step in 0..<4_000 {
            switch random.below(10) {
            case 0...4:
                let reach = random.pick([
                    1_000, 1_000_000, 70_000_000, 5_000_000_000, 300_000_000_000, 20_000_000_000_000,
                ])
                let deadline = now.advanced(byNanoseconds: UInt64(random.below(reach)))
                model[step] = deadline
                ids[step] = wheel.schedule(at: deadline, for: recorder, tag: step)
            case 5:
                guard let (tag, _) = model.randomElement(using: &random), let id = ids[tag] else { continue }
                wheel.cancel(id)
                model[tag] = nil
            case 6:
                guard let (tag, _) = model.randomElement(using: &random), let id = ids[tag] else { continue }
                let deadline = now.advanced(byNanoseconds: UInt64(random.below(10_000_000_000)))
                #expect(wheel.move(id, to: deadline))
                model[tag] = deadline
            default:
                let promised = wheel.nextDeadline()
                now = now.advanced(
                    byNanoseconds: UInt64(random.below(random.pick([2_000_000, 100_000_000, 30_000_000_000]))))
                recorder.fired = []
                Self.fire(wheel, at: now)
                let mustFire = model.filter { $0.value.nanoseconds + 1_000_000 <= now.nanoseconds }.keys
                let mayFire = model.filter { $0.value <= now }.keys
                #expect(Set(mustFire).isSubset(of: recorder.fired))
                #expect(Set(recorder.fired).isSubset(of: mayFire))
                if let promised, !recorder.fired.isEmpty { #expect(promised <= now) }
                for tag in recorder.fired { model[tag] = nil }
            }
            #expect(wheel.count == model.count)
            if let earliest = model.values.min(), let next = wheel.nextDeadline() {
                #expect(next.nanoseconds < max(earliest.nanoseconds, now.nanoseconds) + 2_000_000)
            }
        }
    }

    @Test func timersFireInTheOrderOfTheirDeadlines() {
        let start = Instant(nanoseconds: 1_000_000_000)
        let wheel = TimerWheel(now: start)
        let recorder = Recorder()
        for tag in [900, 5, 70_000, 30, 4_000] {
            _ = wheel.schedule(at: start.advanced(byNanoseconds: UInt64(tag) * 1_000_000), for: recorder, tag: tag)
        }
        Self.fire(wheel, at: start.advanced(byNanoseconds: 100_000_000_000))
        #expect(recorder.fired == [5, 30, 900, 4_000, 70_000])
        #expect(wheel.nextDeadline() == nil)
    }

    @Test func firedIdsMeanNothingAnyMore() {
        let start = Instant(nanoseconds: 1_000_000_000)
        let wheel = TimerWheel(now: start)
        let recorder = Recorder()
        let first = wheel.schedule(at: start, for: recorder, tag: 1)
        Self.fire(wheel, at: start.advanced(byNanoseconds: 5_000_000))
        let second = wheel.schedule(at: start.advanced(byNanoseconds: 10_000_000), for: recorder, tag: 2)
        wheel.cancel(first)
        wheel.cancel(.none)
        #expect(!wheel.move(first, to: start))
        #expect(wheel.isArmed(second) && !wheel.isArmed(first))
        #expect(first != second)
    }

    @Test func timerThatRearmsItselfWaitsForItsTime() {
        let world = SimulatedWorld(seed: 1)
        let loop = world.makeLoop()
        let recorder = Recorder()
        recorder.now = { loop.now }
        recorder.action = { _, tag in
            if tag < 3 { _ = loop.schedule(after: .seconds(1), for: recorder, tag: tag + 1) }
        }
        _ = loop.schedule(after: .zero, for: recorder, tag: 0)
        world.run(for: .seconds(10))
        #expect(recorder.fired == [0, 1, 2, 3])
        let gaps = zip(recorder.times.dropFirst(), recorder.times).map { $0 - $1 }
        #expect(gaps.allSatisfy { $0 >= .seconds(1) && $0 < .milliseconds(1_003) })
    }

    @Test func postponedTimerFiresOnceAtItsLastDeadline() {
        let world = SimulatedWorld(seed: 1)
        let loop = world.makeLoop()
        let recorder = Recorder()
        recorder.now = { world.now }
        let id = loop.schedule(after: .milliseconds(100), for: recorder, tag: 7)
        let start = world.now
        for step in 1...50 {
            world.after(.milliseconds(step * 10)) { loop.move(id, to: world.now + .milliseconds(100)) }
        }
        world.run(for: .seconds(5))
        #expect(recorder.fired == [7])
        #expect((recorder.times.first ?? start) - start >= .milliseconds(600))
    }

    @Test func laterIsCalledAtTheEndOfTheTurnAndMayAskAgain() {
        let world = SimulatedWorld(seed: 1)
        let loop = world.makeLoop()
        let recorder = Recorder()
        recorder.action = { id, tag in
            #expect(id == .none)
            if tag < 2 { loop.later(recorder, tag: tag + 1) }
        }
        loop.later(recorder, tag: 0)
        #expect(recorder.fired.isEmpty)
        world.settle()
        #expect(recorder.fired == [0, 1, 2])
        #expect(world.complaints == [])
    }
}
