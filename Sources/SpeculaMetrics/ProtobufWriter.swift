/// Writes protobuf's wire format: varints, fixed 64-bit values, and what has a length in front. (Protocol Buffers encoding)
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func reset() { bytes.removeAll(keepingCapacity: true) }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// One byte of fields that are whole already.
    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func unsigned(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    /// Small magnitudes take few bytes, whatever their sign.
    mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func signed(_ field: UInt64, _ value: Int64) {
        varint(field << 3)
        zigzag(value)
    }

    mutating func double(_ field: UInt64, _ value: Double) {
        varint(field << 3 | 1)
        var bits = value.bitPattern
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
    }

    mutating func string(_ field: UInt64, _ text: some Collection<UInt8>) {
        varint(field << 3 | 2)
        varint(UInt64(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func message(_ field: UInt64, _ content: ProtobufWriter) { string(field, content.bytes) }

    /// Bytes that are whole fields already.
    mutating func raw(_ fields: some Collection<UInt8>) { bytes.append(contentsOf: fields) }
}
