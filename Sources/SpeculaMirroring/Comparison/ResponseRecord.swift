internal import SpeculaHTTP

/// Takes one side's answer down as it passes: facts and a hash, and the bytes themselves where JSON will have to be read.
///
/// Never more than `holdLimit` bytes are held, all of them taken from the budget for copies first.
internal struct ResponseRecord {
    private(set) var facts = ResponseFacts()
    private(set) var bytes: [UInt8] = []
    private var hash = ByteHash()
    private var heldBytes = 0
    /// Bytes that are hashed, from the first; 0: none.
    private var hashLimit: UInt64 = 0
    /// Bytes that are held; 0: none.
    private var holdLimit = 0

    /// Before the head comes: what is to be noted of the body.
    mutating func expect(hashing: UInt64, holding: Int) {
        hashLimit = max(hashLimit, hashing)
        holdLimit = max(holdLimit, holding)
    }

    mutating func head(_ head: ResponseHead, of method: Method, _ budget: MirrorBudget) {
        facts.status = head.status
        facts.mayHaveBody = method != .head && head.status >= 200 && head.status != 204 && head.status != 304
        facts.isEncoded = head.withFirst(.contentEncoding) { !$0.isWord(Words.identity, in: 0..<$0.count) } ?? false
        facts.isJSON = head.withFirst(.contentType) { $0.isTypeOfJSON } ?? false
        facts.isHeld = holdLimit > 0 && facts.mayHaveBody && facts.isJSON && !facts.isEncoded
        guard facts.isHeld, case .length(let length) = head.framing else { return }
        if length > UInt64(holdLimit) || !take(Int(length), of: budget) {
            facts.isHeld = false
        } else {
            bytes.reserveCapacity(Int(length))
        }
    }

    /// What the fields that are compared say.
    mutating func note(fields digest: UInt64) { facts.fields = digest }

    mutating func body(_ part: Span<UInt8>, _ budget: MirrorBudget) {
        facts.length &+= UInt64(part.count)
        if hash.count < hashLimit { hash.update(part) }
        guard facts.isHeld else { return }
        let missing = bytes.count + part.count - heldBytes
        if facts.length > UInt64(holdLimit) || missing > 0 && !take(missing, of: budget) {
            letGo(budget)
        } else {
            bytes.append(copying: part, 0..<part.count)
        }
    }

    /// The answer is over: whole, or cut off where no more of it is read.
    mutating func end(isCutOff: Bool) {
        facts.isWhole = true
        facts.isCutOff = isCutOff
        facts.digest = hash.value
    }

    /// Gives the bytes back.
    mutating func letGo(_ budget: MirrorBudget) {
        facts.isHeld = false
        if heldBytes > 0 { budget.giveBackCompared(heldBytes) }
        heldBytes = 0
        if bytes.capacity > 0 { bytes = [] }
    }

    private mutating func take(_ count: Int, of budget: MirrorBudget) -> Bool {
        guard budget.takeCompared(count) else { return false }
        heldBytes += count
        return true
    }
}

/// Words of fields, in lower case.
private enum Words {
    static let identity = Array("identity".utf8)
    static let json = Array("application/json".utf8)
    static let jsonSuffix = Array("+json".utf8)
}

extension Span<UInt8> {
    /// A media type of JSON: `application/json`, or one that ends in `+json`. (RFC 6839, 3.1)
    fileprivate var isTypeOfJSON: Bool {
        var end = 0
        while end < count, self[end] != UInt8(ascii: ";") { end += 1 }
        while end > 0, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        if isWord(Words.json, in: 0..<end) { return true }
        return end > 5 && isWord(Words.jsonSuffix, in: end - 5..<end)
    }

    /// Whether a part is this word, which is in lower case, in any case.
    fileprivate func isWord(_ word: [UInt8], in range: Range<Int>) -> Bool {
        guard range.count == word.count else { return false }
        for place in word.indices where self[range.lowerBound + place].lowercased != word[place] { return false }
        return true
    }
}

extension UInt8 {
    /// In lower case, where it is a letter of ASCII.
    var lowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}
