import Testing

@testable import SpeculaRouting

struct RuleTests {
    @Test(arguments: [
        ("", 0, "the rule is empty"),
        ("   ", 3, "the rule is empty"),
        ("PathPerfix(`/`)", 0, "unknown matcher \"PathPerfix\" (did you mean PathPrefix?)"),
        ("Host(`a`) && Pth(`/`)", 13, "unknown matcher \"Pth\" (did you mean Path?)"),
        ("Nope(`x`)", 0, "unknown matcher \"Nope\""),
        ("Headers(`X`, `1`)", 0, "unknown matcher \"Headers\" (did you mean Header? Headers is of rule syntax v2)"),
        ("HostSNI(`*`)", 0, "unknown matcher \"HostSNI\" (it is for TCP routers)"),
        ("Host(`a`) and Path(`/x`)", 10, "unexpected \"and\", expected &&, || or the end of the rule"),
        ("Host(`a`) && && Host(`b`)", 13, "unexpected &&, expected a matcher"),
        ("Host(`a`)Host(`b`)", 9, "unexpected \"Host\", expected &&, || or the end of the rule"),
        ("Host(`a`", 8, "unexpected the end of the rule, expected , or )"),
        ("(Host(`a`)", 10, "unexpected the end of the rule, expected &&, || or )"),
        ("Host(`a`))", 9, "unexpected ), expected &&, || or the end of the rule"),
        ("PathPrefix(`/a`) && (Host(`b`) || )", 34, "unexpected ), expected a matcher"),
        ("Host", 4, "unexpected the end of the rule, expected ( after Host"),
        ("Host(a)", 5, "unexpected \"a\", expected a string in backticks or double quotes"),
        ("Host(`a` `b`)", 9, "unexpected a string, expected , or )"),
        ("Host('a')", 5, "strings stand in backticks or double quotes, not in single quotes"),
        ("Host(`a", 5, "string not terminated"),
        ("Host(\"a\nb\")", 5, "string not terminated"),
        ("Host(\"\\q\")", 6, "unknown escape sequence"),
        ("Host(\"\\u12\")", 6, "escape sequence needs 4 digits"),
        ("Host(`a`) & Host(`b`)", 10, "unexpected \"&\" (the operators are !, && and ||)"),
        ("Host(`a`) + Host(`b`)", 10, "unexpected character \"+\""),
        ("Host(`a`) /* b", 10, "comment not terminated"),
        ("Host()", 0, "Host: no arguments"),
        ("Host(``)", 0, "Host: empty arguments are not allowed"),
        ("Host(`a`, `b`)", 0, "Host: unexpected number of parameters; got 2, expected one of [1]"),
        ("Header(`x`)", 0, "Header: unexpected number of parameters; got 1, expected one of [2]"),
        ("Query(`a`, `b`, `c`)", 0, "Query: unexpected number of parameters; got 3, expected one of [1 2]"),
        ("Host(`ü.example`)", 0, "Host: invalid value \"ü.example\", non-ASCII characters are not allowed"),
        ("HostRegexp(`ü`)", 0, "HostRegexp: invalid value \"ü\", non-ASCII characters are not allowed"),
        ("Path(`nolead`)", 0, "Path: path \"nolead\" does not start with a '/'"),
        ("PathPrefix(`nolead`)", 0, "PathPrefix: path \"nolead\" does not start with a '/'"),
        ("ClientIP(`nope`)", 0, "ClientIP: invalid address or CIDR range: nope"),
        ("PathRegexp(`(`)", 0, "PathRegexp: invalid regular expression: missing ): ("),
        ("PathRegexp(`\\C`)", 0, "PathRegexp: invalid regular expression: invalid escape sequence: \\C"),
    ])
    func badRuleNamesPlaceAndReason(text: String, offset: Int, message: String) {
        #expect(throws: RuleError(offset: offset, message: message)) { try Rule(parsing: text) }
    }

    @Test(arguments: ["PathPrefix", "pathprefix", "PATHPREFIX", "Pathprefix"])
    func matcherNamesHaveFourSpellings(name: String) throws {
        #expect(try takes("\(name)(`/a`)", TestRequest(path: "/ab")))
    }

    @Test(arguments: ["pathPrefix", "PathPREFIX", "hostregexP"])
    func otherSpellingsAreUnknown(name: String) {
        #expect(throws: RuleError.self) { try Rule(parsing: "\(name)(`/a`)") }
    }

    @Test(arguments: [
        (" \t Path ( `/a` ) \n", "/a"), ("Path(`/a`,)", "/a"), ("Path(`/a`) // why", "/a"),
        ("Path(/* why */`/a`)", "/a"),
        ("Path(\"/\\x61\\142\\u0063\\\"\\\\\\t\")", "/abc\"\\\t"), ("Path(`/a\r\n`)", "/a\n"),
        ("Path(\"/\\u00fc\")", "/ü"),
        ("((Path(`/a`)))", "/a"), ("!!Path(`/a`)", "/a"), ("Path(`/x`) ||\n Path(`/a`)", "/a"),
        ("Path(\n`/a`,\n)", "/a"),
    ])
    func literalsSpaceAndCommentsAreThoseOfGo(text: String, path: String) throws {
        #expect(try takes(text, TestRequest(path: path)))
        #expect(try !takes(text, TestRequest(path: path + "?")))
    }

    @Test(arguments: ["Path(`/a`)\n&& Path(`/a`)", "Path\n(`/a`)", "Path(`/a`\n)", "Path(`/a`) /*\n*/ && Path(`/a`)"])
    func aLineEndBehindAnOperandEndsTheRule(text: String) {
        #expect(throws: RuleError.self) { try Rule(parsing: text) }
    }

    @Test func andBindsTighterThanOr() throws {
        let rule = "Path(`/a`) || Path(`/b`) && Method(`PUT`)"
        #expect(try takes(rule, TestRequest(path: "/a")))
        #expect(try !takes(rule, TestRequest(path: "/b")))
        #expect(try takes(rule, TestRequest(path: "/b", method: "PUT")))
        #expect(try !takes("(Path(`/a`) || Path(`/b`)) && Method(`PUT`)", TestRequest(path: "/a")))
        #expect(try takes("!Path(`/a`) && Method(`GET`)", TestRequest(path: "/b")))
    }

    @Test func nestingHasALimit() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "Path(`/`)" + String(repeating: ")", count: depth)
        }
        #expect(try takes(nested(64), TestRequest()))
        #expect(throws: RuleError.self) { try Rule(parsing: nested(65)) }
        #expect(throws: RuleError.self) { try Rule(parsing: String(repeating: "!", count: 65) + "Path(`/`)") }
        #expect(throws: RuleError.self) { try Rule(parsing: nested(1_000_000)) }
    }

    @Test func longChainsAreNotDeep() throws {
        let hosts = (0..<20_000).map { "Host(`h\($0)`)" }.joined(separator: " || ")
        #expect(try takes(hosts, TestRequest(host: "h19999")))
        #expect(try !takes(hosts, TestRequest(host: "h20000")))
    }

    @Test func hostsAreListedOnce() throws {
        let rule = try Rule(parsing: "Host(`B.example`) && !Host(`*.a`) || Host(`b.example`) || HostRegexp(`c`)")
        #expect(rule.hosts == ["b.example", "*.a"])
    }

    @Test func defaultPriorityCountsBytes() {
        #expect(Rule.defaultPriority(of: "Path(`/ü`)") == 11)
    }
}
