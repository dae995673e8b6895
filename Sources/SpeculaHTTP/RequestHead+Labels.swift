/// The protocol of a request as Traefik's metrics label it (traefik.md 2.3); says nothing about HTTP/1.1 or 2.
package enum RequestProtocol: UInt8, CaseIterable, Sendable {
    case http, websocket, sse, grpc, grpcWeb
}

extension RequestHead {
    /// Which protocol the request speaks; of each field only the first line is read, as in Traefik.
    package var requestProtocol: RequestProtocol { unsafe parsed.storage.requestProtocol }
}

extension HeadStorage {
    var requestProtocol: RequestProtocol {
        guard table.seen.intersects(KnownFieldSet(.upgrade, .accept, .contentType)) else { return .http }
        if firstLists("upgrade", in: .connection), firstLists("websocket", in: .upgrade) { return .websocket }
        if firstLists("text/event-stream", in: .accept) { return .sse }
        let isWeb = withFirst(.contentType) { $0.hasPrefix("application/grpc-web") } == true
        if isWeb { return .grpcWeb }
        let isGRPC = withFirst(.contentType) { $0.hasPrefix("application/grpc") } == true
        return isGRPC ? .grpc : .http
    }

    /// Whether the first field called `known` lists `item`, given in lower case.
    private func firstLists(_ item: StaticString, in known: KnownField) -> Bool {
        guard let index = table.first(known) else { return false }
        let bytes = slab.span
        var list = TokenList(table[index].valueRange)
        while let next = list.next(in: bytes) {
            if bytes.equalsIgnoringCase(item, from: next.lowerBound, count: next.count) { return true }
        }
        return false
    }
}

extension Span<UInt8> {
    /// Whether the span begins with `text`, given in lower case, in any case.
    func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && equalsIgnoringCase(text, from: 0, count: text.utf8CodeUnitCount)
    }
}
