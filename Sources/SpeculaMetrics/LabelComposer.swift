internal import SpeculaWire

/// How a set of labels is laid out in bytes.
enum LabelStyle: Sendable {
    /// `a="b",c="d"`, for both text formats.
    case text
    /// The `label` fields of a protobuf `Metric`, one after another.
    case protobuf
}

/// Lays out one set of labels at a time; names must be added in sorted order.
struct LabelComposer {
    let style: LabelStyle
    /// The labels as they stand in the exposition.
    private(set) var bytes: [UInt8] = []
    /// The values, told apart by zeros: what series of a family are sorted by.
    private(set) var sortKey: [UInt8] = []

    init(style: LabelStyle) { self.style = style }

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        sortKey.removeAll(keepingCapacity: true)
    }

    mutating func add(_ name: StaticString, _ value: StaticString) { add(name.description, value.description) }

    mutating func add(_ name: StaticString, _ value: String) { add(name.description, value) }

    mutating func add(_ name: String, _ value: String) {
        sortKey.append(contentsOf: value.utf8)
        sortKey.append(0)
        switch style {
        case .text:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(UInt8(ascii: "\""))
            Self.appendEscaped(value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .protobuf:
            var pair = ProtobufWriter()
            pair.string(1, name.utf8)
            pair.string(2, value.utf8)
            var field = ProtobufWriter()
            field.message(1, pair)
            bytes.append(contentsOf: field.bytes)
        }
    }

    /// Escapes what ends a label value: backslash, quote, line feed. (Exposition format 0.0.4)
    static func appendEscaped(_ value: String, to bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "\\")])
            case UInt8(ascii: "\""): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "\"")])
            case UInt8(ascii: "\n"): bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            default: bytes.append(byte)
            }
        }
    }
}
