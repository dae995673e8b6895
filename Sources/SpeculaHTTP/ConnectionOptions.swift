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
        for field in table.fields where field.known == .connection {
            var list = TokenList(field.valueRange)
            while let item = list.next(in: bytes) {
                if bytes.equalsIgnoringCase("keep-alive", from: item.lowerBound, count: item.count) {
                    options.insert(.keepAlive)
                } else if bytes.equalsIgnoringCase("close", from: item.lowerBound, count: item.count) {
                    options.insert(.close)
                } else if bytes.equalsIgnoringCase("upgrade", from: item.lowerBound, count: item.count) {
                    options.insert(.upgrade)
                } else {
                    options.insert(.names)
                }
            }
        }
        return options
    }

    /// Whether some `Connection` field lists the name in `name`.
    func connectionLists(_ name: Range<Int>) -> Bool {
        let bytes = slab.span
        for field in table.fields where field.known == .connection {
            var list = TokenList(field.valueRange)
            while let item = list.next(in: bytes) {
                if bytes.extracting(item).equalsIgnoringCase(bytes.extracting(name)) { return true }
            }
        }
        return false
    }
}
