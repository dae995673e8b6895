import Testing

@testable import SpeculaRouting

struct MirrorSampleTests {
    /// Traefik's counter: chosen while fewer than percent of all requests have been.
    @Test func everyWholePercentIsChosenAsByTraefik() {
        for percent in 0...100 {
            var chosen = 0
            for ticket in 1...1000 {
                let expected = chosen * 100 < ticket * percent
                if expected { chosen += 1 }
                #expect(
                    MirrorSample.isChosen(ticket: UInt64(ticket), ratioMillionths: Int32(percent) * 10_000) == expected,
                    "ticket \(ticket) at \(percent) %")
            }
        }
    }

    @Test(arguments: [1, 125_000, 999_999] as [Int32])
    func decimalsAreExactOverAMillion(ratio: Int32) {
        var chosen = 0
        for ticket in UInt64(5_000_001)...6_000_000 where MirrorSample.isChosen(ticket: ticket, ratioMillionths: ratio)
        {
            chosen += 1
        }
        #expect(chosen == Int(ratio))
    }

    @Test func extremesHold() {
        #expect(!MirrorSample.isChosen(ticket: 1, ratioMillionths: 0))
        #expect(!MirrorSample.isChosen(ticket: 1, ratioMillionths: -1))
        #expect(MirrorSample.isChosen(ticket: .max, ratioMillionths: 1_000_000))
        #expect(MirrorSample.isChosen(ticket: .max, ratioMillionths: .max))
        #expect(MirrorSample.isChosen(ticket: 1, ratioMillionths: 1))
    }

    @Test func ticketsCountFromOne() {
        let ticket = Ticket()
        #expect((1...3).map { _ in ticket.next() } == [1, 2, 3])
    }
}
