import Testing

@testable import SpeculaConfiguration

private let environment = TemplateEnvironment { ["HOST": "example.com", "EMPTY": ""][$0] }

private func run(_ template: String) -> String {
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

@Test func linesOfWhatWasMadeAreThoseOfTheTemplate() throws {
    let template = "a\n{{ range until 2 }}\nb{{ . }}\n{{ end }}\n{{ \"x\\ny\" }}\nlast"
    let expanded = try TemplateText.expand(Array(template.utf8), source: "f", environment: environment).get()
    let made = String(decoding: expanded.text, as: UTF8.self)
    #expect(made == "a\n\nb0\n\nb1\n\nx\ny\nlast")
    #expect(expanded.lines == [1, 2, 3, 2, 3, 4, 5, 5, 6])
}

@Test func damagedTemplatesNeverBreakTheRunner() {
    var generator = SeededGenerator(seed: 7)
    let texts = (actions + functions.map { ("{{ \($0.0) }}", "") } + mistakes.dropLast(8)).map { Array($0.0.utf8) }
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
