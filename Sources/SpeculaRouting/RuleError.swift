/// Why a rule is refused, and where.
package struct RuleError: Error, Hashable, Sendable {
    /// Bytes of UTF-8 from the rule's start to the token that is wrong.
    package let offset: Int
    /// One sentence without a full stop: `unknown matcher "PathPerfix" (did you mean PathPrefix?)`.
    package let message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
}
