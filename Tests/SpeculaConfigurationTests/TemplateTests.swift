import Testing

@testable import SpeculaConfiguration

private let environment = TemplateEnvironment(
    variable: { ["HOST": "example.com", "EMPTY": ""][$0] }, present: { .zero }, zoneFile: { _ in nil })

private func run(_ template: String, _ environment: TemplateEnvironment = environment) -> String {
    switch TemplateText.expand(Array(template.utf8), source: "f", environment: environment) {
    case .success(let expanded): String(decoding: expanded.text, as: UTF8.self)
    case .failure(let problem): problem.diagnostic.description
    }
}

private let actions: [(String, String)] = [
    ("plain", "plain"), ("{{ . }}", "false"), ("{{nil | default 3}}", "3"), ("a {{- 1 -}} b", "a1b"),
    ("a {{/* c */}} b", "a  b"), ("a {{- /* c */ -}} b", "ab"), ("{{ 3 -}}\n x", "3x"),
    ("{{ \"a\\n\\\"b\\x41\\u00e4\" }}", "a\n\"bAä"), ("{{ `a\\n` }}", "a\\n"), ("{{ 'A' }}", "65"),
    ("{{ 0x10 }} {{ 1_000 }} {{ -3 }} {{ 1.50 }} {{ 1e3 }} {{ 1e-7 }} {{ 1e21 }}", "16 1000 -3 1.5 1000 1e-07 1e+21"),
    ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ end }}{{ $x }}", "2"),
    ("{{ if 0 }}a{{ else if \"\" }}b{{ else }}c{{ end }}", "c"), ("{{ if and 1 \"x\" }}y{{ end }}", "y"),
    ("{{ if or false (fail \"no\") }}{{ end }}", "f:1:17: error: template: error calling fail: no"),
    ("{{ or 1 (fail \"no\") }}", "1"), ("{{ and 0 (fail \"no\") }}", "0"), ("{{ not 1 }}", "false"),
    ("{{ with $v := env \"HOST\" }}{{ . }}={{ $v }}{{ end }}", "example.com=example.com"),
    ("{{ with env \"EMPTY\" }}a{{ else }}b{{ end }}", "b"),
    ("{{ with 0 }}a{{ else with 2 }}{{ . }}{{ end }}", "2"),
    ("{{ range $i, $e := list 5 6 }}{{ $i }}:{{ $e }},{{ end }}", "0:5,1:6,"),
    (
        "{{ range until 10 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if gt . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}",
        "0134"
    ),
    ("{{ range 3 }}{{ . }}{{ end }}{{ range list }}{{ else }}none{{ end }}", "012none"),
    ("{{ range $k, $v := dict \"b\" 2 \"a\" 1 }}{{ $k }}{{ $v }}{{ end }}", "a1b2"),
    ("{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" 7 }}{{ template \"t\" }}", "<7><<no value>>"),
    ("{{ block \"b\" 5 }}[{{ . }}]{{ end }}{{ template \"b\" 6 }}", "[5][6]"),
    ("{{ (dict \"a\" (dict \"b\" 4)).a.b }}{{ $d := dict \"k\" 1 }}{{ $d.k }}{{ $d.none }}", "41<no value>"),
    ("{{ len \"äb\" }}{{ len (list 1 2) }}{{ index (list 7 8) 1 }}{{ index (dict \"a\" 9) \"a\" }}", "3289"),
    (
        "{{ slice \"hello\" 1 3 }} {{ print 1 2 \"x\" 3 }} {{ eq 1 2 1 }} {{ ne \"a\" \"b\" }} {{ lt 1 2 }}",
        "el 1 2x3 true true true"
    ),
    (
        "{{ printf \"%s|%5d|%-4s|%05.2f|%q|%v|%t|%x|%%|%c|%+d\" \"a\" 42 \"b\" 3.14159 \"q\\n\" (list 1 \"z\") true 255 65 3 }}",
        "a|   42|b   |03.14|\"q\\n\"|[1 z]|true|ff|%|A|+3"
    ),
    ("{{ printf \"%d %s\" \"x\" }}", "%!d(string=x) %!s(MISSING)"), ("{{ urlquery \"a b&c\" }}", "a+b%26c"),
]

@Test(arguments: actions)
func templateIsRunAsByGo(template: String, expected: String) {
    #expect(run(template) == expected)
}

private let functions: [(String, String)] = [
    ("split \"a,b\" \",\"", "[a b]"), ("splitList \",\" \"a,b\" | join \"+\"", "a+b"),
    ("(splitn \"$\" 2 \"foo$bar$baz\")._1", "bar$baz"), ("normalize \"a.b_c//d\"", "a-b-c-d"),
    ("upper \"a\" | repeat 3", "AAA"), ("title \"ab cd\"", "Ab Cd"), ("untitle \"Ab Cd\"", "ab cd"),
    ("trim \"  a \"", "a"), ("trimAll \"$\" \"$5$\"", "5"), ("trimPrefix \"-\" \"-a-\"", "a-"),
    ("trimSuffix \"-\" \"-a-\"", "-a"), ("nospace \"a b c\"", "abc"), ("substr 1 3 \"hello\"", "el"),
    ("trunc 2 \"hello\"", "he"), ("trunc -2 \"hello\"", "lo"), ("contains \"ell\" \"hello\"", "true"),
    ("hasPrefix \"he\" \"hello\"", "true"), ("hasSuffix \"x\" \"hello\"", "false"),
    ("replace \"l\" \"L\" \"hello\"", "heLLo"), ("quote \"a\" 1", "\"a\" \"1\""), ("squote \"a\"", "'a'"),
    ("cat \"a\" 1 \"b\"", "a 1 b"), ("indent 2 \"a\\nb\"", "  a\n  b"), ("nindent 1 \"a\"", "\n a"),
    ("base \"/a/b.c\"", "b.c"), ("ext \"/a/b.c\"", ".c"), ("add 1 2 3", "6"), ("add1 1", "2"), ("sub 5 2", "3"),
    ("mul 2 3", "6"), ("div 7 2", "3"), ("mod 7 2", "1"), ("max 1 9 3", "9"), ("min 4 2", "2"),
    ("round 3.14159 2", "3.14"), ("floor 3.9", "3"), ("ceil 3.1", "4"), ("atoi \"12\"", "12"), ("int \"7\"", "7"),
    ("until 3", "[0 1 2]"), ("untilStep 3 9 3", "[3 6]"), ("seq 3", "1 2 3"), ("seq 2 0", "2 1 0"),
    ("first (list 1 2)", "1"), ("rest (list 1 2 3)", "[2 3]"), ("last (list 1 2)", "2"),
    ("initial (list 1 2)", "[1]"), ("append (list 1) 2", "[1 2]"), ("prepend (list 1) 2", "[2 1]"),
    ("concat (list 1) (list 2)", "[1 2]"), ("reverse (list 1 2)", "[2 1]"), ("uniq (list 1 1 2)", "[1 2]"),
    ("without (list 1 2 3) 2", "[1 3]"), ("has 2 (list 1 2)", "true"), ("compact (list 0 1 \"\")", "[1]"),
    ("sortAlpha (list \"b\" \"a\")", "[a b]"), ("keys (dict \"b\" 1 \"a\" 2)", "[a b]"),
    ("hasKey (dict \"a\" 1) \"a\"", "true"), ("get (set (dict) \"a\" 1) \"a\"", "1"),
    ("merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3)", "map[a:1 b:3]"), ("empty \"\"", "true"),
    ("coalesce 0 \"\" 5", "5"), ("ternary \"y\" \"n\" true", "y"), ("all 1 0", "false"), ("any 1 0", "true"),
    ("kindOf (list)", "slice"), ("kindIs \"int\" 3", "true"),
    ("expandenv \"x$HOST/${HOST}$\"", "xexample.com/example.com$"),
    ("b64enc \"hello\"", "aGVsbG8="), ("b64dec \"aGVsbG8=\"", "hello"), ("sha1sum \"abc\" | trunc 5", "a9993"),
    ("toJson (dict \"a\" (list 1 \"<\"))", #"{"a":[1,"\u003c"]}"#), ("(fromJson `{\"a\":[1.5]}`).a", "[1.5]"),
    ("pick (dict \"a\" 1 \"b\" 2) \"a\"", "map[a:1]"), ("omit (dict \"a\" 1 \"b\" 2) \"a\"", "map[b:2]"),
    ("pluck \"a\" (dict \"a\" 1) (dict \"b\" 2) (dict \"a\" 3)", "[1 3]"),
    ("mergeOverwrite (dict \"a\" 1) (dict \"a\" 2 \"b\" 3)", "map[a:2 b:3]"),
    ("dig \"a\" \"b\" 0 (dict \"a\" (dict \"b\" 7))", "7"), ("dig \"a\" \"c\" 0 (dict \"a\" (dict \"b\" 7))", "0"),
    ("regexMatch \"^v[0-9]+$\" \"v12\"", "true"), ("regexMatch \"^v[0-9]+$\" \"x\"", "false"),
    ("mustToJson (list 1)", "[1]"), ("plural \"one\" \"many\" 2", "many"), ("dir \"/a/b/c.d\"", "/a/b"),
    ("dir \"a\"", "."), ("html \"<a href='b'>&\"", "&lt;a href=&#39;b&#39;&gt;&amp;"),
    // What Go's regexp gives.
    ("regexFind `[a-z][1-9]` \"abcd1234\"", "d1"), ("regexFind \"x\" \"abc\"", ""),
    ("regexFindAll \"[2468]\" \"123456789\" -1", "[2 4 6 8]"), ("regexFindAll \"a+?\" \"aaa\" 2", "[a a]"),
    ("regexFindAll \"a*\" \"baac äx\" -1 | toJson", #"["","aa","","","",""]"#),
    ("regexFindAll \"a\" \"aaa\" 0", "[]"),
    ("regexSplit \"z+\" \"pizza\" -1", "[pi a]"),
    ("regexSplit \"a*\" \"baac äx\" -1 | toJson", #"["b","c"," ","ä","x"]"#),
    ("regexSplit \",\" \"a,b,c\" 2", "[a b,c]"), ("regexSplit \",\" \",a,\" -1 | toJson", #"["","a",""]"#),
    ("regexSplit \"\" \"\" -1", "[]"), ("regexSplit \",\" \"\" -1 | toJson", #"[""]"#),
    ("regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\"", "-W-xxW-"),
    ("regexReplaceAllLiteral \"a(x*)b\" \"-ab-axxb-\" \"${1}\"", "-${1}-${1}-"),
    ("regexReplaceAll \"a*\" \"baac äx\" \"-\"", "-b-c- -ä-x-"), ("regexReplaceAll \"\" \"äb\" \"-\"", "-ä-b-"),
    (#"regexReplaceAll `\b` "ab cd" "|""#, "|ab| |cd|"), ("regexReplaceAll \"^a\" \"aaa\" \"x\"", "xaa"),
    ("regexReplaceAll \"(?P<n>b)|(c)\" \"abc\" \"[${n}$2$1x$$$]\"", "a[b$$][c$$]"),
    ("regexReplaceAll \"(b)\" \"abc\" \"$1_${1}_${01}${2}${\"", "ab_${c"),
    ("mustRegexReplaceAll \"b\" \"abc\" \"\"", "ac"), ("regexQuoteMeta \"1.2[3]\"", #"1\.2\[3\]"#),
    // What Go's net/url gives.
    (
        "urlParse \"proto://auth@host:80/path?query#fragment\"",
        "map[fragment:fragment host:host:80 hostname:host opaque: path:/path query:query scheme:proto userinfo:auth]"
    ),
    (
        "(urlParse \"HTTPS://a/b%20c?x=%31#f%20g\") | toJson",
        #"""
        {"fragment":"f g","host":"a","hostname":"a","opaque":"","path":"/b c","query":"x=%31","scheme":"https","userinfo":""}
        """#
    ),
    ("(urlParse \"mailto:a@b\").opaque", "a@b"), ("(urlParse \"http://[::1]:8080/x\").hostname", "::1"),
    ("(urlParse \"//h/p\").host", "h"), ("(urlParse \"x\").path", "x"), ("(urlParse \"a/b:c\").path", "a/b:c"),
    ("(urlParse \"h:80:/\").opaque", "80:/"), ("(urlParse \"http://h?\").query", ""),
    ("(urlParse \"http://u:p@h\").userinfo", "u:p"), ("(urlParse \"http://h\").userinfo", ""),
    ("abbrev 5 \"hello world\"", "he..."), ("abbrev 3 \"hello\"", "hello"), ("abbrev 5 \"hello\"", "hello"),
    ("chunk 3 (list 1 2 3 4 5 6 7)", "[[1 2 3] [4 5 6] [7]]"), ("chunk 0 (list 1 2)", "[[1] [2]]"),
    ("chunk 9223372036854775807 (list 1 2)", "[[1 2]]"), ("chunk 3 (list)", "[]"),
    ("b32enc \"hello\"", "NBSWY3DP"), ("b32enc \"f\"", "MY======"), ("b32dec \"NBSWY3DP\"", "hello"),
    ("b32dec \"MZXW6YTB\"", "fooba"), ("b32dec \"MZXW6YQ=\"", "foob"), ("b32dec \"MZXW6===\"", "foo"),
    (
        "sha512sum \"abc\"",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
    // What Go's strings and path give: characters are single code points, paths are made plain.
    ("title \"foo-bar baz_x 2y äb.c'd\"", "Foo-Bar Baz_x 2y Äb.C'D"), (#"untitle "Ab\tCd""#, "ab\tcd"),
    (#"trimSuffix "\n" "a\r\n" | quote"#, #""a\r""#), (#"hasSuffix "\n" "a\r\n""#, "true"),
    (#"trimPrefix "\r" "\r\na" | quote"#, #""\na""#), (#"hasPrefix "e" "e\u0301""#, "true"),
    (#"trimAll "\n" "a\r\n" | quote"#, #""a\r""#), (#"contains "\n" "a\r\n""#, "true"),
    ("dir \"/a/b/../c\"", "/a"), ("dir \"../x\"", ".."), ("dir \"a/..\"", "a"), ("dir \"/a\"", "/"),
    ("dir \"a/b/\"", "a/b"),
    ("ext \"/a/b.c/\"", ""), ("ext \".x\"", ".x"), ("ext \"a.b/c\"", ""), ("base \"a/..\"", ".."),
    ("clean \"a//b/./../c/\"", "a/c"), ("clean \"/../x\"", "/x"), ("clean \"../x\"", "../x"), ("clean \"\"", "."),
    ("clean \"/\"", "/"), ("isAbs \"/a\"", "true"), ("isAbs \"a\"", "false"), ("osBase \"/a/b.c\"", "b.c"),
    ("trimall \"$\" \"$5$\"", "5"), ("biggest 1 9 3", "9"), ("swapcase \"aBc\"", "AbC"),
    ("deepEqual (list 1 (dict \"a\" 2)) (list 1 (dict \"a\" 2))", "true"), ("deepEqual 1 \"1\"", "false"),
    ("typeOf 1", "int"), ("typeOf (list)", "[]interface {}"), ("typeOf (dict)", "map[string]interface {}"),
    ("typeOf nil", "<nil>"), ("typeIs \"float64\" 1.5", "true"),
    ("default \"d\" \"\"", "d"), ("env \"NONE\" | default \"d\"", "d"),
]

@Test(arguments: functions)
func functionIsAsInSprig(call: String, expected: String) {
    #expect(run("{{ \(call) }}") == expected)
}

private let mistakes: [(String, String)] = [
    ("a\n {{ nope 1 }}", "f:2:5: error: template: function \"nope\" not defined"),
    ("{{ if 1 }}", "f:1:9: error: template: {{if}} without {{end}}"),
    ("{{ end }}", "f:1:4: error: template: unexpected {{end}}"),
    ("{{ 1", "f:1:1: error: template: unclosed action"),
    ("{{ \"a }}", "f:1:4: error: template: unterminated quoted string"),
    ("{{ $x }}", "f:1:4: error: template: undefined variable \"$x\""),
    ("{{ 1 2 }}", "f:1:4: error: template: only a function takes arguments"),
    ("{{ break }}", "f:1:4: error: template: {{break}} outside {{range}}"),
    ("{{ /* x }}", "f:1:1: error: template: unclosed comment"),
    ("{{ template \"x\" }}", "f:1:4: error: template: template \"x\" not defined"),
    ("{{ .a }}", "f:1:4: error: template: can't evaluate field a in type bool"),
    ("{{ eq 1 \"1\" }}", "f:1:4: error: template: error calling eq: incompatible types for comparison: int and string"),
    ("{{ index (list) 0 }}", "f:1:4: error: template: error calling index: index out of range: 0"),
    ("{{ regexMatch \"(\" \"a\" }}", "f:1:4: error: template: error calling regexMatch: missing ): ("),
    ("{{ regexFind \"(\" \"a\" }}", "f:1:4: error: template: error calling regexFind: missing ): ("),
    (
        "{{ urlParse \"1http://a\" }}",
        "f:1:4: error: template: error calling urlParse: unable to parse url \"1http://a\": first path segment in URL cannot contain colon"
    ),
    (
        "{{ urlParse \"http://h:x/\" }}",
        "f:1:4: error: template: error calling urlParse: unable to parse url \"http://h:x/\": invalid port \":x\" after host"
    ),
    (
        "{{ urlParse \"http://a b/\" }}",
        "f:1:4: error: template: error calling urlParse: unable to parse url \"http://a b/\": invalid character \" \" in host name"
    ),
    (
        "{{ urlParse \"%zz\" }}",
        "f:1:4: error: template: error calling urlParse: unable to parse url \"%zz\": invalid URL escape \"%zz\""
    ),
    ("{{ b32dec \"1\" }}", "f:1:4: error: template: error calling b32dec: illegal base32 data"),
    ("{{ div 1 0 }}", "f:1:4: error: template: error calling div: division by zero"),
    ("{{ }}", "f:1:4: error: template: missing value for command, found }}"),
    ("{{ (1 }}", "f:1:7: error: template: unclosed left parenthesis"),
    ("{{ 1 | 2 }}", "f:1:8: error: template: only a function can follow \"|\""),
    ("{{ until 99999999 }}", "f:1:4: error: template: error calling until: more than 1000000 items"),
    ("{{ range 99999999 }}{{ end }}", "f:1:10: error: template: range over more than 1000000"),
    (
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "f:1:20: error: template: templates call each other deeper than 64"
    ),
    ("{{ range 1000 }}{{ range 10000 }}{{ end }}{{ end }}", "f:1:26: error: template: more than 1000000 steps"),
    (
        "{{ repeat 999999 (repeat 999999 \"a\") }}",
        "f:1:4: error: template: error calling repeat: more than 1000000 items"
    ),
    (
        "{{ repeat 1000 \"a\" | replace \"a\" (repeat 2000 \"b\") }}",
        "f:1:22: error: template: error calling replace: more than 1000000 items"
    ),
    (
        "{{ regexReplaceAll \"\" (repeat 1000 \"a\") (repeat 2000 \"b\") }}",
        "f:1:4: error: template: error calling regexReplaceAll: more than 1000000 items"
    ),
    (
        "{{ until 1001 | join (repeat 1000 \"b\") }}",
        "f:1:17: error: template: error calling join: more than 1000000 items"
    ),
    (
        "{{ repeat 1001 \"\\n\" | indent 1000 }}",
        "f:1:23: error: template: error calling indent: more than 1000000 items"
    ),
    ("{{ range 100 }}{{ repeat 1000000 \"a\" }}{{ end }}", "f:1:19: error: template: makes more than 16777216 bytes"),
]

@Test(arguments: mistakes)
func wrongTemplateIsPlaced(template: String, expected: String) {
    #expect(run(template) == expected)
}

@Test func templateDepthIsBounded() {
    let parentheses = String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000)
    #expect(run("{{ \(parentheses) }}").hasSuffix("nested deeper than 64"))
    let blocks = String(repeating: "{{ if 1 }}", count: 10_000) + String(repeating: "{{ end }}", count: 10_000)
    #expect(run(blocks).hasSuffix("nested deeper than 64"))
    let chain = "{{ if 0 }}" + String(repeating: "{{ else if 0 }}", count: 10_000) + "{{ end }}"
    #expect(run(chain).hasSuffix("nested deeper than 64"))
}

/// A value that is deeper or larger than anybody needs took the process down, or all its memory.
@Test(arguments: [
    (
        "{{ $l := list }}{{ range until 500000 }}{{ $l = list $l }}{{ end }}",
        "error calling list: values nested deeper than 64"
    ),
    (
        "{{ $l := dict }}{{ range until 500000 }}{{ $l = dict \"a\" $l }}{{ end }}",
        "error calling dict: values nested deeper than 64"
    ),
    (
        "{{ $l := list 1 }}{{ range until 40 }}{{ $l = list $l $l }}{{ end }}{{ $l }}",
        "error calling list: works on more than 4194304 bytes and items"
    ),
    (
        "{{ $s := \"a\" }}{{ range until 60 }}{{ $s = print $s $s }}{{ end }}",
        "error calling print: works on more than 4194304 bytes and items"
    ),
    (
        "{{ $l := until 1000000 }}{{ range until 1000 }}{{ range $l }}{{ break }}{{ end }}{{ end }}",
        "works on more than 4194304 bytes and items"
    ),
    (
        "{{ $s := repeat 1000000 \"a\" }}{{ range until 1000 }}{{ if hasPrefix \"b\" $s }}{{ end }}{{ end }}",
        "works on more than 4194304 bytes and items"
    ),
])
func valuesAreBounded(template: String, expected: String) {
    var environment = environment
    // A sixteenth of what is allowed takes a sixteenth of the time.
    environment.maxWork = 4 << 20
    #expect(run(template, environment).hasSuffix("template: \(expected)"))
}

@Test func linesOfWhatWasMadeAreThoseOfTheTemplate() throws {
    let template = "a\n{{ range until 2 }}\nb{{ . }}\n{{ end }}\n{{ \"x\\ny\" }}\nlast"
    let expanded = try TemplateText.expand(Array(template.utf8), source: "f", environment: environment).get()
    let made = String(decoding: expanded.text, as: UTF8.self)
    #expect(made == "a\n\nb0\n\nb1\n\nx\ny\nlast")
    #expect(expanded.lines == [1, 2, 3, 2, 3, 4, 5, 5, 6])
}

@Test func damagedTemplatesNeverBreakTheRunner() {
    var generator = SeededGenerator(seed: 7)
    let texts = (actions + functions.map { ("{{ \($0.0) }}", "") } + mistakes.dropLast(12)).map { Array($0.0.utf8) }
    for _ in 0..<2_000 {
        var text =
            texts[Int(generator.next() % UInt64(texts.count))] + texts[Int(generator.next() % UInt64(texts.count))]
        for _ in 0...(generator.next() % 4) {
            let position = Int(generator.next() % UInt64(text.count))
            if generator.next() % 2 == 0 {
                text.remove(at: position)
            } else {
                text[position] = text[Int(generator.next() % UInt64(text.count))]
            }
            if text.isEmpty { text = [0x7B] }
        }
        _ = TemplateText.expand(text, source: "f", environment: environment)
    }
}
