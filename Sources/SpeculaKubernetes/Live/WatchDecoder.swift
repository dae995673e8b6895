internal import SpeculaConfiguration

/// Cuts the body of a watch into events, wherever its pieces end.
struct WatchDecoder {
    enum Event {
        case put(KubernetesObject)
        case deleted(KubernetesObject)
        case bookmark(resourceVersion: String)
        case failed(ClusterFailure)
    }

    /// Longer than any object that an API server stores.
    static let maxLineBytes = 8 << 20

    private let resource: ClusterResource
    private var line: [UInt8] = []

    init(_ resource: ClusterResource) { self.resource = resource }

    /// A line was begun and not ended.
    var isWithinLine: Bool { !line.isEmpty }

    /// - Returns: the events that are whole now; after a failure nothing more is to be read.
    mutating func take(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            line += bytes[start..<end]
            start = end + 1
            if line.contains(where: { $0 > 0x20 }) { events.append(event()) }
            line.removeAll(keepingCapacity: true)
            if case .failed = events.last { return events }
        }
        line += bytes[start...]
        if line.count > Self.maxLineBytes {
            events.append(.failed(.malformed("an event is longer than \(Self.maxLineBytes) bytes")))
        }
        return events
    }

    private func event() -> Event {
        let value: JSONValue
        do {
            value = try JSONParser.parse(line)
        } catch {
            return .failed(.malformed("an event is no JSON: \(error.message)"))
        }
        guard case .string(let type) = value["type"], let body = value["object"] else {
            return .failed(.malformed("an event without type or object"))
        }
        switch type {
        case "BOOKMARK":
            guard case .string(let version) = body["metadata"]?["resourceVersion"] else {
                return .failed(.malformed("a bookmark without version"))
            }
            return .bookmark(resourceVersion: version)
        case "ERROR": return .failed(Self.failure(body))
        case "ADDED", "MODIFIED", "DELETED":
            guard let object = KubernetesObject(body, of: resource) else {
                return .failed(.malformed("an object without a name"))
            }
            return type == "DELETED" ? .deleted(object) : .put(object)
        default: return .failed(.malformed("an event of the unknown type \(type)"))
        }
    }

    /// What a `Status` object means.
    static func failure(_ status: JSONValue, code: Int? = nil, retryAfter: Duration? = nil) -> ClusterFailure {
        var number = code ?? 0
        if code == nil, case .integer(let said) = status["code"] { number = Int(said) }
        var message = ""
        if case .string(let said) = status["message"] { message = said }
        switch number {
        case 401: return .unauthorized
        case 403: return .forbidden(message)
        case 404: return .missing
        case 410: return .expired
        case 429, 500...: return .overloaded(status: number, retryAfter: retryAfter)
        default: return .status(number)
        }
    }
}
