/// Shows a query without what may be secret in it, as Traefik does: the values of all parameters but the ones that are named safe.
///
/// Parameters come out sorted and encoded anew; what cannot be decoded is left out. (Traefik: tracing.safeQueryParams; Go: url.Values)
package struct SafeQuery: Sendable {
    private let safe: Set<String>

    package init(safe: [String] = []) { self.safe = Set(safe) }

    package func redacted(_ query: some Sequence<UInt8>) -> String {
        var values: [[UInt8]: [[UInt8]]] = [:]
        for pair in Array(query).split(separator: UInt8(ascii: "&")) where !pair.contains(UInt8(ascii: ";")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = PercentText.decode(pair[..<(equals ?? pair.endIndex)], plusIsBlank: true),
                let value = PercentText.decode(equals.map { pair[($0 + 1)...] } ?? [], plusIsBlank: true)
            else { continue }
            values[name, default: []].append(value)
        }
        let order = values.keys.sorted { $0.lexicographicallyPrecedes($1) }
        let pairs = order.flatMap { name in
            let shown = safe.contains(String(decoding: name, as: UTF8.self)) ? values[name] ?? [] : [Self.redaction]
            return shown.map { "\(PercentText.encode(name))=\(PercentText.encode($0))" }
        }
        return pairs.joined(separator: "&")
    }

    private static let redaction = Array("REDACTED".utf8)
}

/// Percent-encoding as Go's `net/url` reads and writes it.
enum PercentText {
    /// Nil when a `%` is not followed by two digits.
    static func decode(_ text: ArraySlice<UInt8>, plusIsBlank: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: decoded.append(0x20)
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    /// As `url.QueryEscape`.
    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20: text.append("+")
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
