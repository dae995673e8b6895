extension TemplateFunctions {
    /// Base64, base32, JSON, digests.
    static let encodings: [String: Function] = [
        "b64enc": { arguments throws(TemplateError) in
            .string(Base64.encode(Array(try arguments.string(0).utf8)))
        },
        "b64dec": { arguments throws(TemplateError) in
            guard let bytes = Base64.decode(try arguments.string(0)) else { throw TemplateError("illegal base64 data") }
            return .string(String(decoding: bytes, as: UTF8.self))
        },
        "b32enc": { arguments throws(TemplateError) in
            .string(Base32.encode(Array(try arguments.string(0).utf8)))
        },
        "b32dec": { arguments throws(TemplateError) in
            guard let bytes = Base32.decode(try arguments.string(0)) else { throw TemplateError("illegal base32 data") }
            return .string(String(decoding: bytes, as: UTF8.self))
        },
        "sha512sum": { arguments throws(TemplateError) in .string(Digest.sha512(try arguments.string(0))) },
        "sha256sum": { arguments throws(TemplateError) in
            .string(Digest.sha256(try arguments.string(0), digits: 64))
        },
        "sha1sum": { arguments throws(TemplateError) in .string(Digest.sha1(try arguments.string(0), digits: 40)) },
        "toJson": { arguments throws(TemplateError) in
            .string(String(decoding: try arguments.value(0).json.text, as: UTF8.self))
        },
        "toRawJson": { arguments throws(TemplateError) in
            var writer = JSONWriter(escapesHTML: false)
            writer.write(try arguments.value(0).json)
            return .string(String(decoding: writer.bytes, as: UTF8.self))
        },
        "toPrettyJson": { arguments throws(TemplateError) in
            .string(pretty(try arguments.value(0).json, indent: "\n"))
        },
        "adler32sum": { arguments throws(TemplateError) in
            var (low, high): (UInt32, UInt32) = (1, 0)
            for byte in try arguments.string(0).utf8 {
                low = (low + UInt32(byte)) % 65_521
                high = (high + low) % 65_521
            }
            return .string(String(high << 16 | low))
        },
        "fromJson": { arguments throws(TemplateError) in
            guard let json = try? JSONParser.parse(Array(try arguments.string(0).utf8)) else {
                throw TemplateError("no JSON")
            }
            return TemplateValue(json)
        },
    ]

    /// With two blanks for each level.
    private static func pretty(_ value: JSONValue, indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .array(let elements) where !elements.isEmpty:
            return "[" + elements.map { inner + pretty($0, indent: inner) }.joined(separator: ",") + indent + "]"
        case .object(let members) where !members.isEmpty:
            let shown = members.map { member in
                let name = String(decoding: JSONValue.string(member.name).text, as: UTF8.self)
                return "\(inner)\(name): \(pretty(member.value, indent: inner))"
            }
            return "{" + shown.joined(separator: ",") + indent + "}"
        case .null, .bool, .integer, .number, .string, .array, .object:
            return String(decoding: value.text, as: UTF8.self)
        }
    }
}

/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let value = part.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * $1.offset) }
            for position in 0..<4 {
                let digit = alphabet[Int(value >> (18 - 6 * position) & 63)]
                text.append(position <= part.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        var bytes: [UInt8] = []
        var value: UInt32 = 0
        for (position, digit) in digits.enumerated() {
            let isPadding = position >= digits.count - padding
            guard let number = isPadding ? 0 : alphabet.firstIndex(of: digit) else { return nil }
            value = value << 6 | UInt32(number)
            guard position % 4 == 3 else { continue }
            bytes += [UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
            value = 0
        }
        bytes.removeLast(padding)
        return bytes
    }
}

/// Base32 with padding (RFC 4648, section 6).
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 4) / 5 * 8)
        for start in stride(from: 0, to: bytes.count, by: 5) {
            let part = bytes[start..<min(start + 5, bytes.count)]
            let value = part.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (32 - 8 * $1.offset) }
            let digits = (part.count * 8 + 4) / 5
            for position in 0..<8 {
                let digit = alphabet[Int(value >> (35 - 5 * position) & 31)]
                text.append(position < digits ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 8) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            let block = digits[start..<start + 8]
            let used = block.prefix { $0 != UInt8(ascii: "=") }
            let isLast = start + 8 == digits.count
            guard [8, 7, 5, 4, 2].contains(used.count), used.count == 8 || isLast,
                block.dropFirst(used.count).allSatisfy({ $0 == UInt8(ascii: "=") })
            else { return nil }
            var value: UInt64 = 0
            for digit in used {
                guard let number = alphabet.firstIndex(of: digit) else { return nil }
                value = value << 5 | UInt64(number)
            }
            value <<= UInt64(5 * (8 - used.count))
            for position in 0..<(used.count * 5 / 8) { bytes.append(UInt8(value >> (32 - 8 * position) & 255)) }
        }
        return bytes
    }
}
