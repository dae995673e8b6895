@testable import SpeculaHTTP
import Testing

@Suite struct ByteHashTests {
    private func hash(_ bytes: [UInt8], cuts: [Int] = []) -> UInt64 {
        var hash = ByteHash()
        var start = 0
        for end in cuts + [bytes.count] {
            hash.update(bytes.span.extracting(start..<end))
            start = end
        }
        return hash.value
    }

    @Test func itDoesNotMatterHowTheStreamIsCut() {
        let bytes = (0..<61).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let whole = hash(bytes)
        for first in 0...bytes.count {
            for second in first...bytes.count { #expect(hash(bytes, cuts: [first, second]) == whole) }
        }
        var single = ByteHash()
        for byte in bytes { single.update(byte) }
        #expect(single.value == whole && single.count == 61)
    }

    @Test func everyByteAndEveryZeroCounts() {
        var seen: Set<UInt64> = []
        for count in 0..<40 {
            let zeros = [UInt8](repeating: 0, count: count)
            #expect(seen.insert(hash(zeros)).inserted)
            for place in zeros.indices {
                var one = zeros
                one[place] = 1
                #expect(seen.insert(hash(one)).inserted)
                one[place] = 0x80
                #expect(seen.insert(hash(one)).inserted)
            }
        }
    }
}
