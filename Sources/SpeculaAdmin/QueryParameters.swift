/// The parameters of a query string, as Go's `net/url` reads them.
///
/// Pairs are split at `&`; `+` is a blank; a pair with a `;` or a bad escape is left out.
struct QueryParameters {
    private let values: [String: [String]]

    init(_ query: String) {
        var values: [String: [String]] = [:]
        for pair in query.split(separator: "&") where !pair.utf8.contains(UInt8(ascii: ";")) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decodeForm(parts[0]),
                let value = PercentEncoding.decodeForm(parts.count > 1 ? parts[1] : "")
            else { continue }
            values[name, default: []].append(value)
        }
        self.values = values
    }

    /// The first value of that name; empty when there is none.
    subscript(name: String) -> String { values[name]?.first ?? "" }

    /// All values of that name, in order.
    func all(_ name: String) -> [String] { values[name] ?? [] }
}

/// Percent-encoded text (RFC 3986 section 2.1), with `+` for a blank as forms have it.
enum PercentEncoding {
    /// Nil for an escape that is not `%` and two hex digits.
    ///
    /// Bytes that are not UTF-8 are replaced.
    static func decodeForm(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let byte) where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case .some(let byte) where byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case .some(let byte) where byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
