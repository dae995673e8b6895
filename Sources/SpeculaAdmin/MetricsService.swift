package import SpeculaHTTP
package import SpeculaMetrics

/// `prometheus@internal`: a scrape of everything, in the format and coding that the scraper would rather have; never refused.
///
/// Reads and renders off the event loops, without asking them. `name[]` in the query picks families. Scrapers that ask for
/// the same at the same time share one answer, so that a crowd of them costs one.
package struct MetricsService: LocalService {
    private let scrapes: SharedScrapes

    /// - `prepare`: Called on the thread of each scrape before it begins.
    /// - `giveWay`: Called there over and over while it is made.
    package init(
        registry: MetricRegistry, prepare: @escaping @Sendable () -> Void = {},
        giveWay: @escaping @Sendable () -> Void = {}
    ) {
        scrapes = SharedScrapes { request in
            prepare()
            return registry.scrape(request, giveWay: giveWay)
        }
    }

    package func respond(to request: LocalRequest) async -> LocalResponse {
        func lines(_ name: String) -> [String] {
            request.fields.filter { $0.name.lowercased() == name }.map(\.value)
        }
        let scrape = ScrapeRequest(
            accept: lines("accept"), acceptEncoding: lines("accept-encoding"), query: request.query)
        let response = await scrapes.answer(scrape)
        return LocalResponse(status: 200, fields: response.fields, blocks: response.blocks)
    }
}

/// The scrapes under way: who asks for what is being made already waits for that.
actor SharedScrapes {
    private struct Question: Hashable {
        let accept: [String]
        let acceptEncoding: [String]
        let query: String
    }

    private let scrape: @Sendable (ScrapeRequest) -> ScrapeResponse
    private var underWay: [Question: Task<ScrapeResponse, Never>] = [:]

    init(_ scrape: @escaping @Sendable (ScrapeRequest) -> ScrapeResponse) { self.scrape = scrape }

    func answer(_ request: ScrapeRequest) async -> ScrapeResponse {
        let question = Question(
            accept: request.accept, acceptEncoding: request.acceptEncoding, query: request.query)
        if let task = underWay[question] { return await task.value }
        let scrape = scrape
        // Ends with its answer; nobody who waits can take it away from the others.
        let task = Task.detached { scrape(request) }
        underWay[question] = task
        let response = await task.value
        underWay[question] = nil
        return response
    }
}
