/// Writes protobuf's wire format: varints, fixed values, and what has a length in front. (Protocol Buffers encoding)
///
/// Metrics and traces write with it; readable across rooms, so that generic content costs what it would at home.
@frozen
package struct ProtobufWriter: Sendable {
    @usableFromInline var written: [UInt8] = []

    @inlinable package init() {}

    @inlinable package var bytes: [UInt8] { written }

    @inlinable package mutating func reset() { written.removeAll(keepingCapacity: true) }

    @inlinable package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            written.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        written.append(UInt8(truncatingIfNeeded: rest))
    }

    /// One byte of fields that are whole already.
    @inlinable package mutating func byte(_ value: UInt8) { written.append(value) }

    @inlinable package mutating func unsigned(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    /// Small magnitudes take few bytes, whatever their sign.
    @inlinable package mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    @inlinable package mutating func signed(_ field: UInt64, _ value: Int64) {
        varint(field << 3)
        zigzag(value)
    }

    @inlinable package mutating func double(_ field: UInt64, _ value: Double) { fixed64(field, value.bitPattern) }

    /// Eight bytes, for times that are never small.
    @inlinable package mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        varint(field << 3 | 1)
        littleEndian(value, count: 8)
    }

    /// Four bytes, for sets of bits.
    @inlinable package mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        varint(field << 3 | 5)
        littleEndian(UInt64(value), count: 4)
    }

    @inlinable package mutating func string(_ field: UInt64, _ text: some Collection<UInt8>) {
        varint(field << 3 | 2)
        varint(UInt64(text.count))
        written.append(contentsOf: text)
    }

    @inlinable package mutating func message(_ field: UInt64, _ content: ProtobufWriter) {
        string(field, content.written)
    }

    /// Bytes that are whole fields already.
    @inlinable package mutating func raw(_ fields: some Collection<UInt8>) { written.append(contentsOf: fields) }

    @inlinable mutating func littleEndian(_ value: UInt64, count: Int) {
        var rest = value
        for _ in 0..<count {
            written.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
