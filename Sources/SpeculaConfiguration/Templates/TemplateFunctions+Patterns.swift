internal import SpeculaRouting

extension TemplateFunctions {
    /// Regular expressions in Go's syntax; one that Go would refuse is a mistake in the template.
    static let patterns: [String: Function] = [
        "regexMatch": { arguments throws(TemplateError) in
            .bool(try pattern(arguments).matches(try arguments.string(1)))
        },
        "regexFind": { arguments throws(TemplateError) in
            .string(try pattern(arguments).first(in: try arguments.string(1)) ?? "")
        },
        "regexFindAll": { arguments throws(TemplateError) in
            .list(
                try pattern(arguments).all(in: try text(arguments), most: try arguments.int(2)).map { .string($0) })
        },
        "regexSplit": { arguments throws(TemplateError) in
            .list(try pattern(arguments).split(try text(arguments), most: try arguments.int(2)).map { .string($0) })
        },
        "regexReplaceAll": { arguments throws(TemplateError) in .string(try replaced(arguments, isLiteral: false)) },
        "regexReplaceAllLiteral": { arguments throws(TemplateError) in
            .string(try replaced(arguments, isLiteral: true))
        },
        "regexQuoteMeta": { arguments throws(TemplateError) in
            let special = Array(#"\.+*?()|[]{}^$"#.utf8)
            let bytes = try arguments.string(0).utf8.flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            return .string(String(decoding: bytes, as: UTF8.self))
        },
    ]

    private static func pattern(_ arguments: TemplateArguments) throws(TemplateError) -> TextPattern {
        let pattern = try arguments.string(0)
        do throws(RegexError) { return try TextPattern(pattern) } catch { throw TemplateError(error.message) }
    }

    /// The text that is looked through; each of its bytes may become an item.
    private static func text(_ arguments: TemplateArguments) throws(TemplateError) -> String {
        let text = try arguments.string(1)
        _ = try arguments.bounded(text.utf8.count)
        return text
    }

    private static func replaced(_ arguments: TemplateArguments, isLiteral: Bool) throws(TemplateError) -> String {
        let replaced = try pattern(arguments).replacing(
            try arguments.string(1), with: try arguments.string(2), isLiteral: isLiteral,
            limit: TemplateArguments.maxItems)
        guard let replaced else { throw TemplateError("more than \(TemplateArguments.maxItems) items") }
        return replaced
    }
}
