/// The chunked coding, outwards (RFC 9112 section 7.1).
extension ByteWriter {
    /// Bytes that the head and the end of one chunk need at most.
    package static var chunkOverhead: Int { 20 }

    /// Writes the size line of a chunk of `count` bytes, which must not be 0: that would end the body.
    package mutating func appendChunkHead(count: Int) {
        append(hex: UInt64(count))
        append("\r\n")
    }

    /// Writes the end of a chunk.
    package mutating func appendChunkTail() {
        append("\r\n")
    }

    /// Writes the last chunk without trailers.
    package mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }

    /// Writes the last chunk and the trailers behind it.
    package mutating func appendLastChunk(_ trailers: borrowing TrailerBlock) {
        append("0\r\n")
        trailers.write(into: &self)
        append("\r\n")
    }
}
