import Testing

@testable import SpeculaRouting

struct RegexSyntaxTests {
    @Test(arguments: [
        ("(?<a>x)", "(?P<a>x)"), ("(?P<a>x)", "(?P<a>x)"), ("\\(?<a>", "\\(?<a>"), ("[(?<a>]", "[(?<a>]"),
        ("[](?<a>]", "[](?<a>]"), ("[^](?<a>](?<b>x)", "[^](?<a>](?P<b>x)"),
        ("\\Q(?<a>\\E(?<b>x)", "\\Q(?<a>\\E(?P<b>x)"),
        ("\\Q(?<a>", "\\Q(?<a>"), ("[[:alpha:](?<a>](?<b>x)", "[[:alpha:](?<a>](?P<b>x)"), ("a\\", "a\\"),
        ("[\\](?<a>](?<b>x)", "[\\](?<a>](?P<b>x)"), ("(?i)(?:a)", "(?i)(?:a)"),
    ])
    func onlyNamedGroupsAreRewritten(pattern: String, expected: String) throws {
        #expect(try RegexSyntax.translated([UInt8](pattern)) == [UInt8](expected))
    }

    @Test(arguments: ["\\C", "(", "[a", "a**", "(?<a", "(?=a)", "\\1", "a{1001}"])
    func whatGoRefusesIsRefused(pattern: String) {
        #expect(throws: RegexError.self) { try RegexPattern([UInt8](pattern)) }
    }

    @Test func bigPatternsGetTheirMemory() throws {
        let pattern = try RegexPattern([UInt8]("^\\pL{1,60}$"))
        let expression = try #require(RegularExpression(checked: pattern))
        #expect(expression.matches([UInt8]("éab")))
        #expect(!expression.matches([UInt8]("ab.")))
    }
}
