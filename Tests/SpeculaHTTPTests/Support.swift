/// What the tests of this room share: bytes from text, heads from bytes, writers into arrays.
@testable internal import SpeculaHTTP

/// The bytes of a text whose characters stand for one byte each, so that `\u{e9}` is 0xe9.
func latin(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// The text of bytes, each one character.
func text(_ bytes: [UInt8]) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

func text(_ bytes: Span<UInt8>) -> String {
    text(bytes.indices.map { bytes[$0] })
}

/// What a parse of a request came to, for comparison.
enum Parsed: Equatable, CustomStringConvertible {
    case incomplete
    case complete(consumed: Int)
    case refused(Refusal)

    var description: String {
        switch self {
        case .incomplete: "incomplete"
        case .complete(let consumed): "complete(\(consumed))"
        case .refused(let refusal): "refused(\(refusal))"
        }
    }
}

/// Feeds `bytes` to a parser in pieces that end at `cuts`.
func parse(
    _ bytes: [UInt8], into head: RequestHead, limits: HeadLimits = HeadLimits(), cuts: [Int] = []
) -> Parsed {
    var parser = RequestParser(limits: limits)
    head.reset()
    var start = 0
    for end in cuts + [bytes.count] {
        switch parser.consume(bytes.span.extracting(start..<end), into: head) {
        case .needMore: start = end
        case .complete(let consumed): return .complete(consumed: start + consumed)
        case .refused(let refusal): return .refused(refusal)
        }
    }
    return .incomplete
}

/// A request that must be accepted, with its target prepared.
func request(_ text: String, policy: TargetPolicy = TargetPolicy()) -> RequestHead? {
    let head = RequestHead()
    guard case .complete = parse(latin(text), into: head), head.prepareTarget(policy) == nil else { return nil }
    return head
}

/// How a request is answered before routing: by the parser or by the target's preparation.
func refusal(_ text: String, policy: TargetPolicy = TargetPolicy(), limits: HeadLimits = HeadLimits()) -> Refusal? {
    let head = RequestHead()
    switch parse(latin(text), into: head, limits: limits) {
    case .refused(let refusal): return refusal
    case .complete: return head.prepareTarget(policy)
    case .incomplete: return nil
    }
}

/// Runs `body` with a writer over `capacity` bytes and returns what it wrote.
func written(capacity: Int = 1 << 16, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
        body(&writer)
        count = writer.count
    }
}

/// The lines of a head that follow its first one, sorted, without the empty one.
func fieldLines(_ head: [UInt8]) -> [String] {
    text(head).split(separator: "\r\n", omittingEmptySubsequences: false).dropFirst()
        .filter { !$0.isEmpty }.map(String.init).sorted()
}

/// A small generator whose seed is printed with what it finds.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
