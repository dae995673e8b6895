/// What http-parser lets pass and is refused here is from a list, each entry with what must stand in the message for it:
/// a refusal without its reason would turn somebody's good request away.
///
/// `HTTP_SEED` sets the first seed, `HTTP_ROUNDS` how many messages are made; a seed that fails is named with its message.
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct OracleRefusalTests {
    /// Where this codec is stricter.
    enum Strictness: String, CaseIterable {
        case bareLineFeed, bareCarriageReturn, controlByte, fold, blankBeforeColon, nameIsNoToken
        case codingInHTTP10, otherCoding
        case otherExpectation, noHost, severalHosts, malformedHost, requestLine, version, chunkLine, chunkEnd, trailer

        /// The refusals that it is a reason for.
        var refusals: Set<Refusal> {
            switch self {
            case .bareLineFeed, .bareCarriageReturn, .controlByte: [.fieldLine, .requestLine, .chunk]
            case .fold, .nameIsNoToken: [.fieldLine]
            case .blankBeforeColon: [.fieldName, .fieldLine]
            case .codingInHTTP10: [.framing]
            case .otherCoding: [.transferEncoding]
            case .otherExpectation: [.expectation]
            case .noHost: [.missingHost]
            case .severalHosts: [.severalHosts]
            case .malformedHost: [.malformedHost]
            case .requestLine: [.requestLine]
            case .version: [.version]
            case .chunkLine, .chunkEnd, .trailer: [.chunk]
            }
        }

        func stands(in message: Dissected) -> Bool {
            switch self {
            case .bareLineFeed: message.all.contains { !$0.hasSuffix("\r") }
            case .bareCarriageReturn: message.all.contains { $0.dropLast().contains("\r") }
            case .controlByte:
                message.all.contains { line in
                    line.contains { ($0.value < 0x20 && $0 != "\t" && $0 != "\r") || $0.value == 0x7f }
                }
            case .fold: message.fields.contains { $0.first == " " || $0.first == "\t" }
            case .blankBeforeColon:
                message.fields.contains { Dissected.name(of: $0).last == " " || Dissected.name(of: $0).last == "\t" }
            case .nameIsNoToken:
                message.fields.contains {
                    !$0.contains(":") || !Dissected.isToken(Dissected.name(of: $0))
                }
            case .codingInHTTP10:
                String(message.line).contains("HTTP/1.0") && !message.values(of: "transfer-encoding").isEmpty
            case .otherCoding:
                message.values(of: "transfer-encoding").count > 1
                    || message.values(of: "transfer-encoding").contains { $0.lowercased() != "chunked" }
            case .otherExpectation: message.values(of: "expect").contains { $0.lowercased() != "100-continue" }
            case .noHost: message.values(of: "host").isEmpty && !String(message.line).contains("HTTP/1.0")
            case .severalHosts: message.values(of: "host").count > 1
            case .malformedHost:
                message.values(of: "host").contains { value in
                    value.unicodeScalars.contains { scalar in
                        !Dissected.isAlphanumeric(scalar)
                            && !"-._~!$&'()*+,;=:[]%".unicodeScalars.contains(scalar)
                    }
                }
            case .requestLine:
                message.words.count != 3 || !(message.words.first.map { Dissected.isToken($0) } ?? false)
                    || message.words.contains { $0.isEmpty || $0.contains { $0.value <= 0x20 || $0.value == 0x7f } }
                    || message.words[1].first != "/" || !message.words[2].starts(with: "HTTP/".unicodeScalars)
            case .version: message.words.last.map { !["HTTP/1.0", "HTTP/1.1"].contains(String($0)) } ?? true
            case .chunkLine, .chunkEnd, .trailer: message.chunkFault == self
            }
        }
    }

    @Test func whatOnlyWeRefuseIsListed() {
        let first = OracleTests.setting("HTTP_SEED") ?? 1
        let rounds = OracleTests.setting("HTTP_ROUNDS") ?? 20_000
        var met: Set<Strictness> = []
        for seed in first..<first + rounds {
            var random = Random(state: seed)
            let bytes = OracleTests.message(&random, start: OracleTests.lines.randomElement(using: &random) ?? "")
            guard let refusal = refusedHere(bytes) else { continue }
            let reasons = reasons(refusal, bytes)
            #expect(!reasons.isEmpty, "HTTP_SEED=\(seed): \(refusal) for \(text(bytes).debugDescription)")
            if reasons.isEmpty { break }
            met.formUnion(reasons)
        }
        // A reason that nothing is refused for is no reason.
        if rounds >= 20_000 { #expect(Set(Strictness.allCases).subtracting(met) == []) }
    }

    /// The list can tell: a good message has none of its reasons, so that refusing it would be found.
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nX: a b\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\nhello",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked \r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n",
        "PUT /a?b=c HTTP/1.0\r\n\r\n",
    ])
    func aGoodMessageHasNoReason(message: String) {
        for refusal in Refusal.allCases { #expect(reasons(refusal, latin(message)) == []) }
        #expect(refusedHere(latin(message)) == nil)
    }

    private func reasons(_ refusal: Refusal, _ bytes: [UInt8]) -> Set<Strictness> {
        let message = Dissected(bytes)
        return Set(Strictness.allCases.filter { $0.refusals.contains(refusal) && $0.stands(in: message) })
    }

    /// Why a message that http-parser takes as a whole one is refused; nil when it is not.
    private func refusedHere(_ bytes: [UInt8]) -> Refusal? {
        let seen = Observation(bytes, isResponse: false)
        guard seen.error == nil, seen.isHeadComplete else { return nil }
        let head = RequestHead()
        switch parse(bytes, into: head) {
        case .refused(let refusal): return refusal
        case .incomplete: return nil
        case .complete(let end):
            guard seen.isComplete else { return nil }
            return decode(Array(bytes[end...]), head.framing).refusal
        }
    }
}

/// A message taken apart with no regard for how it is sent: line by line.
struct Dissected {
    typealias Text = Substring.UnicodeScalarView

    /// The request line, the fields, and both with the blank line and what a chunked body has of lines; each without its LF.
    let line: Text
    let fields: [Text]
    let all: [Text]
    let body: Text

    init(_ bytes: [UInt8]) {
        var rest = Substring(text(bytes)).unicodeScalars
        var lines: [Text] = []
        while let end = rest.firstIndex(of: "\n") {
            lines.append(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if let last = lines.last, last.allSatisfy({ $0 == "\r" }) { break }
        }
        line = lines.first ?? rest
        body = rest
        let named = lines.last?.allSatisfy { $0 == "\r" } == true ? lines.dropFirst().dropLast() : lines.dropFirst()
        fields = named.map { $0.last == "\r" ? $0.dropLast() : $0 }
        let bodyLines = rest.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        all = lines + bodyLines
    }

    /// The request line at its blanks.
    var words: [Text] {
        (line.last == "\r" ? line.dropLast() : line).split(separator: " ", omittingEmptySubsequences: false)
    }

    static func name(of field: Text) -> Text { field.prefix { $0 != ":" } }

    func values(of name: String) -> [String] {
        fields.filter { String(Self.name(of: $0)).lowercased() == name }.map { field in
            var value = field.drop { $0 != ":" }.dropFirst().drop { $0 == " " || $0 == "\t" }
            while value.last == " " || value.last == "\t" { value = value.dropLast() }
            return String(value)
        }
    }

    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        "a"..."z" ~= scalar || "A"..."Z" ~= scalar || "0"..."9" ~= scalar
    }

    static func isToken(_ text: Text) -> Bool {
        !text.isEmpty
            && text.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".unicodeScalars.contains($0) }
    }

    /// What is wrong with a chunked body, by the letter of RFC 9112.
    var chunkFault: OracleRefusalTests.Strictness? {
        var rest = body
        while let end = rest.firstIndex(of: "\n") {
            guard rest[..<end].last == "\r" else { return .chunkLine }
            let line = rest[..<end].dropLast()
            rest = rest[rest.index(after: end)...]
            let digits = line.prefix { Self.isAlphanumeric($0) }
            guard let size = Int(String(digits), radix: 16), digits.count <= 16,
                Self.isExtension(line[digits.endIndex...])
            else { return .chunkLine }
            if size == 0 { return Self.isTrailer(rest) ? nil : .trailer }
            guard rest.count >= size + 2 else {
                return rest.count > size && rest.dropFirst(size).first != "\r" ? .chunkEnd : nil
            }
            rest = rest.dropFirst(size)
            guard rest.starts(with: "\r\n".unicodeScalars) else { return .chunkEnd }
            rest = rest.dropFirst(2)
        }
        return nil
    }

    /// `;name`, `;name=token` or `;name="text"`, again and again.
    private static func isExtension(_ text: Text) -> Bool {
        var rest = text
        while !rest.isEmpty {
            guard rest.first == ";" else { return false }
            let name = rest.dropFirst().prefix { $0 != "=" && $0 != ";" }
            rest = rest[name.endIndex...]
            guard isToken(name) else { return false }
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            if rest.first == "\"" {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else { return false }
                rest = rest[rest.index(after: end)...]
            } else {
                let value = rest.prefix { $0 != ";" }
                rest = rest[value.endIndex...]
                guard isToken(value) else { return false }
            }
        }
        return true
    }

    private static func isTrailer(_ text: Text) -> Bool {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.last == "\r" else { return line.isEmpty }
            let field = line.dropLast()
            if field.isEmpty { return true }
            guard field.contains(":"), isToken(name(of: field)) else { return false }
            if field.contains(where: { ($0.value < 0x20 && $0 != "\t") || $0.value == 0x7f }) { return false }
        }
        return true
    }
}

extension Substring.UnicodeScalarView {
    fileprivate func hasSuffix(_ scalar: Unicode.Scalar) -> Bool { last == scalar }
}
