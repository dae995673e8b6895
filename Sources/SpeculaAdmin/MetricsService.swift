package import SpeculaHTTP
package import SpeculaMetrics

/// `prometheus@internal`: a scrape of everything, compressed when the scraper takes gzip; no request is ever refused.
///
/// Reads and renders on the caller's thread, without asking the event loops. `name[]` in the query picks families.
package struct MetricsService: LocalService {
    private let registry: MetricRegistry

    package init(registry: MetricRegistry) { self.registry = registry }

    package func respond(to request: LocalRequest) async -> LocalResponse {
        let codings = request.fields.filter { $0.name.lowercased() == "accept-encoding" }.map(\.value)
        let isGzipped = AcceptEncoding.prefersGzip(codings)
        let names = QueryParameters(request.query).all("name[]")
        let format = ExpositionFormat.text004
        let body = registry.render(format: format, isGzipped: isGzipped, names: names.isEmpty ? nil : Set(names))
        var fields = [(name: "Content-Type", value: format.contentType), (name: "Vary", value: "Accept-Encoding")]
        if isGzipped { fields.append((name: "Content-Encoding", value: "gzip")) }
        return LocalResponse(status: 200, fields: fields, body: body)
    }
}
