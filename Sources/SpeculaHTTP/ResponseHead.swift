/// The head of a server's response; used again and again like `RequestHead`.
package final class ResponseHead {
    /// Not checked for overlapping accesses while the program runs, for the reason given at `RequestHead`.
    @exclusivity(unchecked) var parsed: ParsedResponse

    /// Makes an empty head that holds `capacity` bytes and 16 fields before it grows; what it grew by it keeps.
    package init(capacity: Int = 512) {
        unsafe parsed = ParsedResponse(storage: HeadStorage(capacity: capacity, fieldCapacity: 16))
    }

    /// Forgets the response and keeps the room; a slab of more than 8 KiB is given back.
    package func reset() { unsafe parsed.removeAll() }

    /// Nobody needs the response any longer: a large slab is given back now, not when the head is used again.
    package func rest() { if unsafe parsed.storage.isLarge { reset() } }

    /// 100 to 999.
    package var status: UInt16 { unsafe parsed.line.status }
    package var version: Version { unsafe parsed.line.version }
    /// How the body ends, given the request's method.
    package var framing: BodyFraming { unsafe parsed.framing }
    /// Whether the connection can carry another request when the body has been read.
    package var keepAlive: Bool { unsafe parsed.keepAlive }
    /// Whether this is a head before the real one (1xx but 101).
    package var isInterim: Bool { unsafe parsed.line.status < 200 && parsed.line.status != 101 }
    /// Whether a 101 switches to the protocol that `request` asked for; any other is an answer to nothing.
    package func switchesProtocol(askedBy request: RequestHead) -> Bool {
        guard unsafe parsed.connection.contains(.upgrade), request.upgradeRequested else { return false }
        return withFirst(.upgrade) { chosen in
            request.withFirst(.upgrade) { asked in chosen.equalsIgnoringCase(asked) } ?? false
        } ?? false
    }

    /// Bytes of the head as it was received.
    package var byteCount: Int { unsafe parsed.storage.slab.count }
    package var capacity: Int { unsafe parsed.storage.slab.capacity }

    package func withReason<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let start = unsafe Int(parsed.line.reasonStart)
        return unsafe parsed.storage.with(start..<start + Int(parsed.line.reasonCount), body)
    }

    /// How many fields there are.
    package var count: Int { unsafe parsed.storage.table.count }

    package subscript(index: Int) -> Field { unsafe parsed.storage.table[index] }

    package func first(_ known: KnownField) -> Int? { unsafe parsed.storage.table.first(known) }

    /// Whether some field called `known` lists `token`, given in lower case, among items separated by commas.
    package func lists(_ token: StaticString, in known: KnownField) -> Bool {
        unsafe parsed.storage.lists(token, in: known)
    }

    package func withValue<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.storage.with(parsed.storage.table[index].valueRange, body)
    }

    package func withName<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        unsafe parsed.storage.with(parsed.storage.table[index].nameRange, body)
    }

    package func withFirst<Result>(_ known: KnownField, _ body: (Span<UInt8>) -> Result) -> Result? {
        unsafe parsed.storage.withFirst(known, body)
    }

    /// Whether some field called `name`, given in lower case, has a value for which `isMatch` holds.
    package func anyField(named name: Span<UInt8>, where isMatch: (Span<UInt8>) -> Bool) -> Bool {
        unsafe parsed.storage.anyField(named: name, where: isMatch)
    }
}

@available(*, unavailable)
extension ResponseHead: Sendable {}

/// What a response head holds, as one value: a pass over it is one access to its owner.
struct ParsedResponse: ~Copyable, Sendable {
    var storage: HeadStorage
    var line = StatusLine()
    var framing = BodyFraming.none
    var keepAlive = false
    var connection: ConnectionOptions = []

    init(storage: consuming HeadStorage) {
        self.storage = storage
    }

    mutating func removeAll() {
        storage.removeAll()
        framing = .none
        keepAlive = false
        connection = []
    }

    /// Works out framing and persistence (RFC 9112 sections 6.3 and 9.3); nil when they make sense.
    mutating func finish(method: Method) -> MalformedResponse? {
        let seen = storage.table.seen
        if seen.contains(.connection) { connection = storage.connectionOptions() }
        keepAlive =
            line.version == .http11
            ? !connection.contains(.close) : connection.contains(.keepAlive) && !connection.contains(.close)
        framing = .untilClose
        if seen.contains(.transferEncoding) {
            guard line.version == .http11, storage.table.count(of: .transferEncoding) == 1,
                storage.withFirst(.transferEncoding, { $0.equalsIgnoringCase("chunked", from: 0, count: $0.count) })
                    == true
            else { return .framing }
            framing = .chunked
            // Both at once is what an attack looks like: the chunks count, the connection is not used again.
            if seen.contains(.contentLength) { keepAlive = false }
        } else if seen.contains(.contentLength) {
            var length: UInt64?
            for index in storage.table.indices
            where storage.table[index].known == .contentLength
                && !storage.table[index].traits.contains(.dropped)
            {
                let field = storage.table[index]
                guard let value = storage.length(of: field), length == nil || length == value else { return .framing }
                length = value
            }
            if let length { framing = .length(length) }
        }
        let hasNoBody = method == .head || line.status < 200 || line.status == 204 || line.status == 304
        if hasNoBody { framing = .none }
        if line.status == 101 || framing == .untilClose { keepAlive = false }
        return hasHiddenFraming ? .framing : nil
    }

    /// Whether a field that decides where the body ends has a blank before its colon, which could hide it from somebody.
    private var hasHiddenFraming: Bool {
        guard storage.table.seen.intersects(KnownFieldSet(.contentLength, .transferEncoding)) else { return false }
        for index in storage.table.indices where storage.table[index].traits.contains(.dropped) {
            let known = storage.table[index].known
            if known == .contentLength || known == .transferEncoding { return true }
        }
        return false
    }
}
