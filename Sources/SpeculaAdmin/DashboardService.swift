package import SpeculaHTTP

/// `dashboard@internal`: the page at `/dashboard/`, and the way there from `/`.
package struct DashboardService: LocalService {
    private let basePath: String

    /// - Parameter basePath: what stands before `/dashboard/` (Traefik: `api.basePath`, `/` by default).
    package init(basePath: String) { self.basePath = BasePath.trimmed(basePath) }

    package func respond(to request: LocalRequest) async -> LocalResponse {
        let page = basePath + "/dashboard/"
        switch request.path {
        // Without the slash at its end the page could not name the API by a relative path.
        case basePath, basePath + "/", basePath + "/dashboard":
            return .moved(to: page, method: request.method)
        case page, page + "index.html":
            guard ["GET", "HEAD"].contains(request.method) else { return .methodNotAllowed }
            return LocalResponse(
                status: 200,
                fields: [
                    ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-cache"),
                    ("Content-Security-Policy", DashboardPage.contentSecurityPolicy),
                    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ], body: DashboardPage.bytes)
        default: return .pageNotFound
        }
    }
}
