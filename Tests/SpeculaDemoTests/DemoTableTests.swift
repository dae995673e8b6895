import Testing

@testable import SpeculaDemo

private let bounds = [0.001, 0.01, 0.1]

private func column(
    _ name: String, asked: Double?, requests: UInt64, errors: UInt64, buckets: [UInt64],
    decisions: [DemoFigures.Count] = [], outcomes: [DemoFigures.Count] = []
) -> DemoFigures.Column {
    .init(
        name: name, askedShare: asked, requests: requests, serverErrors: errors, buckets: buckets,
        decisions: decisions, outcomes: outcomes)
}

@Test func quantileIsLinearWithinItsBucket() {
    let bounds = [1.0, 3, 7]
    #expect(BucketQuantile.value(0.5, buckets: [0, 10, 0, 0], bounds: bounds) == 2)
    #expect(BucketQuantile.value(0.5, buckets: [10, 0, 0, 0], bounds: bounds) == 0.5)
    #expect(BucketQuantile.value(0.99, buckets: [0, 0, 0, 3], bounds: bounds) == .infinity)
    #expect(BucketQuantile.value(0.5, buckets: [0, 0, 0, 0], bounds: bounds) == nil)
}

@Test(arguments: [(0.0, 1, "0"), (12.04, 1, "12"), (12.06, 1, "12.1"), (0.999, 2, "1"), (3.05, 2, "3.05"), (7, 0, "7")])
func decimalCutsTrailingZeros(value: Double, places: Int, text: String) {
    #expect(DemoTable.decimal(value, places) == text)
}

@Test func figuresSinceEarlierOnesAreDifferences() {
    let before = DemoFigures(
        bounds: bounds, columns: [column("p", asked: nil, requests: 5, errors: 1, buckets: [1, 4, 0, 0])])
    let now = DemoFigures(
        bounds: bounds, columns: [column("p", asked: nil, requests: 25, errors: 4, buckets: [2, 20, 2, 1])])
    let recent = now.since(before).columns[0]
    #expect(recent.requests == 20)
    #expect(recent.serverErrors == 3)
    #expect(recent.buckets == [1, 16, 2, 1])
    #expect(now.since(nil).columns[0].requests == 25)
}

@Test func tableShowsPrimaryAndMirrorsSideBySide() {
    let figures = DemoFigures(
        bounds: bounds,
        columns: [
            column("production@file", asked: nil, requests: 400, errors: 0, buckets: [0, 390, 10, 0]),
            column(
                "shaky@file", asked: 0.25, requests: 100, errors: 12, buckets: [0, 0, 100, 0],
                decisions: [.init("sent", 100), .init("not_sampled", 300), .init("method", 0)],
                outcomes: [.init("complete", 99), .init("connect_error", 1)]),
        ])
    let table = DemoTable(
        frame: .init(
            seconds: 75, links: [("dashboard", "http://127.0.0.1:8080/dashboard/")], isStyled: false, width: 80),
        columns: 2)
    let text = table.lines(figures: figures, recent: figures, window: 10).map { line in
        String(line.reversed().drop { $0 == " " }.reversed())
    }
    let expected = """
        Specula  a mirroring gateway: one primary answers, two mirrors get copies, clients see only the primary

                     production@file                 shaky@file
                     primary                         mirror of 25 %
          ─────────────────────────────────────────────────────────────────────────
          rate       40 /s                           10 /s
          5xx        0 %                             12 %
          p50        5.6 ms                          55 ms
          p95        9.8 ms                          95.5 ms
          p99        64 ms                           99.1 ms
          ─────────────────────────────────────────────────────────────────────────
          requests   400                             100
          decisions  -                               sent                       100
                                                     not sampled                300
          outcomes   -                               complete                    99
                                                     connect error                1

          dashboard  http://127.0.0.1:8080/dashboard/

          rates and latencies of the last 10 s, running for 1 min; Ctrl-C ends it
        """
    #expect(text.joined(separator: "\n") == expected)
}

@Test func tableFitsItsTerminal() {
    let columns = (0..<3).map { column("s\($0)", asked: nil, requests: 1, errors: 0, buckets: [1, 0, 0, 0]) }
    let figures = DemoFigures(bounds: bounds, columns: columns)
    let frame = DemoTable.Frame(seconds: 0, links: [], isStyled: false, width: 100)
    let lines = DemoTable(frame: frame, columns: 3).lines(figures: figures, recent: figures, window: 1)
    #expect(lines.dropFirst(2).allSatisfy { $0.count <= 100 })
}
