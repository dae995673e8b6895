import Testing

@testable import SpeculaMetrics

/// What scrapers send, and what they get; never a refusal.
struct NegotiationTests {
    /// Prometheus 2.42 as it comes, and with native histograms; 2.49, whose last weight is out of range; 3.0 and later.
    static let prometheus242 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    static let prometheus242Native =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    static let prometheus249 =
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2"
    static let prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

    @Test(
        arguments: [
            ([], .text004, .text004),
            ([""], .text004, .text004),
            (["*/*"], .text004, .text004),
            (["text/*"], .text004, .text004),
            (["text/html"], .text004, .text004),
            (["application/json"], .text004, .text004),
            (["text/plain;q=0"], .text004, .text004),
            ([prometheus242], .openMetrics100, .text004),
            ([prometheus242Native], .protobuf, .protobuf),
            ([prometheus249], .openMetrics100, .text004),
            ([prometheus3], .openMetrics100, .text004),
            (["application/openmetrics-text"], .openMetrics100, .text004),
            (["application/openmetrics-text; version=\"1.0.0\""], .openMetrics100, .text004),
            (["APPLICATION/OpenMetrics-Text;Version=0.0.1"], .openMetrics001, .text004),
            (["application/openmetrics-text;version=2.0.0"], .text004, .text004),
            (["text/plain;q=0.9", "application/openmetrics-text;q=0.8"], .text004, .text004),
            (["text/plain;q=0.8, application/openmetrics-text;q=0.8"], .openMetrics100, .text004),
            (["application/openmetrics-text;q=0, */*"], .text004, .text004),
            (["application/openmetrics-text;q=nonsense, text/plain"], .text004, .text004),
            (["application/vnd.google.protobuf"], .text004, .text004),
            (
                ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"], .text004,
                .text004
            ),
        ] as [([String], ExpositionFormat, ExpositionFormat)])
    func formatsAreChosenByWeightAndName(accept: [String], with: ExpositionFormat, without: ExpositionFormat) {
        #expect(Negotiation.format(accept: accept, openMetrics: true, protobuf: true) == with)
        #expect(Negotiation.format(accept: accept, openMetrics: false, protobuf: true) == without)
    }

    @Test(
        arguments: [
            ([], false), ([""], false), (["identity"], false), (["gzip"], true), (["x-gzip"], true),
            (["GZIP;q=0.1"], true),
            (["gzip;q=0"], false), (["deflate, br"], false), (["*"], true), (["*;q=0"], false),
            (["gzip;q=0, *"], false),
            (["gzip;q=0.5, identity"], false), (["gzip, identity"], true), (["identity;q=0"], false),
            (["br;q=1.0, gzip;q=0.8, *;q=0.1"], true), (["identity;q=0.5, *;q=0.4"], false), (["gzip;q=2"], false),
            (["deflate", "gzip"], true),
        ] as [([String], Bool)])
    func gzipIsUsedWhereItIsWelcome(acceptEncoding: [String], isGzipped: Bool) {
        #expect(Negotiation.isGzipped(acceptEncoding: acceptEncoding) == isGzipped)
    }

    @Test(
        arguments: [
            ("", nil), ("x=1", nil), ("name[]=a", ["a"]), ("name%5B%5D=a&name[]=b%5f", ["a", "b_"]), ("name[]=", [""]),
            ("name[]=a%2", ["a%2"]), ("name[]=a+b", ["a b"]),
        ] as [(String, Set<String>?)])
    func namesPickFamilies(query: String, names: Set<String>?) {
        #expect(NameFilter.names(in: query) == names)
    }

    @Test func anAnswerSaysWhatItIs() {
        var options = MetricOptions()
        options.openMetrics = true
        let registry = MetricRegistry(options: options)
        let answer = registry.scrape(
            ScrapeRequest(
                accept: [Self.prometheus242], acceptEncoding: ["gzip"], query: "name[]=specula_build_info"))
        #expect(answer.format == .openMetrics100)
        #expect(answer.fields.contains { $0.name == "Content-Encoding" && $0.value == "gzip" })
        #expect(answer.fields.contains { $0.value == "application/openmetrics-text; version=1.0.0; charset=utf-8" })
        let text = String(
            decoding: registry.render(format: .openMetrics100, names: ["specula_build_info"]), as: UTF8.self)
        #expect(
            text == """
                # TYPE specula_build_info gauge
                # HELP specula_build_info What is running; always 1.
                specula_build_info{revision="unknown",swift_version="unknown",version="dev"} 1.0
                # EOF

                """)
    }
}
