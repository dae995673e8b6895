/// Bodies in their framings, in one piece and in many.
@testable internal import SpeculaHTTP
internal import Testing

/// What a body came to.
struct Decoded: Equatable {
    var payload: [UInt8] = []
    /// Offset behind the body, where it ended.
    var end: Int?
    var refusal: Refusal?
    var trailers: [String] = []
}

/// Decodes `bytes` in pieces that end at `cuts`.
func decode(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int] = []) -> Decoded {
    var decoder = BodyDecoder(framing)
    var result = Decoded()
    var start = 0
    pieces: for end in cuts + [bytes.count] {
        let piece = bytes.span.extracting(start..<end)
        var offset = 0
        while true {
            switch decoder.next(piece, from: offset) {
            case .payload(let range):
                result.payload += range.map { piece[$0] }
                offset = range.upperBound
            case .end(let position):
                result.end = start + position
                break pieces
            case .needMore:
                start = end
                continue pieces
            case .refused(let refusal):
                result.refusal = refusal
                return result
            }
        }
    }
    let trailers = decoder.trailers
    result.trailers = (0..<trailers.count).map { index in
        trailers.withName(of: index) { text($0) } + "=" + trailers.withValue(of: index) { text($0) }
    }
    return result
}

@Suite struct BodyDecoderTests {
    @Test(arguments: [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("5;ext=1\r\nhello\r\n0\r\n\r\n", "hello"),
        ("005\r\nhello\r\n00\r\n\r\n", "hello"), ("0\r\n\r\n", ""), ("5 \r\nhello\r\n0\r\n\r\n", "hello"),
        ("1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n", "a0123456789"),
        ("5;a=\"q\\\"x;y\" ;b\r\nhello\r\n0;z\r\n\r\n", "hello"),
        ("a\r\n0123456789\r\n0\r\nX: 1\r\n\r\n", "0123456789"),
    ])
    func readsChunks(body: String, payload: String) {
        let bytes = latin(body)
        let decoded = decode(bytes + latin("next"), .chunked)
        #expect(decoded.payload == latin(payload))
        #expect(decoded.end == bytes.count)
    }

    /// Each extension was small enough, and a body could have any number of them for a byte of data each.
    ///
    /// CVE-2023-39326. As Go counts: 16 bytes a chunk and twice its data are free, 16 KiB of a body beyond that.
    @Test(arguments: [
        // (bytes of a chunk, bytes of its extension, chunks of them, whether they are taken)
        (1, 0, 100_000, true), (1, 12, 50_000, true), (1, 13, 16_384, true), (1, 13, 16_385, false),
        (1, 1_012, 16, true), (1, 1_012, 17, false), (1, 4_000, 4, true), (1, 4_000, 5, false),
        (1_000, 2_008, 1_000, true), (1_000, 2_008 + 1_024, 16, true), (1_000, 2_008 + 1_024, 17, false),
    ])
    func boundsWhatIsNoData(size: Int, extensionBytes: Int, count: Int, isTaken: Bool) {
        let data = [UInt8](repeating: 0x61, count: size)
        let name = extensionBytes > 0 ? latin(";" + String(repeating: "e", count: extensionBytes)) : []
        let chunk = latin(String(size, radix: 16)) + name + [13, 10] + data + [13, 10]
        let body = (0..<count).flatMap { _ in chunk } + latin("0\r\n\r\n")
        let decoded = decode(body, .chunked)
        #expect(decoded.refusal == (isTaken ? nil : .chunk))
        #expect(decoded.end == (isTaken ? body.count : nil))
        #expect(decoded.payload.count == (isTaken ? count : count - 1) * size)
        #expect(decode(body, .chunked, cuts: Array(stride(from: 7, to: body.count, by: 1_237))) == decoded)
    }

    @Test func dataMakesUpForWhatIsNone() {
        let padded = latin("1;" + String(repeating: "e", count: 4_000) + "\r\na\r\n")
        let plain = latin("2000\r\n") + [UInt8](repeating: 0x62, count: 0x2000) + [13, 10]
        let body = (0..<50).flatMap { _ in padded + padded + padded + plain } + latin("0\r\n\r\n")
        #expect(decode(body, .chunked).end == body.count)
        var decoder = BodyDecoder(.chunked)
        // The next body begins anew.
        for _ in 0..<2 {
            let four = padded + padded + padded + padded + latin("0\r\n\r\n")
            var offset = 0
            while case .payload(let range) = decoder.next(four.span, from: offset) { offset = range.upperBound }
            #expect(decoder.isEnded)
            decoder.restart(.chunked)
        }
    }

    @Test func collectsTrailers() {
        let decoded = decode(latin("0\r\nX-Sum: 42\r\nX-Two:  a b \r\n\r\n"), .chunked)
        #expect(decoded.trailers == ["X-Sum=42", "X-Two=a b"])
    }

    @Test func passesTrailersOnButForThoseThatFrame() {
        var decoder = BodyDecoder(.chunked)
        let bytes = latin("0\r\nX-Sum: 42\r\nContent-Length: 5\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n")
        #expect(decoder.next(bytes.span, from: 0) == .end(offset: bytes.count))
        let trailers = decoder.trailers
        #expect(text(written { $0.appendLastChunk(trailers) }) == "0\r\nX-Sum: 42\r\n\r\n")
        #expect(trailers.sizeBound >= 11)
    }

    @Test func countsKnownLengths() {
        #expect(decode(latin("hello, more"), .length(5)) == Decoded(payload: latin("hello"), end: 5))
        #expect(decode(latin("hel"), .length(5)) == Decoded(payload: latin("hel")))
        #expect(decode(latin("x"), .length(0)) == Decoded(end: 0))
        #expect(decode(latin("x"), .none) == Decoded(end: 0))
        #expect(decode(latin("all"), .untilClose) == Decoded(payload: latin("all")))
    }

    @Test func knowsWhenAClosingConnectionEndsTheBody() {
        var counted = BodyDecoder(.length(3))
        #expect(!counted.mayEndByClose)
        _ = counted.next(latin("abc").span, from: 0)
        #expect(counted.isEnded && counted.mayEndByClose)
        #expect(BodyDecoder(.untilClose).mayEndByClose)
        #expect(!BodyDecoder(.chunked).mayEndByClose)
        #expect(BodyDecoder(.none).isEnded)
    }

    @Test func anySplitOfAChunkedBodyGivesTheSame() {
        let bodies =
            SmugglingTests.chunks.map { latin($0) }.filter { $0.count < 200 } + [
                latin("5;a=\"q\\\"x\" ;b\r\nhello\r\n0B\r\n hello world\r\n000\r\nX-A: 1\r\nX-B:2\r\n\r\nnext")
            ]
        for body in bodies {
            let whole = decode(body, .chunked)
            for cut in 0...body.count {
                #expect(decode(body, .chunked, cuts: [cut]) == whole)
            }
            #expect(decode(body, .chunked, cuts: Array(0..<body.count)) == whole)
        }
    }

    @Test func writesChunks() {
        #expect(text(written { $0.appendChunkHead(count: 255) }) == "ff\r\n")
        #expect(text(written { $0.append(hex: 0) }) == "0")
        #expect(text(written { $0.append(hex: .max) }) == "ffffffffffffffff")
        #expect(text(written { $0.append(hex: 16) }) == "10")
        #expect(text(written { $0.appendLastChunk() }) == "0\r\n\r\n")
    }
}
