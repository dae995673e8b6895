internal import SpeculaHTTP
package import SpeculaIO

extension Connection {
    /// Writes the head of a chunk of `count` bytes (RFC 9112, 7.1).
    ///
    /// The bytes and `composeChunkEnd` follow.
    package func composeChunkHead(_ count: Int) {
        compose(upTo: 20) { memory in
            var writer = ByteWriter(memory)
            writer.appendChunkHead(count: count)
            return writer.count
        }
    }

    package func composeChunkEnd() {
        compose(upTo: 2) { memory in
            var writer = ByteWriter(memory)
            writer.appendChunkTail()
            return writer.count
        }
    }

    /// Writes the last chunk and the end of the body, without trailers.
    package func composeLastChunk() {
        compose(upTo: 5) { memory in
            var writer = ByteWriter(memory)
            writer.appendLastChunk()
            return writer.count
        }
    }
}
