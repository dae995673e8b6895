/// The head of a request: one slab of bytes and a table of what stands where; made once and used again and again.
///
/// `RequestParser` fills it; `prepareTarget(_:)` then works out path, query and host. Everything is lent as a `Span` for the length
/// of a call. A head belongs to one loop.
package final class RequestHead {
    /// Not checked for overlapping accesses while the program runs, which would cost a fifth of a small request's time here: every
    /// member below is one whole access, and what `with…` lends is read only, so only a closure that resets or fills the very head
    /// it was lent from could overlap.
    @exclusivity(unchecked) var parsed: ParsedRequest

    /// How many of the exchange and its sets of copies still need the head; kept by whoever pools heads.
    package var holders = 0

    /// Makes an empty head that holds `capacity` bytes and 16 fields before it grows; what it grew by it keeps.
    package init(capacity: Int = 1024) {
        unsafe parsed = ParsedRequest(storage: HeadStorage(capacity: capacity, fieldCapacity: 16))
    }

    /// Forgets the request and keeps the room; a slab of more than 8 KiB is given back.
    package func reset() { unsafe parsed.removeAll() }

    /// Nobody needs the request any longer: a large slab is given back now, not when the head is used again.
    package func rest() {
        if unsafe parsed.storage.isLarge || parsed.target.derived.capacity > HeadStorage.keptBytes { reset() }
    }

    package var method: Method { unsafe parsed.line.method }
    package var version: Version { unsafe parsed.line.version }
    package var targetForm: TargetForm { unsafe parsed.line.form }
    package var framing: BodyFraming { unsafe parsed.framing }
    /// Whether the client lets the connection be used again (RFC 9112 section 9.3).
    package var keepAlive: Bool { unsafe parsed.keepAlive }
    /// Whether the client waits for `100 Continue`: with a body before it sends it, without one because a server may send a 100 all the
    /// same, and Traefik passes it on.
    package var expectsContinue: Bool { unsafe parsed.expectsContinue }
    /// Whether `Connection` lists `upgrade` and `Upgrade` names a protocol.
    package var upgradeRequested: Bool { unsafe parsed.connection.contains(.upgrade) }
    /// Whether the target holds a `?`.
    package var hasQuery: Bool { unsafe parsed.target.hasQuery }
    /// Bytes of the head as it was received.
    package var byteCount: Int { unsafe parsed.storage.slab.count }
    /// Bytes of memory that the head keeps.
    package var capacity: Int { unsafe parsed.storage.slab.capacity + parsed.target.derived.capacity }

    /// Prepares path, query and host once the head is whole; an ordinary target costs a glance.
    ///
    /// - Returns: Nil when the request may be routed, else its answer.
    package func prepareTarget(_ policy: borrowing TargetPolicy) -> Refusal? { unsafe parsed.prepareTarget(policy) }

    /// The method as it was sent.
    package func withMethodBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.storage.with(0..<Int(parsed.line.methodCount), body)
    }

    /// The target as it was sent; for access logs.
    package func withTarget<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let start = unsafe Int(parsed.line.targetStart)
        return unsafe parsed.storage.with(start..<start + Int(parsed.line.targetCount), body)
    }

    /// The path for the server: normalised, sanitised, still encoded.
    package func withPath<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.with(parsed.target.path, body)
    }

    /// The path that rules see: decoded but for reserved characters.
    package func withDecodedPath<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.with(parsed.target.routingPath, body)
    }

    /// The query for rules and for the server, without its `?`; empty when there is none.
    package func withQuery<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.with(parsed.target.query, body)
    }

    /// The host that rules see: lower case, no port.
    package func withHost<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.with(parsed.target.host, body)
    }

    /// `Host` as it was sent, or the authority of an absolute target; empty when there is neither.
    package func withAuthority<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.with(parsed.target.authority, body)
    }
}

@available(*, unavailable)
extension RequestHead: Sendable {}

extension RequestHead {
    /// How many fields there are.
    package var count: Int { unsafe parsed.storage.table.count }

    package subscript(index: Int) -> Field { unsafe parsed.storage.table[index] }

    /// The index of the first field called `known`.
    package func first(_ known: KnownField) -> Int? { unsafe parsed.storage.table.first(known) }

    /// Whether some field called `known` lists `token`, given in lower case, among items separated by commas.
    package func lists(_ token: StaticString, in known: KnownField) -> Bool {
        unsafe parsed.storage.lists(token, in: known)
    }

    /// Whether some field called `known` lists these bytes, to the letter, among items separated by commas.
    package func lists(_ item: Span<UInt8>, in known: KnownField) -> Bool {
        unsafe parsed.storage.lists(item, in: known)
    }

    package func withValue<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.storage.with(parsed.storage.table[index].valueRange, body)
    }

    package func withName<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.storage.with(parsed.storage.table[index].nameRange, body)
    }

    /// The value of the first field called `known`, lent to `body`; nil when there is none.
    package func withFirst<Result>(_ known: KnownField, _ body: (Span<UInt8>) -> Result) -> Result? {
        unsafe parsed.storage.withFirst(known, body)
    }

    /// Whether some field called `name`, given in lower case, has a value for which `isMatch` holds; for rules.
    package func anyField(named name: Span<UInt8>, where isMatch: (Span<UInt8>) -> Bool) -> Bool {
        unsafe parsed.storage.anyField(named: name, where: isMatch)
    }
}
