package import SpeculaClient
internal import SpeculaConfiguration
internal import SpeculaHTTP

/// What is asked of an API server, over HTTP.
package struct ClusterAPI: Sendable {
    /// How long a watch may be silent; the server's bookmarks come about once a minute.
    package static let silence = Duration.seconds(90)

    private let client: Client
    private let access: ClusterAccess
    private let userAgent: String
    private let pageBytes: Int

    /// - Parameters:
    ///   - client: brings requests there.
    ///   - access: where the server is, and who we are.
    ///   - userAgent: what we are called there.
    ///   - pageBytes: the longest page of a list that is read.
    package init(client: Client, access: ClusterAccess, userAgent: String, pageBytes: Int = 64 << 20) {
        self.client = client
        self.access = access
        self.userAgent = userAgent
        self.pageBytes = pageBytes
    }

    /// All objects of a kind, page by page.
    ///
    /// - Parameters:
    ///   - resource: the kind.
    ///   - namespace: nil: all.
    ///   - selector: on labels; empty: none.
    ///   - version: `0`: whatever the server has at hand, mostly on one page; empty: the newest.
    ///   - page: objects on one page.
    /// - Returns: them, with the version to watch from.
    /// - Throws: why there is no list; a part of one is never returned.
    func list(
        _ resource: ClusterResource, in namespace: String?, selector: String, version: String, page: Int
    ) async throws(ClusterFailure) -> (items: [KubernetesObject], version: String) {
        var items: [KubernetesObject] = []
        var continuation = ""
        var pages = 0
        while true {
            var query = [("limit", String(page))]
            if !selector.isEmpty { query.append(("labelSelector", selector)) }
            if continuation.isEmpty {
                if !version.isEmpty { query.append(("resourceVersion", version)) }
            } else {
                query.append(("continue", continuation))
            }
            var request = try request(.get, resource.path(in: namespace), query)
            request.limits.bodyBytes = pageBytes
            request.limits.whole = .seconds(120)
            let list = try await answer(request)
            guard case .string(let listed) = list["metadata"]?["resourceVersion"] else {
                throw .malformed("a list without version")
            }
            if case .array(let elements) = list["items"] {
                for element in elements {
                    guard let object = KubernetesObject(element, of: resource) else {
                        throw .malformed("an object without a name")
                    }
                    items.append(object)
                }
            }
            pages += 1
            guard case .string(let more) = list["metadata"]?["continue"], !more.isEmpty else { return (items, listed) }
            guard pages < 10_000 else { throw .malformed("a list without end") }
            continuation = more
        }
    }

    /// What changes from a version on, until the server ends it after `seconds`.
    func watch(
        _ resource: ClusterResource, in namespace: String?, selector: String, version: String, seconds: Int
    ) async throws(ClusterFailure) -> ClientStream {
        var query = [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
            ("timeoutSeconds", String(seconds)),
        ]
        if !selector.isEmpty { query.append(("labelSelector", selector)) }
        var request = try request(.get, resource.path(in: namespace), query)
        request.limits.idle = Self.silence
        let stream = try await open(request)
        guard stream.head.isSuccess else {
            let body = (try? await stream.collect(upTo: 1 << 20)) ?? []
            throw Self.failure(stream.head, body)
        }
        return stream
    }

    /// Sends a change; the answer is thrown away.
    func write(
        _ change: Change, _ path: String, _ body: JSONValue, type: String = "application/json"
    ) async throws(ClusterFailure) {
        var request = try request(change == .create ? .post : .patch, path, [])
        request.fields.append(("Content-Type", type))
        request.body = body.text
        request.limits.whole = .seconds(30)
        _ = try await answer(request)
    }

    enum Change { case create, patch }

    // MARK: Over HTTP

    private func request(
        _ method: Method, _ path: String, _ query: [(String, String)]
    ) throws(ClusterFailure) -> ClientRequest {
        let credentials = try access.credentials()
        let text = query.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        var request = ClientRequest(method, credentials.endpoint, text.isEmpty ? path : "\(path)?\(text)")
        request.tls = credentials.tls
        request.fields = [("Accept", "application/json"), ("User-Agent", userAgent)]
        if let token = credentials.token { request.fields.append(("Authorization", "Bearer \(token)")) }
        return request
    }

    private func open(_ request: ClientRequest) async throws(ClusterFailure) -> ClientStream {
        do {
            return try await client.open(request)
        } catch {
            throw ClusterFailure(error)
        }
    }

    /// The JSON of a successful answer.
    private func answer(_ request: ClientRequest) async throws(ClusterFailure) -> JSONValue {
        let response: ClientResponse
        do {
            response = try await client.send(request)
        } catch {
            throw ClusterFailure(error)
        }
        guard response.head.isSuccess else { throw Self.failure(response.head, response.body) }
        do {
            return try JSONParser.parse(response.body)
        } catch {
            throw .malformed("the answer is no JSON: \(error.message)")
        }
    }

    private static func failure(_ head: ClientResponseHead, _ body: [UInt8]) -> ClusterFailure {
        let wait = head.firstValue(of: "retry-after").flatMap { Int($0) }.map { Duration.seconds(min($0, 300)) }
        let status = (try? JSONParser.parse(body)) ?? .null
        return WatchDecoder.failure(status, code: head.status, retryAfter: wait)
    }

    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                encoded.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
