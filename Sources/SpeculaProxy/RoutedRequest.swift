internal import SpeculaHTTP
internal import SpeculaRouting

/// A parsed request as the route table looks at it.
internal struct RoutedRequest: RequestFacts {
    let head: RequestHead
    let clientAddress: (UInt64, UInt64)

    func withHost<R>(_ body: (Span<UInt8>) -> R) -> R { head.withHost(body) }
    func withPath<R>(_ body: (Span<UInt8>) -> R) -> R { head.withDecodedPath(body) }
    func withQuery<R>(_ body: (Span<UInt8>) -> R) -> R { head.withQuery(body) }
    func withMethod<R>(_ body: (Span<UInt8>) -> R) -> R { head.withMethodBytes(body) }

    func anyField(named name: Span<UInt8>, where test: (Span<UInt8>) -> Bool) -> Bool {
        head.anyField(named: name, where: test)
    }
}
