/// What a request head holds, as one value: a pass over it is one access to its owner.
struct ParsedRequest: ~Copyable, Sendable {
    var storage: HeadStorage
    var line = RequestLine()
    var target = PreparedTarget()
    var framing = BodyFraming.none
    var keepAlive = true
    var expectsContinue = false
    var connection: ConnectionOptions = []

    init(storage: consuming HeadStorage) {
        self.storage = storage
    }

    mutating func removeAll() {
        storage.removeAll()
        target.removeAll()
        framing = .none
        keepAlive = true
        expectsContinue = false
        connection = []
    }

    @inline(__always)
    func with<Result>(_ place: Place, _ body: (Span<UInt8>) -> Result) -> Result {
        let range = Int(place.start)..<Int(place.start) &+ Int(place.count)
        return place.isDerived
            ? body(target.derived.span.extracting(range)) : body(storage.slab.span.extracting(range))
    }
}
