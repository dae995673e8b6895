import SpeculaHTTP
import Testing

@testable import SpeculaMirroring

/// What of the fields that are compared counts.
@Suite struct FieldDigestTests {
    private func digest(_ fields: [String], of names: String...) throws -> UInt64 {
        let head = ResponseHead()
        var parser = ResponseParser()
        let text = Array((["HTTP/1.1 200 OK"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
        let step = parser.consume(text.span, into: head, answering: .get)
        #expect(step == .complete(consumed: text.count))
        return FieldDigest.digest(of: head, names.map { Array($0.utf8) })
    }

    @Test func otherFieldsDoNotCount() throws {
        #expect(try digest(["A: 1", "B: 2"], of: "a") == digest(["B: 3", "a:1"], of: "a"))
        #expect(try digest(["A: 1"], of: "a", "b") != digest(["B: 1"], of: "a", "b"))
        #expect(try digest([], of: "a") != digest(["A:"], of: "a"))
    }

    @Test func blanksBesideMarksAndLinesOfAListDoNotCount() throws {
        let one = try digest(["Vary: a, b", "Vary: c;q=1"], of: "vary")
        #expect(try one == digest(["vary: a,b ,  c ;\tq=1"], of: "vary"))
        #expect(try one != digest(["Vary: a, b", "Vary: c;q=2"], of: "vary"))
        #expect(try digest(["Vary: a b"], of: "vary") == digest(["Vary: a  b"], of: "vary"))
        #expect(try digest(["Vary: a b"], of: "vary") != digest(["Vary: ab"], of: "vary"))
    }

    @Test func caseCountsButInMediaTypes() throws {
        #expect(
            try digest(["Content-Type: Text/HTML"], of: "content-type")
                == digest(["Content-Type: text/html"], of: "content-type"))
        #expect(try digest(["Location: /A"], of: "location") != digest(["Location: /a"], of: "location"))
    }

    @Test func cookiesCountByTheirNames() throws {
        let one = try digest(["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2"], of: "set-cookie")
        #expect(try one == digest(["Set-Cookie: b=; Secure", "Set-Cookie: a=9"], of: "set-cookie"))
        #expect(try one != digest(["Set-Cookie: a=1"], of: "set-cookie"))
        #expect(try one != digest(["Set-Cookie: a=1", "Set-Cookie: c=2"], of: "set-cookie"))
    }
}
