import Testing

@testable import SpeculaConfiguration

/// 13 June 2019, 20:39:39 UTC, and the zones of this repository's fixtures.
private let environment = TemplateEnvironment(
    variable: { ["TZ": "Test/Berlin"][$0] }, present: { .seconds(1_560_458_379) + .milliseconds(250) },
    zoneFile: { name in
        switch name {
        case "Test/Berlin": Zone(footer: "CET-1CEST,M3.5.0,M10.5.0/3").file
        case "Test/NewYork": Zone(footer: "EST5EDT,M3.2.0,M11.1.0").file
        case "Test/Kolkata": Zone(footer: "<+0530>-5:30").file
        case "Test/Old": Zone(footer: "AAA-2", changes: [(0, 3600, "OLD"), (1_000_000, 7200, "AAA")]).file
        default: nil
        }
    })

/// A file of the time zone database, version 2.
private struct Zone {
    var footer: String
    var changes: [(at: Int64, offset: Int32, name: String)] = []

    var file: [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            unsafe withUnsafeBytes(of: number.bigEndian) { unsafe Array($0) }
        }
        func header(_ counts: [Int32]) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { bytes($0) }
        }
        let kinds = changes.isEmpty ? [(at: 0, offset: 0, name: "LMT")] : changes
        var names: [UInt8] = []
        var kindBytes: [UInt8] = []
        for kind in kinds {
            kindBytes += bytes(kind.offset) + [0, UInt8(names.count)]
            names += Array(kind.name.utf8) + [0]
        }
        let empty = header([0, 0, 0, 0, 1, 1]) + [0, 0, 0, 0, 0, 0, 0]
        let times = changes.flatMap { bytes($0.at) } + changes.indices.map { UInt8($0) }
        return empty + header([0, 0, 0, Int32(changes.count), Int32(kinds.count), Int32(names.count)]) + times
            + kindBytes + names + Array("\n\(footer)\n".utf8)
    }
}

private func run(_ template: String) -> String {
    switch TemplateText.expand(Array(template.utf8), source: "f", environment: environment) {
    case .success(let expanded): String(decoding: expanded.text, as: UTF8.self)
    case .failure(let problem): problem.diagnostic.description
    }
}

// MARK: Dates

/// Sprig's own examples, and what Go's `time` gives.
@Test(arguments: [
    (#"now | date "2006-01-02T15:04:05""#, "2019-06-13T22:39:39"), ("now | unixEpoch", "1560458379"),
    (#"date "2006-01-02 15:04:05 MST -0700" 1560458379"#, "2019-06-13 22:39:39 CEST +0200"),
    (#"date "2006-01-02 15:04:05 MST -0700" 1550458379"#, "2019-02-18 03:52:59 CET +0100"),
    (#"date_in_zone "02 Jan 06 15:04 -0700" 1560458379 "UTC""#, "13 Jun 19 20:39 +0000"),
    (#"dateInZone "02 Jan 06 15:04 -0700" 1560458379 "foobar""#, "13 Jun 19 20:39 +0000"),
    (#"dateInZone "02 Jan 06 15:04 -0700" "" "UTC""#, "13 Jun 19 20:39 +0000"),
    (#"dateInZone "15:04 MST" 1560458379 "Test/NewYork""#, "16:39 EDT"),
    (#"dateInZone "15:04 MST" 1550458379 "Test/NewYork""#, "21:52 EST"),
    (#"dateInZone "15:04 MST Z07:00" 1560458379 "Test/Kolkata""#, "02:09 +0530 +05:30"),
    (#"dateInZone "15:04 MST" 999999 "Test/Old""#, "14:46 OLD"), (#"dateInZone "MST" 1000000 "Test/Old""#, "AAA"),
    ("htmlDate 1560458379", "2019-06-13"), (#"htmlDateInZone 1560470379 "UTC""#, "2019-06-13"),
    ("htmlDate 1560470379", "2019-06-14"),
    (#"toDate "2006-01-02" "2017-12-31" | date "02/01/2006""#, "31/12/2017"),
    (#"toDate "2006-01-02" "2017-12-41" | unixEpoch"#, "-62135596800"),
    (#"toDate "2006-01-02 15:04:05 -0700" "2019-06-13 20:39:39 +0000" | unixEpoch"#, "1560458379"),
    (#"toDate "02 Jan 06 15:04:05 MST" "13 Jun 19 20:39:39 UTC" | unixEpoch"#, "1560458379"),
    (#"toDate "2006-01-02 15:04:05" "2019-06-13 22:39:39" | unixEpoch"#, "1560458379"),
    (#"dateInZone "05.000" (toDate "2006-01-02 15:04:05" "2019-06-13 22:39:39.5") "UTC""#, "39.500"),
    (#"now | date_modify "-1.5h" | date "15:04:05""#, "21:09:39"),
    (#"now | dateModify "nonsense" | unixEpoch"#, "1560458379"), (#"now | dateModify "24h" | unixEpoch"#, "1560544779"),
    (#"now | dateModify "-300ms" | date "05.000""#, "38.950"),
    ("ago 1560458254", "2m5s"), ("ago 1560449122", "2h34m17s"), ("ago 1560458384", "-5s"), ("duration 95", "1m35s"),
    (#"duration "95""#, "1m35s"), (#"durationRound "2h10m5s""#, "2h"), (#"durationRound "2400h10m5s""#, "3mo"),
    (#"durationRound "2h5s""#, "2h"), (#"durationRound "24h5s""#, "1d"), (#"durationRound "1s""#, "0s"),
    (#"durationRound "9000h""#, "1y"), (#"durationRound "nonsense""#, "0s"),
    ("now", "2019-06-13 22:39:39.25 +0200 CEST"), ("toJson now", #""2019-06-13T22:39:39.25+02:00""#),
    ("typeOf now", "time.Time"), ("kindOf now", "struct"), ("now.Year", "2019"), ("(now).Month", "June"),
    ("now.Weekday", "Thursday"), ("now.YearDay", "164"), (#"now.Format "Mon Jan _2""#, "Thu Jun 13"),
    (#"now.UTC.Format "3:04PM""#, "8:39PM"),
])
func dateFunctionIsAsInSprig(call: String, expected: String) {
    #expect(run("{{ \(call) }}") == expected)
}

/// Every piece of a layout, on 5 February 2009, 07:08:09.012, in the zone +05:30.
@Test(arguments: [
    ("January Jan 1 01", "February Feb 2 02"), ("Monday Mon 2 02 _2 002 __2", "Thursday Thu 5 05  5 036  36"),
    ("15 3 03 4 04 5 05 PM pm", "07 7 07 8 08 9 09 AM am"), ("2006 06 _2006", "2009 09 _2009"),
    ("-07 -0700 -07:00 -070000 -07:00:00", "+05 +0530 +05:30 +053000 +05:30:00"),
    ("Z07:00 Z0700 Z07", "+05:30 +0530 +05"),
    (".000 .999 ,00 .999999999", ".012 .012 ,01 .012"), ("Janet Money 20", "Janet Money 50"), ("MST", "+0530"),
])
func layoutsAreGos(layout: String, expected: String) {
    let zone = environment.zone("Test/Kolkata") ?? .utc
    let time = TemplateTime(seconds: 1_233_797_889, nanoseconds: 12_000_000, zone: zone)
    #expect(TimeLayout(layout).text(of: time) == expected)
}

@Test func everyDayOfFourCenturiesIsItsOwnDate() {
    var before = (year: 1899, month: 12, day: 31)
    for day in CivilDate.day(1900, 1, 1)...CivilDate.day(2300, 1, 1) {
        let date = CivilDate.date(ofDay: day)
        #expect(CivilDate.day(date.year, date.month, date.day) == day)
        let isNext =
            date.day == before.day + 1
            || date.day == 1 && before.day == CivilDate.days(ofMonth: before.month, before.year)
        #expect(isNext, "\(date) after \(before)")
        before = date
    }
}

/// Clocks go forward at 2:00 and back at 3:00; in New York at 2:00 of their own.
@Test(arguments: [
    ("Test/Berlin", 1_553_993_999, "01:59:59 CET"), ("Test/Berlin", 1_553_994_000, "03:00:00 CEST"),
    ("Test/Berlin", 1_572_137_999, "02:59:59 CEST"), ("Test/Berlin", 1_572_138_000, "02:00:00 CET"),
    ("Test/NewYork", 1_552_201_199, "01:59:59 EST"), ("Test/NewYork", 1_552_201_200, "03:00:00 EDT"),
    ("Test/NewYork", 1_572_760_800, "01:00:00 EST"),
])
func clocksAreChangedWhenTheZoneSays(zone: String, moment: Int64, expected: String) throws {
    let rules = try #require(environment.zone(zone))
    let time = TemplateTime(seconds: moment, nanoseconds: 0, zone: rules)
    #expect(TimeLayout("15:04:05 MST").text(of: time) == expected)
}

/// Damaged files of zones are no zones, and take nothing down.
@Test func damagedZoneFilesAreNone() throws {
    let good = Zone(footer: "CET-1CEST,M3.5.0,M10.5.0/3", changes: [(5, 3600, "X")]).file
    #expect(ZoneRules(file: good) != nil)
    for length in 0..<good.count - 29 { #expect(ZoneRules(file: Array(good[..<length])) == nil) }
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<5_000 {
        var file = good
        for _ in 0..<3 {
            file[Int(generator.next() % UInt64(file.count))] = UInt8(truncatingIfNeeded: generator.next())
        }
        _ = ZoneRules(file: file)?.offset(at: 1_560_458_379)
    }
    #expect(environment.zone("../etc/passwd") == nil)
    #expect(environment.zone("/etc/passwd") == nil)
}

// MARK: Versions

/// The examples of the library that sprig uses.
@Test(arguments: [
    ("1.2.3", "1.2.3", true), ("^1.2.0", "1.2.3", true), ("^1.2.0", "2.2.3", false), ("=2.0.0", "1.2.3", false),
    ("=2.0", "2.0.1", true), ("4.1", "4.1.0", true), ("!=4.1.0", "4.1.0", false), ("!=4.1.0", "4.1.1", true),
    ("!=4.1", "4.1.1", false), ("!=4.1", "5.1.0-alpha.1", false), ("!=4.1-alpha", "4.1.0", true),
    ("!=4.1-alpha", "4.1.1-alpha", false), ("<11", "0.1.0", true), ("<11", "11.1.0", false), ("<1.1", "1.1.1", false),
    ("<=11", "11.2.3", true), ("<=11", "12.2.3", false), ("<=1.1", "1.2.3", false), ("<=1.1", "1.1.1", true),
    (">1.1", "4.1.0", true), (">1.1", "1.1.0", false), (">0", "0", false), (">0", "1", true),
    (">0", "0.0.1-alpha", false),
    (">0-0", "0.0.1-alpha", false), (">0.0-0", "0.0.1-alpha", false), (">0.0.0-0", "0.0.0-alpha", true),
    (">1.2.3-alpha.1", "1.2.3-alpha.2", true), (">11", "11.1.0", false), (">11.1", "11.1.1", false),
    (">11.1", "11.2.1", true), (">=11.1", "11.0.2", false), (">=1.1", "0.0.9", false), (">=0-0", "0.0.1-alpha", true),
    (">=0.0.0-0", "3.4.5-beta.1", true), ("<0", "0.0.0-alpha", false), ("<0-z", "0.0.0-alpha", true),
    ("=0", "1", false),
    ("*", "4.5.6", true), ("*", "1.2.3-alpha.1", false), ("*-0", "1.2.3-alpha.1", true), ("2.*", "3.4.5", false),
    ("2.1.*", "2.1.1", true), ("2.1.*", "2.2.1", false), ("", "4.5.6", true), ("2", "2.1.1", true),
    ("2.1", "2.2.1", false),
    ("~1.2.3", "1.2.4", true), ("~1.2.3", "1.3.4", false), ("~1", "1.2.4", true), ("~1", "2.3.4", false),
    ("~1.2.3-beta.2", "1.2.4-beta.2", true), ("~1.2.3-beta.2", "1.3.4-beta.2", false), ("^1.2.3", "1.8.9", true),
    ("^1.2.3", "1.2.1", false), ("^1.2.0", "1.2.1-alpha.1", false), ("^1.2.0-alpha.0", "1.2.1-alpha.1", true),
    ("^1.2.0-alpha.2", "1.2.0-alpha.1", false), ("^0.2.3", "0.2.5", true), ("^0.2.3", "0.5.6", false),
    ("^0.0.3", "0.0.4", false), ("^0.0", "0.0.3", true), ("^0.0", "0.1.4", false), ("^0", "0.2.3", true),
    ("^0", "1.1.4", false), ("~0.0.0", "1.2.3", true), ("0.x.x", "1.2.3", false), ("0.0.0", "1.2.3", false),
    ("^0.0.0", "1.2.3", false), ("1.x", "1.4", true), ("!=4.x", "4.1.0", false), ("!=4.1.x", "4.2.0", true),
    ("<=1.1-a", "0.1.0-alpha", true), ("<=4.5", "4.6.3", false), (">1.1, <2", "1.1.1", false),
    (">1.1, <2", "1.2.1", true),
    (">=1.1, <2, !=1.2.3", "1.2.3", false), (">1.1    <3", "4.3.2", false),
    (">=1.1, <2, !=1.2.3 || > 3", "4.1.2", true), (">=1.1, <2, !=1.2.3 || > 3", "3.1.2", false),
    (">=1.1 <2 !=1.2.3 || >= 3", "3.0.0", true), ("> 1.1, <     2", "1.1.1", false), ("1.1 - 2", "1.1.1", true),
    ("1.5.0 - 4.5", "3.7.0", true), ("1.1-3", "4.3.2", false), ("^1.2.x-alpha", "1.1.1-beta1", false),
    ("~*", "2.1.1", true), ("~1.1-alpha", "1.1.1-beta", true), ("~1.1.1-beta", "1.1.1-alpha", false),
    ("~1.1.1-beta", "1.1.1", true), ("=> 3.0 < 4", "3.1.0", true), ("~>1.2", "1.2.9", true), ("v1.2", "v1.2.0", true),
])
func versionsAreComparedAsBySprig(constraint: String, version: String, expected: Bool) {
    #expect(run("{{ semverCompare \"\(constraint)\" \"\(version)\" }}") == "\(expected)")
}

@Test(arguments: [
    (#"(semver "1.2.3-beta.1+c0ff33").Prerelease"#, "beta.1"), (#"(semver "1.2.3-beta.1+c0ff33").Major"#, "1"),
    (#"(semver "1.2.3-beta.1+c0ff33").Metadata"#, "c0ff33"), (#"(semver "v1.2").Original"#, "v1.2"),
    (#"semver "v1.2""#, "1.2.0"), (#"semver "1.2.3" | (semver "1.2.3").Compare"#, "0"),
    (#"semver "1.2.3" | (semver "1.3.3").Compare"#, "1"), (#"semver "1.4.3" | (semver "1.2.3").Compare"#, "-1"),
    (#"(semver "1.0.0-rc.1").LessThan (semver "1.0.0")"#, "true"),
    (#"(semver "1.0.0-2").LessThan (semver "1.0.0-10")"#, "true"), (#"typeOf (semver "1")"#, "*semver.Version"),
])
func versionsSayWhatTheyAre(call: String, expected: String) {
    #expect(run("{{ \(call) }}") == expected)
}

// MARK: The rest

/// Sprig's own tests and those of the libraries that it uses.
@Test(arguments: [
    (#"abbrevboth 5 10 "1234 5678 9123""#, "...5678..."), (#"abbrevboth 0 10 "1234 5678 9123""#, "1234 56..."),
    (#"abbrevboth 12 10 "1234 5678 9123""#, "...78 9123"), (#"abbrevboth 5 10 "1234""#, "1234"),
    (#"initials "First Try""#, "FT"), (#"wrap 5 "Hello World""#, "Hello\nWorld"),
    (#"wrapWith 5 "\t" "Hello World""#, "Hello\tWorld"), (#"wrap 3 "Hello World""#, "Hello\nWorld"),
    (#"wrapWith 3 "|" "Hello""#, "Hel|lo"), (#"wrap 80 "short""#, "short"), (#"wrap 5 """#, ""),
    (#"snakecase "FirstName""#, "first_name"), (#"snakecase "HTTPServer""#, "http_server"),
    (#"snakecase "_camelCase""#, "_camel_case"), (#"snakecase "NoHTTPS""#, "no_https"),
    (#"snakecase "Wi_thF""#, "wi_th_f"),
    (#"snakecase "_AnotherTES_TCaseP""#, "_another_tes_t_case_p"), (#"snakecase "_HELLO_WORLD_""#, "_hello_world_"),
    (#"snakecase "HELLO____WORLD""#, "hello____world"), (#"snakecase "http2xx""#, "http_2xx"),
    (#"snakecase "HTTP20xOK""#, "http_20x_ok"), (#"snakecase "HTTP-20xStatus""#, "http_20x_status"),
    (#"snakecase "Duration2m3s""#, "duration_2m3s"), (#"snakecase "Bld4Floor3rd""#, "bld4_floor_3rd"),
    (#"snakecase "  sentence case  ""#, "__sentence_case__"),
    (
        #"snakecase " Mixed-hyphen case _and SENTENCE_case and UPPER-case""#,
        "_mixed_hyphen_case__and_sentence_case_and_upper_case"
    ),
    (#"kebabcase "FirstName""#, "first-name"), (#"kebabcase "GO_PATH""#, "go-path"),
    (#"camelcase "http_server""#, "HttpServer"), (#"camelcase "_camel_case""#, "_CamelCase"),
    (#"camelcase "no_https""#, "NoHttps"), (#"camelcase "_complex__case_""#, "_Complex_Case_"),
    (#"camelcase "GOLANG_IS_GREAT""#, "GolangIsGreat"), (#"camelcase "all""#, "All"), (#"camelcase "好""#, "好"),
    ("3.4 | add1f", "4.4"), ("3 | addf 1.5 2.2", "6.7"), ("2 | divf 5 4", "0.625"),
    (#"1.2 | mulf "2.4" 10 "4""#, "115.2"),
    ("3 | subf 4.5 1", "0.5"), ("addf 0.1 0.2", "0.3"), ("divf 1 3", "0.3333333333333333"),
    ("divf 2 3", "0.6666666666666667"),
    ("mulf 1e300 1e300", "+Inf"), ("addf 1e200 1", "1e+200"), ("divf -1 3", "-0.3333333333333333"),
    ("maxf 1 2 3 345.7 5 6 7", "345.7"), ("minf 1.4 2 3 345.6 5 6 7", "1.4"), ("toDecimal 777", "511"),
    (#"toDecimal "770""#, "504"), (#"toDecimal "9""#, "0"), (#"ceil "123.01""#, "124"), (#"floor "123.9999""#, "123"),
    ("round 123.5555 3", "123.556"), (#"round "123.55555" 3"#, "123.556"), ("round 123.500001 0", "124"),
    ("round 123.49999999 0", "123"), ("round 123.2329999 2 0.3", "123.23"), ("round 123.233 2 0.3", "123.24"),
    (#"adler32sum "Wikipedia""#, "300286872"), (#"adler32sum """#, "1"),
    (
        #"dict "bool" true "string" "test" "number" 42 | toPrettyJson"#,
        "{\n  \"bool\": true,\n  \"number\": 42,\n  \"string\": \"test\"\n}"
    ),
    (#"toPrettyJson (list 1 (list) (dict))"#, "[\n  1,\n  [],\n  {}\n]"),
    (#"dict "html" "<HEAD>" "a" "&" | toRawJson"#, #"{"a":"&","html":"<HEAD>"}"#), ("toJson \"<\"", #""\u003c""#),
    (#"deepCopy (dict "a" 1)"#, "map[a:1]"), (#"typeIsLike "int" 1"#, "true"), (#"typeIsLike "string" 1"#, "false"),
    ("hello", "Hello!"), (#"list 1 nil 2 | toStrings"#, "[1 2]"), ("toStrings 7", "[7]"),
    (
        #"urlJoin (dict "fragment" "fragment" "host" "host:80" "path" "/path" "query" "query" "scheme" "proto")"#,
        "proto://host:80/path?query#fragment"
    ),
    (#"urlJoin (urlParse "http://u:p@h/a%20b?x=1#y")"#, "http://u:p@h/a%20b?x=1#y"),
    (#"urlJoin (dict "path" "a:b")"#, "./a:b"),
    (#"urlJoin (dict "scheme" "mailto" "opaque" "a@b")"#, "mailto:a@b"),
    (#"mustToPrettyJson (list)"#, "[]"), (#"mustDeepCopy 1"#, "1"),
])
func rarerFunctionIsAsInSprig(call: String, expected: String) {
    #expect(run("{{ \(call) }}") == expected)
}

/// In sprig these change the map itself: what is written as everybody writes it gave a map without the key.
@Test(arguments: [
    (#"{{ $d := dict "a" 1 }}{{ $_ := set $d "b" 2 }}{{ $d.b }}"#, "2"),
    (#"{{ $d := dict "a" 1 }}{{ $_ := unset $d "a" }}{{ len $d }}"#, "0"),
    (#"{{ $d := dict "a" 1 }}{{ $_ := merge $d (dict "a" 2 "b" 3) }}{{ $d }}"#, "map[a:1 b:3]"),
    (#"{{ $d := dict "a" 1 }}{{ $_ := mergeOverwrite $d (dict "a" 2) }}{{ $d }}"#, "map[a:2]"),
    (#"{{ merge (dict "a" (dict "x" 1) "e" "") (dict "a" (dict "x" 2 "y" 3) "e" 4) }}"#, "map[a:map[x:1 y:3] e:4]"),
    (#"{{ mergeOverwrite (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3)) }}"#, "map[a:map[x:2 y:3]]"),
    (#"{{ $d := dict "in" (dict) }}{{ $_ := set $d.in "b" 2 }}{{ $d.in.b }}"#, "2"),
    (
        #"{{ $d := dict }}{{ range $i := until 3 }}{{ $_ := set $d (print $i) $i }}{{ end }}{{ $d }}"#,
        "map[0:0 1:1 2:2]"
    ),
])
func mapsAreChangedInPlace(template: String, expected: String) {
    #expect(run(template) == expected)
}

@Test(arguments: [
    (#"semverCompare "badConstraint" "1.2.3""#, "error calling semverCompare: improper constraint: badConstraint"),
    (#"semverCompare "1.2.0" "badVersion""#, "error calling semverCompare: Invalid Semantic Version"),
    (#"semverCompare "12.3.4.1234" "1.2.3""#, "error calling semverCompare: improper constraint: 12.3.4.1234"),
    (#"semverCompare "12.3.34~ 1.2.3" "1.2.3""#, "error calling semverCompare: improper constraint: 12.3.34~ 1.2.3"),
    (#"(semver "1").Nothing"#, "can't evaluate field Nothing in type *semver.Version"),
    (#"(semver "1").Compare 1"#, "error calling Compare: wrong type for argument 1; expected *semver.Version; got int"),
    (#"(dict "a" 1).a 2"#, "a has arguments but cannot be invoked as function"),
    (#"mustToDate "2006" "x""#, "error calling mustToDate: parsing time \"x\" as \"2006\": cannot parse it"),
    (#"now | mustDateModify "x""#, "error calling mustDateModify: time: invalid duration \"x\""),
    (#"unixEpoch 1"#, "error calling unixEpoch: wrong type for argument 1; expected time.Time; got int"),
    (#"divf 1 0"#, "error calling divf: decimal division by 0"), ("randInt 1 5", "function \"randInt\" not defined"),
    ("uuidv4", "function \"uuidv4\" not defined"), (#"genPrivateKey "rsa""#, "function \"genPrivateKey\" not defined"),
    (#"getHostByName "x""#, "function \"getHostByName\" not defined"),
    (#"wrapWith 1 (repeat 1000 "b") (repeat 2000 "a")"#, "error calling wrapWith: more than 1000000 items"),
])
func mistakesAreTold(call: String, expected: String) {
    let made = run("{{ \(call) }}")
    #expect(made.hasPrefix("f:1:") && made.hasSuffix("error: template: \(expected)"), "\(made)")
}
