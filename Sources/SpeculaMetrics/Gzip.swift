internal import SpeculaBytes

/// A whole text in the gzip format, for others than scrapes. (RFC 1952)
package enum Gzip {
    /// Nil when zlib has no memory.
    package static func packed(_ text: [UInt8]) -> [UInt8]? {
        guard let stream = GzipStream(level: 1, shelf: BlockShelf()) else { return nil }
        stream.append(text.span)
        return stream.finish()?.joined()
    }
}
