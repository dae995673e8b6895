/// Chooses format and coding of an answer by what a scraper accepts; there is always an answer, never a 406. (RFC 9110, 12.5)
enum Negotiation {
    /// A range of an `Accept` field: `type/subtype`, its parameters, its weight in thousandths.
    private struct MediaRange {
        var name: String
        var parameters: [(name: String, value: String)]
        var weight: Int
    }

    /// The format for the lines of `Accept`.
    ///
    /// Text unless another is asked for by name and weighs more, or the same.
    static func format(accept: [String], openMetrics: Bool, protobuf: Bool) -> ExpositionFormat {
        var ranges: [MediaRange] = []
        for line in accept {
            for element in split(line, at: ",") {
                if let range = mediaRange(element) { ranges.append(range) }
            }
        }
        var best = ExpositionFormat.text004
        var bestWeight = 0
        // In this order formats win among equals; text comes last, because nobody who can read another needs it.
        var offers: [ExpositionFormat] = []
        if protobuf { offers.append(.protobuf) }
        if openMetrics { offers += [.openMetrics100, .openMetrics001] }
        for offer in offers + [.text004] {
            let weight = self.weight(of: offer, in: ranges)
            if weight > bestWeight { (best, bestWeight) = (offer, weight) }
        }
        return best
    }

    /// Whether the answer may and should be compressed, for the lines of `Accept-Encoding`.
    static func isGzipped(acceptEncoding: [String]) -> Bool {
        var gzip: Int?
        var identity: Int?
        var any: Int?
        for element in acceptEncoding.flatMap({ split($0, at: ",") }) {
            let parts = split(element, at: ";")
            guard let name = parts.first.map(trimmed)?.lowercased(), !name.isEmpty else { continue }
            guard let weight = weight(in: parts.dropFirst()) else { continue }
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": any = weight
            default: break
            }
        }
        let wanted = gzip ?? any ?? 0
        // Who does not name identity would rather have something compressed.
        return wanted > 0 && wanted >= identity ?? 0
    }

    private static func weight(of format: ExpositionFormat, in ranges: [MediaRange]) -> Int {
        var weight = 0
        var best = 0
        for range in ranges {
            let specificity = specificity(of: range, for: format)
            guard specificity > 0, specificity > best || specificity == best && range.weight > weight else { continue }
            (weight, best) = (range.weight, specificity)
        }
        return weight
    }

    /// How closely a range names a format; 0: not at all.
    ///
    /// Wildcards mean text, which people and old scripts want.
    private static func specificity(of range: MediaRange, for format: ExpositionFormat) -> Int {
        let version = range.parameters.first { $0.name == "version" }?.value
        switch format {
        case .text004:
            switch range.name {
            case "*/*": return 1
            case "text/*": return 2
            case "text/plain": return version == nil ? 3 : version == "0.0.4" ? 4 : 0
            default: return 0
            }
        case .openMetrics100:
            guard range.name == "application/openmetrics-text" else { return 0 }
            return version == nil ? 3 : version == "1.0.0" ? 4 : 0
        case .openMetrics001:
            return range.name == "application/openmetrics-text" && version == "0.0.1" ? 4 : 0
        case .protobuf:
            guard range.name == "application/vnd.google.protobuf" else { return 0 }
            let isFamilies = range.parameters.contains {
                $0.name == "proto" && $0.value == "io.prometheus.client.metricfamily"
            }
            let isDelimited = range.parameters.contains { $0.name == "encoding" && $0.value == "delimited" }
            return isFamilies && isDelimited ? 4 : 0
        }
    }

    private static func mediaRange(_ text: String) -> MediaRange? {
        let parts = split(text, at: ";")
        guard let name = parts.first.map(trimmed)?.lowercased(), !name.isEmpty else { return nil }
        guard let weight = weight(in: parts.dropFirst()) else { return nil }
        var parameters: [(String, String)] = []
        for part in parts.dropFirst() {
            let pair = split(part, at: "=")
            guard pair.count == 2 else { continue }
            parameters.append((trimmed(pair[0]).lowercased(), unquoted(trimmed(pair[1])).lowercased()))
        }
        return MediaRange(name: name, parameters: parameters, weight: weight)
    }

    /// `q` in thousandths, 1000 when there is none; nil when it is out of range or no number, which voids the element.
    private static func weight(in parameters: ArraySlice<String>) -> Int? {
        for parameter in parameters {
            let pair = split(parameter, at: "=")
            guard pair.count == 2, trimmed(pair[0]).lowercased() == "q" else { continue }
            guard let weight = Double(trimmed(pair[1])), weight >= 0, weight <= 1 else { return nil }
            return Int(weight * 1000 + 0.5)
        }
        return 1000
    }

    /// Splits outside of quotes.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var rest = Substring(text)
        while let first = rest.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }

    private static func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}
