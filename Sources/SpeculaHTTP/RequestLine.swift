/// The first line of a request: where its parts stand in the slab, and what the path needs before it can be used.
struct RequestLine: StartLine, Sendable {
    var method: Method = .get
    var version: Version = .http11
    var form: TargetForm = .origin
    /// What was seen in the target; nothing means that it can go upstream as it is.
    var marks: TargetMarks = []
    var methodCount: UInt32 = 0
    var targetStart: UInt32 = 0
    var targetCount: UInt32 = 0
    /// Offset of the `?`, or the end of the target.
    var pathEnd: UInt32 = 0
    /// The path's first byte; behind scheme and authority in an absolute target.
    var pathStart: UInt32 = 0
    var authorityStart: UInt32 = 0
    var authorityCount: UInt32 = 0

    static var isResponse: Bool { false }

    mutating func read(_ bytes: Span<UInt8>) -> LineOutcome {
        let count = bytes.count
        let token = ASCIISet.token
        var position = 0
        while position < count, token.contains(bytes[position]) { position &+= 1 }
        if position == count { return .incomplete }
        guard position > 0, bytes[position] == Byte.space else { return .malformed }
        methodCount = UInt32(truncatingIfNeeded: position)
        position &+= 1
        let start = position
        let end = readTarget(bytes, from: start)
        if end == count { return .incomplete }
        guard end > start, bytes[end] == Byte.space else { return .malformed }
        targetStart = UInt32(truncatingIfNeeded: start)
        targetCount = UInt32(truncatingIfNeeded: end &- start)
        // The method is recognised last: eight bytes from its start are there for certain then.
        let outcome = readVersion(bytes, from: end &+ 1)
        if outcome.next == nil { return outcome }
        method = Method.recognise(bytes, from: 0, count: Int(methodCount))
        return resolveForm(bytes) ? outcome : .malformed
    }

    /// Scans the target, remembers what it holds, and returns the offset of the byte that ends it.
    @inline(__always)
    private mutating func readTarget(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let count = bytes.count
        let plain = ASCIISet.plainPath
        var position = start
        var marks: TargetMarks = []
        while position < count {
            let byte = bytes[position]
            if plain.contains(byte) {
                position &+= 1
                continue
            }
            switch byte {
            case UInt8(ascii: "/"):
                position &+= 1
                if position < count, bytes[position] == UInt8(ascii: "/") || bytes[position] == UInt8(ascii: ".") {
                    marks.insert(.segments)
                }
                continue
            case UInt8(ascii: "."): break
            case UInt8(ascii: "%"): marks.insert(.percent)
            case UInt8(ascii: "?"):
                pathEnd = UInt32(truncatingIfNeeded: position)
                return readQuery(bytes, from: position, marks: marks)
            case UInt8(ascii: "#"): marks.insert(.fragment)
            case 0...Byte.space, Byte.delete:
                self.marks = marks
                pathEnd = UInt32(truncatingIfNeeded: position)
                return position
            default: marks.insert(.unescaped)
            }
            position &+= 1
        }
        return count
    }

    @inline(__always)
    private mutating func readQuery(_ bytes: Span<UInt8>, from mark: Int, marks: TargetMarks) -> Int {
        var marks = marks
        var position = mark &+ 1
        let count = bytes.count
        while position < count, bytes[position] > Byte.space, bytes[position] != Byte.delete {
            let byte = bytes[position]
            if byte == UInt8(ascii: ";") { marks.insert(.semicolon) }
            if byte == UInt8(ascii: "#") { marks.insert(.fragment) }
            position &+= 1
        }
        self.marks = marks
        return position
    }

    /// Reads `HTTP/d.d CRLF` at `start` (RFC 9112 section 2.3).
    @inline(__always)
    private mutating func readVersion(_ bytes: Span<UInt8>, from start: Int) -> LineOutcome {
        let count = bytes.count
        guard start &+ 10 <= count else {
            return .incomplete
        }
        let word = bytes.load64(start)
        let isLineEnd = bytes[start &+ 8] == Byte.carriageReturn && bytes[start &+ 9] == Byte.lineFeed
        guard isLineEnd else { return .malformed }
        if word == word64("HTTP/1.1") {
            version = .http11
            return LineOutcome(value: start &+ 10)
        }
        guard bytes.load32(start) == word32("HTTP"), bytes[start &+ 4] == UInt8(ascii: "/"),
            bytes[start &+ 6] == UInt8(ascii: "."), bytes[start &+ 5] &- 0x30 < 10, bytes[start &+ 7] &- 0x30 < 10
        else { return .malformed }
        guard bytes[start &+ 5] == UInt8(ascii: "1") else { return .version }
        version = bytes[start &+ 7] == UInt8(ascii: "0") ? .http10 : .http11
        return LineOutcome(value: start &+ 10)
    }

    /// Tells the four forms of a target apart (RFC 9112 section 3.2) and finds path and authority; false when it is none of them.
    @inline(__always)
    private mutating func resolveForm(_ bytes: Span<UInt8>) -> Bool {
        let start = Int(targetStart)
        if bytes[start] == UInt8(ascii: "/") {
            form = .origin
            pathStart = targetStart
            authorityCount = 0
            return true
        }
        return resolveRareForm(bytes, from: start, to: start + Int(targetCount))
    }

    private mutating func resolveRareForm(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        if bytes[start] == UInt8(ascii: "*"), targetCount == 1 {
            form = .asterisk
            pathStart = targetStart
            authorityCount = 0
            return method == .options
        }
        var authority = start
        var authorityEnd = end
        if method == .connect {
            form = .authority
        } else {
            form = .absolute
            if bytes.equalsIgnoringCase("http://", from: start, count: min(7, end - start)) {
                authority = start + 7
            } else if bytes.equalsIgnoringCase("https://", from: start, count: min(8, end - start)) {
                authority = start + 8
            } else {
                return false
            }
            authorityEnd = authority
            while authorityEnd < end, bytes[authorityEnd] != UInt8(ascii: "/"),
                bytes[authorityEnd] != UInt8(ascii: "?"),
                bytes[authorityEnd] != UInt8(ascii: "#")
            {
                authorityEnd += 1
            }
        }
        authorityStart = UInt32(truncatingIfNeeded: authority)
        authorityCount = UInt32(truncatingIfNeeded: authorityEnd - authority)
        pathStart = UInt32(truncatingIfNeeded: authorityEnd)
        // What was seen of the path was mixed with scheme and authority: it takes the long way.
        marks.formUnion(.pathWork)
        return authorityCount > 0 && HostShape(bytes, authority..<authorityEnd) != nil
    }
}
