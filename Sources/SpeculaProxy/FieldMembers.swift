internal import SpeculaHTTP
internal import SpeculaLogging

/// The fields of a head, whoever's it is.
internal protocol FieldList {
    var count: Int { get }
    subscript(index: Int) -> Field { get }
    func withName<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result
    func withValue<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result
}

extension RequestHead: FieldList {}
extension ResponseHead: FieldList {}

/// Writes fields as members of a JSON line: `"request_User-Agent":"…"`, several of one name joined by commas, as Traefik does.
///
/// Each field looks at those before it, so only so many are written.
internal struct FieldMembers {
    /// Fields of one head that a line may show.
    static let limit = 128

    let modes: AccessHeaderModes
    let prefix: StaticString

    /// Writes the field at `index`, unless it was written with an earlier one of its name.
    func write(_ list: some FieldList, _ index: Int, comma: (inout LineText) -> Void, _ text: inout LineText) {
        let mode = list.withName(of: index) { modes.mode(of: $0) }
        guard mode != .drop else { return }
        for earlier in 0..<index where Self.isSame(list, earlier, index) { return }
        comma(&text)
        list.withName(of: index) { begin($0, &text) }
        if mode == .redact {
            text.append("REDACTED")
        } else {
            list.withValue(of: index) { text.append(json: $0) }
            for later in index + 1..<max(index + 1, min(list.count, Self.limit)) where Self.isSame(list, index, later) {
                text.append(",")
                list.withValue(of: later) { text.append(json: $0) }
            }
        }
        text.append("\"")
    }

    /// Writes a field that is in no head.
    func write(_ name: StaticString, _ value: Span<UInt8>, comma: (inout LineText) -> Void, _ text: inout LineText) {
        let mode = unsafe modes.mode(
            of: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount).span)
        guard mode != .drop, value.count > 0 else { return }
        comma(&text)
        text.append("\"")
        text.append(prefix)
        text.append(name)
        text.append("\":\"")
        if mode == .redact { text.append("REDACTED") } else { text.append(json: value) }
        text.append("\"")
    }

    private func begin(_ name: Span<UInt8>, _ text: inout LineText) {
        text.append("\"")
        text.append(prefix)
        // As Go spells field names: a capital first and behind each hyphen.
        var isFirst = true
        for place in name.indices {
            let byte = name[place]
            let isLower = byte &- UInt8(ascii: "a") < 26
            let isUpper = byte &- UInt8(ascii: "A") < 26
            text.append(isFirst && isLower ? byte & 0xdf : !isFirst && isUpper ? byte | 0x20 : byte)
            isFirst = byte == UInt8(ascii: "-")
        }
        text.append("\":\"")
    }

    private static func isSame(_ list: some FieldList, _ one: Int, _ other: Int) -> Bool {
        guard list[one].nameCount == list[other].nameCount, list[one].known == list[other].known else { return false }
        if list[one].known != .other { return true }
        return list.withName(of: one) { first in
            list.withName(of: other) { second in
                for place in first.indices where first[place] | 0x20 != second[place] | 0x20 { return false }
                return true
            }
        }
    }
}

/// A response's fields as they will stand in its line; composed when the head comes, since the head is gone at the end.
internal struct ResponseFieldTexts {
    private(set) var origin = LineText()
    private(set) var downstream = LineText()

    mutating func removeAll() {
        if !origin.isEmpty { origin.removeAll() }
        if !downstream.isEmpty { downstream.removeAll() }
    }

    /// Takes what a server answered.
    mutating func take(_ head: ResponseHead, _ modes: AccessHeaderModes) {
        removeAll()
        Self.write(head, modes, "origin_", &origin)
        Self.write(head, modes, "downstream_", &downstream)
    }

    /// Takes what the gateway answers by itself.
    mutating func take(_ response: SyntheticResponse, _ modes: AccessHeaderModes) {
        removeAll()
        guard response.isTyped else { return }
        let writer = FieldMembers(modes: modes, prefix: "downstream_")
        let comma = { (text: inout LineText) in if !text.isEmpty { text.append(",") } }
        writer.write("Content-Type", Self.plainText.span, comma: comma, &downstream)
        writer.write("X-Content-Type-Options", Self.noSniff.span, comma: comma, &downstream)
    }

    private static let plainText = Array("text/plain; charset=utf-8".utf8)
    private static let noSniff = Array("nosniff".utf8)

    private static func write(
        _ head: ResponseHead, _ modes: AccessHeaderModes, _ prefix: StaticString, _ text: inout LineText
    ) {
        let writer = FieldMembers(modes: modes, prefix: prefix)
        for index in 0..<min(head.count, FieldMembers.limit) {
            switch head[index].known {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding, .trailer, .upgrade, .te: continue
            default: break
            }
            writer.write(head, index, comma: { if !$0.isEmpty { $0.append(",") } }, &text)
        }
    }
}
