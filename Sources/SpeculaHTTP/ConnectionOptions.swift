/// What the `Connection` fields of a head list (RFC 9110 section 7.6.1).
struct ConnectionOptions: OptionSet, Sendable {
    var rawValue: UInt8

    static var close: ConnectionOptions { ConnectionOptions(rawValue: 1) }
    static var keepAlive: ConnectionOptions { ConnectionOptions(rawValue: 2) }
    static var upgrade: ConnectionOptions { ConnectionOptions(rawValue: 4) }
    /// Some other name: a field that is not passed on.
    static var names: ConnectionOptions { ConnectionOptions(rawValue: 8) }
}

extension HeadStorage {
    /// Reads all `Connection` fields.
    func connectionOptions() -> ConnectionOptions {
        let bytes = slab.span
        var options: ConnectionOptions = []
        for index in table.indices where table[index].known == .connection {
            let field = table[index]
            var list = TokenList(field.valueRange)
            while let item = list.next(in: bytes) {
                options.formUnion(Self.option(bytes, item))
            }
        }
        return options
    }

    /// What one item of a `Connection` list means; a line's end stands behind it, so that a word can always be read.
    private static func option(_ bytes: Span<UInt8>, _ item: Range<Int>) -> ConnectionOptions {
        let start = item.lowerBound
        switch item.count {
        case 5:
            let head = bytes.load32(start) | 0x2020_2020
            if head == word32("clos"), bytes[start &+ 4] | 0x20 == UInt8(ascii: "e") { return .close }
        case 7:
            let head = bytes.load32(start) | 0x2020_2020
            if head == word32("upgr"), bytes.load32(start &+ 3) | 0x2020_2020 == word32("rade") { return .upgrade }
        case 10:
            let lower: UInt64 = 0x2020_2020_2020_2020
            if bytes.load64(start) | lower == word64("keep-ali"), bytes.load64(start &+ 2) | lower == word64("ep-alive")
            {
                return .keepAlive
            }
        default: break
        }
        return .names
    }

    /// Whether some `Connection` field lists the name in `name`.
    func connectionLists(_ name: Range<Int>) -> Bool {
        let bytes = slab.span
        for index in table.indices where table[index].known == .connection {
            let field = table[index]
            var list = TokenList(field.valueRange)
            while let item = list.next(in: bytes) {
                if bytes.extracting(item).equalsIgnoringCase(bytes.extracting(name)) { return true }
            }
        }
        return false
    }
}
