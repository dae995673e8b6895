internal import SpeculaHTTP

/// What the fields that are compared say, as one number.
///
/// Blanks beside commas and semicolons do not count, nor whether a list stands in one line or in several. A media type counts in any
/// case. Of `Set-Cookie` the names count, in any order: values are the server's own.
internal enum FieldDigest {
    static func digest(of head: ResponseHead, _ names: [[UInt8]]) -> UInt64 {
        var digest: UInt64 = 0
        for name in names {
            let field: UInt64 = name == setCookie ? cookies(head, name) : values(head, name)
            digest = ByteHash.folded(digest, field)
        }
        return digest
    }

    private static let setCookie = Array("set-cookie".utf8)
    private static let contentType = Array("content-type".utf8)

    private static func values(_ head: ResponseHead, _ name: [UInt8]) -> UInt64 {
        var hash = ByteHash()
        var isFirst = true
        let ignoresCase = name == contentType
        _ = head.anyField(named: name.span) { value in
            if !isFirst { hash.update(UInt8(ascii: ",")) }
            isFirst = false
            add(value, ignoresCase: ignoresCase, to: &hash)
            return false
        }
        // An empty field is not none.
        return isFirst ? 0 : hash.value
    }

    private static func add(_ value: Span<UInt8>, ignoresCase: Bool, to hash: inout ByteHash) {
        var afterMark = true
        var blanks = 0
        for place in 0..<value.count {
            let byte = value[place]
            if byte == 0x20 || byte == 0x09 {
                blanks += 1
                continue
            }
            let isMark = byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";")
            if blanks > 0, !afterMark, !isMark { hash.update(0x20) }
            blanks = 0
            afterMark = isMark
            hash.update(ignoresCase ? byte.lowercased : byte)
        }
    }

    private static func cookies(_ head: ResponseHead, _ name: [UInt8]) -> UInt64 {
        var sum: UInt64 = 0
        _ = head.anyField(named: name.span) { value in
            var hash = ByteHash()
            for place in 0..<value.count {
                if value[place] == UInt8(ascii: "=") || value[place] == UInt8(ascii: ";") { break }
                hash.update(value[place])
            }
            sum &+= hash.value
            return false
        }
        return sum
    }
}
