/// What rules ask about a request.
///
/// Everything is lent for the length of a call.
package protocol RequestFacts {
    /// The host without port, in lower case; empty when the request names none.
    func withHost(_ body: (Span<UInt8>) -> Void)
    /// The path with everything decoded but what is reserved.
    func withPath(_ body: (Span<UInt8>) -> Void)
    /// The method as it was sent.
    func withMethod(_ body: (Span<UInt8>) -> Void)
    /// What follows `?`, as it was sent; empty when there is nothing.
    func withQuery(_ body: (Span<UInt8>) -> Void)
    /// True if `condition` holds for the value of a field of this name; values are asked one by one until it does.
    ///
    /// The name is in lower case, and never `host` or `transfer-encoding`, which are no fields to rules.
    func anyField(named name: Span<UInt8>, where condition: (Span<UInt8>) -> Bool) -> Bool
    /// The peer's address, not a forwarded one: 16 bytes as two numbers, IPv4 inside `::ffff:0:0/96`.
    var clientAddress: (UInt64, UInt64) { get }
}
