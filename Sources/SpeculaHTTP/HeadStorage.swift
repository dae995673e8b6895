/// The bytes of one head and the table of its fields; kept and used again, so that a parse allocates nothing.
struct HeadStorage: ~Copyable, Sendable {
    /// The head as it was received, from its first byte.
    var slab: [UInt8] = []
    var table = FieldTable()

    /// What a head may keep between two uses; a larger slab or table is given back.
    ///
    /// Browsers' heads with many cookies are smaller. A thousand heads wait in a pool, so what one may keep is bounded tightly.
    static let keptBytes = 8 * 1024
    private static let keptFields = 128

    /// Holds more than a head may keep that waits for its next use.
    var isLarge: Bool { slab.capacity > Self.keptBytes || table.capacity > Self.keptFields }

    init(capacity: Int, fieldCapacity: Int) {
        slab.reserveCapacity(capacity)
        table.reserveCapacity(fieldCapacity)
    }

    mutating func removeAll() {
        slab.removeAll(keepingCapacity: slab.capacity <= Self.keptBytes)
        table.removeAll(keepingAtMost: Self.keptFields)
    }

    /// Lends a part of the slab.
    @inline(__always)
    func with<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
        body(slab.span.extracting(range))
    }

    /// Lends the value of the first field called `known`; nil when there is none.
    @inline(__always)
    func withFirst<Result>(_ known: KnownField, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard let index = table.first(known) else { return nil }
        return body(slab.span.extracting(table[index].valueRange))
    }

    /// Whether some field called `name`, given in lower case, has a value for which `isMatch` holds.
    func anyField(named name: Span<UInt8>, where isMatch: (Span<UInt8>) -> Bool) -> Bool {
        let bytes = slab.span
        for index in table.indices where Int(table[index].nameCount) == name.count {
            let field = table[index]
            guard bytes.extracting(field.nameRange).equalsIgnoringCase(name) else { continue }
            if isMatch(bytes.extracting(field.valueRange)) { return true }
        }
        return false
    }

    /// Whether some field called `known` lists these bytes, to the letter, separated by commas.
    func lists(_ wanted: Span<UInt8>, in known: KnownField) -> Bool {
        guard table.seen.contains(known) else { return false }
        let bytes = slab.span
        for index in table.indices where table[index].known == known {
            var list = TokenList(table[index].valueRange)
            while let item = list.next(in: bytes) {
                if bytes.extracting(item).isEqual(to: wanted) { return true }
            }
        }
        return false
    }

    /// Whether some field called `known` lists `token`, which is in lower case, separated by commas.
    func lists(_ token: StaticString, in known: KnownField) -> Bool {
        guard table.seen.contains(known) else { return false }
        let bytes = slab.span
        for index in table.indices where table[index].known == known {
            let field = table[index]
            var list = TokenList(field.valueRange)
            while let item = list.next(in: bytes) {
                if bytes.equalsIgnoringCase(token, from: item.lowerBound, count: item.count) { return true }
            }
        }
        return false
    }
}

/// The fields of a head in their order, and which known ones are among them.
///
/// They are walked over by index everywhere: an array's iterator allocates for each element in a build that is not optimised, and the
/// promise to allocate nothing is tested in such builds too.
struct FieldTable: ~Copyable, Sendable {
    /// Of these only the first `count` are of the head: a table is emptied by forgetting them, which costs nothing.
    private var fields: [Field] = []
    private(set) var count = 0
    private(set) var seen = KnownFieldSet(bits: 0)

    var indices: Range<Int> { 0..<count }
    var capacity: Int { fields.capacity }

    @inline(__always)
    subscript(index: Int) -> Field {
        precondition(index < count)
        return fields[index]
    }

    @inline(__always)
    mutating func append(_ field: Field) {
        if count < fields.count { fields[count] = field } else { fields.append(field) }
        count += 1
        seen.insert(field.known)
    }

    mutating func reserveCapacity(_ capacity: Int) { fields.reserveCapacity(capacity) }

    /// - `most`: A larger one is given back.
    mutating func removeAll(keepingAtMost most: Int) {
        if fields.capacity > most { fields = [] }
        count = 0
        seen.bits = 0
    }

    /// Whether some field has one of these traits.
    func contains(_ traits: Field.Traits) -> Bool {
        for index in indices where !self[index].traits.isDisjoint(with: traits) { return true }
        return false
    }

    /// Takes out the fields that have one of these traits, which stay among the `seen`.
    mutating func removeAll(having traits: Field.Traits) {
        var kept = 0
        for index in indices where self[index].traits.isDisjoint(with: traits) {
            fields[kept] = fields[index]
            kept += 1
        }
        count = kept
    }

    /// The index of the first field called `known`; a glance when there is none.
    @inline(__always)
    func first(_ known: KnownField) -> Int? {
        guard seen.contains(known) else { return nil }
        for index in indices where fields[index].known == known { return index }
        return nil
    }

    /// How many fields are called `known`.
    func count(of known: KnownField) -> Int {
        guard seen.contains(known) else { return 0 }
        var found = 0
        for index in indices where fields[index].known == known { found &+= 1 }
        return found
    }
}
