/// Which coding of an answer a client would rather have (RFC 9110 section 12.5.3).
enum AcceptEncoding {
    /// Whether gzip is welcome, and not less so than the plain text; never a reason to refuse.
    ///
    /// - Parameter values: the values of all `Accept-Encoding` fields.
    /// - Returns: false without any such field: what was not asked for is not sent.
    static func prefersGzip(_ values: [String]) -> Bool {
        var gzip: Double?
        var any: Double?
        var identity: Double?
        for element in values.flatMap({ $0.split(separator: ",") }) {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
            guard let coding = parts.first, !coding.isEmpty else { continue }
            let quality = quality(of: parts.dropFirst())
            switch coding.lowercased() {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, quality)
            case "*": any = quality
            case "identity": identity = quality
            default: break
            }
        }
        let wish = gzip ?? any ?? 0
        return wish > 0 && wish >= identity ?? 0
    }

    /// The weight of one coding, 1 when there is none; one that cannot be read is 0, the cautious side.
    private static func quality(of parameters: some Sequence<Substring>) -> Double {
        for parameter in parameters where parameter.lowercased().hasPrefix("q=") {
            let value = Double(parameter.dropFirst(2)) ?? 0
            return (0...1).contains(value) ? value : 0
        }
        return 1
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
