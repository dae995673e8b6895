/// Checks the lines of `tracestate`, one after another: what other tracers of the trace want to know. (W3C Trace Context, 3.3)
///
/// It is passed on as it is or, when something in it is wrong, not at all; nothing of ours is put in.
package struct TraceState: Sendable {
    /// Members that the lines may have together.
    package static let maxMembers = 32

    private var members = 0
    private var isBroken = false

    package init() {}

    /// Whether everything so far may be passed on.
    package var isValid: Bool { !isBroken && members > 0 }

    /// Takes the value of the next line.
    package mutating func take(_ line: Span<UInt8>) {
        var start = 0
        while start <= line.count, !isBroken {
            var end = start
            while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
            member(line, from: start, to: end)
            start = end + 1
        }
    }

    /// `key=value`, or nothing but blanks.
    private mutating func member(_ line: Span<UInt8>, from start: Int, to end: Int) {
        var (first, last) = (start, end)
        while first < last, Self.isBlank(line[first]) { first += 1 }
        while last > first, Self.isBlank(line[last - 1]) { last -= 1 }
        guard first < last else { return }
        members += 1
        var equals = first
        while equals < last, line[equals] != UInt8(ascii: "=") { equals += 1 }
        isBroken =
            members > Self.maxMembers || equals == last || !Self.isKey(line, first..<equals)
            || !Self.isValue(line, equals + 1..<last)
    }

    /// `simple` or `tenant@system`; letters in lower case.
    private static func isKey(_ line: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 1, range.count <= 256 else { return false }
        var at: Int?
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = line[offset]
            if byte == UInt8(ascii: "@") {
                guard at == nil else { return false }
                at = offset
            } else if !isKeyByte(byte) {
                return false
            }
            offset += 1
        }
        guard let at else { return isLetter(line[range.lowerBound]) }
        let tenant = at - range.lowerBound
        let system = range.upperBound - at - 1
        guard (1...241).contains(tenant), (1...14).contains(system) else { return false }
        let first = line[range.lowerBound]
        return (isLetter(first) || isDigit(first)) && isLetter(line[at + 1])
    }

    private static func isValue(_ line: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 1, range.count <= 256 else { return false }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = line[offset]
            guard byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "=") else { return false }
            offset += 1
        }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isLetter(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7a }
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "/")
    }
}
