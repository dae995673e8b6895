internal import SpeculaHTTP
internal import SpeculaRouting

/// A parsed request as the route table looks at it.
internal struct RoutedRequest: RequestFacts {
    let head: RequestHead
    let clientAddress: (UInt64, UInt64)

    func withHost(_ body: (Span<UInt8>) -> Void) { head.withHost(body) }
    func withPath(_ body: (Span<UInt8>) -> Void) { head.withDecodedPath(body) }
    func withQuery(_ body: (Span<UInt8>) -> Void) { head.withQuery(body) }
    func withMethod(_ body: (Span<UInt8>) -> Void) { head.withMethodBytes(body) }

    func anyField(named name: Span<UInt8>, where test: (Span<UInt8>) -> Bool) -> Bool {
        head.anyField(named: name, where: test)
    }
}
