/// Takes the chunked coding apart, strictly: every line ends in CR LF, sizes are bounded, extensions are read and forgotten.
///
/// Nobody sends hardly any data in a lot of bytes: what is not data is bounded for a whole body, as in Go. (CVE-2023-39326)
///
/// ```
/// size ─▶ blank ─▶ extension ─▶ sizeEnd ─▶ data ─▶ dataCR ─▶ dataLF ─▶ size
///                                   └────▶ trailer (size 0) ─▶ end
/// ```
/// | state | successors |
/// |---|---|
/// | size | size, blank, extensionStart, sizeEnd |
/// | blank (behind size, name or value) | blank, extensionStart, sizeEnd; behind a name valueStart |
/// | extensionStart | extensionName |
/// | extensionName | blank, extensionStart, valueStart, sizeEnd |
/// | valueStart | value, quoted |
/// | value, quoted, escaped | blank, extensionStart, sizeEnd |
/// | sizeEnd | data, trailer |
/// | data, dataCR, dataLF | dataCR, dataLF, size |
struct ChunkedDecoder: Sendable {
    private var state = State.size
    /// Digits of the size seen so far.
    private var digits: UInt8 = 0
    /// Bytes of the current line's extensions.
    private var extensionBytes: Int32 = 0
    /// Bytes of the body so far that are no data, beyond those that are free.
    private var excess: Int32 = 0
    /// The size being read; bytes of the chunk still to come.
    private var remaining: UInt64 = 0
    private(set) var trailers = TrailerBlock()

    private enum State: UInt8, Sendable {
        case size, blank, blankAfterName, extensionStart, extensionName, valueStart, value, quoted, escaped, sizeEnd
        case data, dataCR, dataLF, trailer, end
    }

    /// Bytes that the extensions of one chunk may have; nobody needs more.
    private static let maxExtensionBytes: Int32 = 4096
    /// Bytes that need not be data: so many a chunk and twice its data, and so many of a body beyond that. (Go: chunkedReader)
    private static let freeBytes: Int32 = 16
    private static let maxExcess: Int32 = 16 << 10

    mutating func next(_ bytes: Span<UInt8>, from start: Int) -> BodyStep {
        let count = bytes.count
        var offset = start
        while offset < count {
            switch state {
            case .data:
                let available = UInt64(count - offset)
                let taken = available < remaining ? Int(available) : Int(remaining)
                remaining -= UInt64(taken)
                if remaining == 0 { state = .dataCR }
                return .payload(offset..<offset + taken)
            case .trailer:
                switch trailers.consume(bytes, from: offset) {
                case .needMore: return .needMore
                case .end(let next):
                    state = .end
                    return .end(offset: next)
                case .malformed: return .refused(.chunk)
                }
            case .end: return .end(offset: offset)
            default:
                guard step(bytes[offset]) else { return .refused(.chunk) }
                offset += 1
            }
        }
        return state == .end ? .end(offset: offset) : .needMore
    }

    /// Takes one byte of a chunk's head or end; false when it may not stand there.
    @inline(__always)
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .size:
            if let digit = Byte.hexValue(byte) {
                digits += 1
                guard digits <= 16, remaining >> 58 == 0 else { return false }
                remaining = remaining << 4 | UInt64(digit)
                return true
            }
            guard digits > 0 else { return false }
            extensionBytes = 0
            return endOfPart(byte)
        case .sizeEnd:
            guard byte == Byte.lineFeed, countExcess() else { return false }
            digits = 0
            state = remaining == 0 ? .trailer : .data
            return true
        case .dataCR:
            state = .dataLF
            return byte == Byte.carriageReturn
        case .dataLF:
            state = .size
            return byte == Byte.lineFeed
        case .blank, .blankAfterName, .extensionStart, .extensionName, .valueStart, .value, .quoted, .escaped:
            extensionBytes += 1
            return extensionBytes <= Self.maxExtensionBytes && stepExtension(byte)
        case .data, .trailer, .end: return false
        }
    }

    /// Counts what is around a chunk's data: its line, and the line end behind it; false when that is too much by now.
    @inline(__always)
    private mutating func countExcess() -> Bool {
        let overhead = Int32(digits) + extensionBytes + 4
        let free = Self.freeBytes + 2 * Int32(truncatingIfNeeded: min(remaining, 1 << 20))
        excess = max(0, excess + overhead - free)
        return excess <= Self.maxExcess
    }

    private mutating func stepExtension(_ byte: UInt8) -> Bool {
        switch state {
        case .blank: return endOfPart(byte)
        case .blankAfterName:
            if byte != UInt8(ascii: "=") { return endOfPart(byte, behindName: true) }
            state = .valueStart
            return true
        case .extensionStart:
            if Byte.isBlank(byte) { return true }
            state = .extensionName
            return ASCIISet.token.contains(byte)
        case .extensionName:
            if ASCIISet.token.contains(byte) { return true }
            if byte != UInt8(ascii: "=") { return endOfPart(byte, behindName: true) }
            state = .valueStart
            return true
        case .valueStart:
            if Byte.isBlank(byte) { return true }
            state = byte == UInt8(ascii: "\"") ? .quoted : .value
            return state == .quoted || ASCIISet.token.contains(byte)
        case .value: return ASCIISet.token.contains(byte) || endOfPart(byte)
        case .quoted:
            if byte == UInt8(ascii: "\"") { state = .blank }
            if byte == UInt8(ascii: "\\") { state = .escaped }
            return byte >= Byte.space && byte != Byte.delete || byte == Byte.tab
        case .escaped:
            state = .quoted
            return byte >= Byte.space && byte != Byte.delete || byte == Byte.tab
        case .size, .sizeEnd, .data, .dataCR, .dataLF, .trailer, .end: return false
        }
    }

    /// What may follow a size, a name or a value: blanks, another extension, the line's end.
    private mutating func endOfPart(_ byte: UInt8, behindName: Bool = false) -> Bool {
        switch byte {
        case Byte.carriageReturn: state = .sizeEnd
        case UInt8(ascii: ";"): state = .extensionStart
        case Byte.space, Byte.tab: state = behindName ? .blankAfterName : .blank
        default: return false
        }
        return true
    }
}
