/// `entryPoints.<name>.http`: how requests are read and cleaned before they are routed.
package struct EntryPointHTTPConfiguration: ConfigurationSection {
    package enum UnderscoreHeadersStrategy: String, Word { case keep, delete, reject }

    /// Routers of this entry point that say nothing of TLS take it from here.
    package var tls: RouterTLSConfiguration?
    /// Nil: everything allowed.
    package var encodedCharacters: EncodedCharacters?
    package var encodeQuerySemicolons = false
    package var sanitizePath = true
    /// Bytes of a request's head; 4,096 more are let pass, as by Go.
    package var maxHeaderBytes = 1_048_576
    package var underscoreHeadersStrategy = UnderscoreHeadersStrategy.keep

    package init() {}

    package static let schema = Schema<Self>(
        .unsupported("redirections"),
        .unsupported("middlewares"),
        Field("tls", \.tls, "Routers of the entry point take requests that come over TLS, and no others."),
        Field("encodedCharacters", \.encodedCharacters, "Which percent-encoded characters a path may hold."),
        Field("encodeQuerySemicolons", \.encodeQuerySemicolons, "Encodes `;` in queries instead of reading it as `&`."),
        Field("sanitizePath", \.sanitizePath, "Cleans `//`, `/./` and `/../` before routing."),
        Field("maxHeaderBytes", \.maxHeaderBytes, "Bytes of a request's head; more is answered with 431."),
        Field(
            "underscoreHeadersStrategy", \.underscoreHeadersStrategy,
            "What happens to fields whose name has an underscore.")
    )

    /// `entryPoints.<name>.http.encodedCharacters`: what is false is answered with 400.
    package struct EncodedCharacters: ConfigurationSection {
        package var allowEncodedSlash = true
        package var allowEncodedBackSlash = true
        package var allowEncodedNullCharacter = true
        package var allowEncodedSemicolon = true
        package var allowEncodedPercent = true
        package var allowEncodedQuestionMark = true
        package var allowEncodedHash = true

        package init() {}

        package static let schema = Schema<Self>(
            Field("allowEncodedSlash", \.allowEncodedSlash, "`%2F` in paths."),
            Field("allowEncodedBackSlash", \.allowEncodedBackSlash, "`%5C` in paths."),
            Field("allowEncodedNullCharacter", \.allowEncodedNullCharacter, "`%00` in paths."),
            Field("allowEncodedSemicolon", \.allowEncodedSemicolon, "`%3B` in paths."),
            Field("allowEncodedPercent", \.allowEncodedPercent, "`%25` in paths."),
            Field("allowEncodedQuestionMark", \.allowEncodedQuestionMark, "`%3F` in paths."),
            Field("allowEncodedHash", \.allowEncodedHash, "`%23` in paths.")
        )
    }
}
