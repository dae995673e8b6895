/// What became of a target: places in the slab where it could stay as it was, bytes of its own where it could not.
struct PreparedTarget: ~Copyable, Sendable {
    var path = Place.empty
    var routingPath = Place.empty
    var query = Place.empty
    var authority = Place.empty
    var host = Place.empty
    /// Offset of the authority's port in the slab; nothing when there is none.
    var port = Place.empty
    var hasQuery = false
    /// What the parser saw of the authority.
    var hostShape = HostShape()
    var derived: [UInt8] = []

    mutating func removeAll() {
        derived.removeAll(keepingCapacity: derived.capacity <= HeadStorage.keptBytes)
        (path, routingPath, query, authority, host, port) = (.empty, .empty, .empty, .empty, .empty, .empty)
        hasQuery = false
        hostShape = HostShape()
    }

    /// Normalises (RFC 3986 section 6.2.2), denies, sanitises and decodes the path.
    mutating func preparePath(
        _ storage: borrowing HeadStorage, _ path: Range<Int>, policy: borrowing TargetPolicy, isAuthority: Bool
    ) -> Refusal? {
        if path.isEmpty {
            if isAuthority { return nil }
            derived.append(UInt8(ascii: "/"))
            self.path = Place(0..<1, isDerived: true)
            routingPath = self.path
            return nil
        }
        let start = derived.count
        if let refusal = normalise(storage.slab.span, path, denied: policy.deniedCharacters) { return refusal }
        if policy.sanitizesPath { PathCleaner.clean(&derived, from: start) }
        self.path = Place(start..<derived.count, isDerived: true)
        decodeForRules(start..<derived.count)
        return nil
    }

    /// Decodes what needs no encoding, and encodes what does, in upper case.
    private mutating func normalise(_ bytes: Span<UInt8>, _ path: Range<Int>, denied: Set<UInt8>) -> Refusal? {
        let plain = ASCIISet.plainPath
        let unreserved = ASCIISet.unreserved
        var offset = path.lowerBound
        while offset < path.upperBound {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "%") {
                guard offset + 2 <= path.upperBound, let high = Byte.hexValue(bytes[offset]),
                    let low = Byte.hexValue(bytes[offset + 1])
                else { return .requestLine }
                offset += 2
                let decoded = high << 4 | low
                if unreserved.contains(decoded) {
                    derived.append(decoded)
                    continue
                }
                if denied.contains(decoded) { return .encodedCharacter }
                appendEncoded(decoded)
            } else if plain.contains(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") {
                derived.append(byte)
            } else {
                if denied.contains(byte) { return .encodedCharacter }
                appendEncoded(byte)
            }
        }
        return nil
    }

    private mutating func appendEncoded(_ byte: UInt8) {
        derived.append(UInt8(ascii: "%"))
        derived.append(Byte.hexDigit(byte >> 4))
        derived.append(Byte.hexDigit(byte & 15))
    }

    /// Appends the path that rules see, where it differs from the one for the server.
    private mutating func decodeForRules(_ path: Range<Int>) {
        routingPath = self.path
        guard
            derived.span.firstOffset(of: UInt8(ascii: "%"), from: path.lowerBound, to: path.upperBound)
                < path.upperBound
        else { return }
        let start = derived.count
        var offset = path.lowerBound
        while offset < path.upperBound {
            let byte = derived[offset]
            offset += 1
            guard byte == UInt8(ascii: "%"), let high = Byte.hexValue(derived[offset]),
                let low = Byte.hexValue(derived[offset + 1]), !ASCIISet.reserved.contains(high << 4 | low)
            else {
                derived.append(byte)
                continue
            }
            derived.append(high << 4 | low)
            offset += 2
        }
        routingPath = Place(start..<derived.count, isDerived: true)
    }

    /// Traefik reads `;` in a query as `&`, or encodes it.
    mutating func replaceSemicolons(_ storage: borrowing HeadStorage, encode: Bool) {
        let bytes = storage.slab.span
        let start = derived.count
        for offset in Int(query.start)..<Int(query.start) + Int(query.count) {
            let byte = bytes[offset]
            if byte != UInt8(ascii: ";") {
                derived.append(byte)
            } else if encode {
                appendEncoded(byte)
            } else {
                derived.append(UInt8(ascii: "&"))
            }
        }
        query = Place(start..<derived.count, isDerived: true)
    }

    /// Finds the port, and the host in lower case, as Go's `SplitHostPort` and Traefik's request decorator do.
    mutating func prepareHost(_ storage: borrowing HeadStorage) {
        let bytes = storage.slab.span
        let range = Int(authority.start)..<Int(authority.start) + Int(authority.count)
        var hostRange = range
        if hostShape.colon >= 0 {
            let colon = range.lowerBound + hostShape.colon
            if bytes[range.lowerBound] == UInt8(ascii: "[") {
                if colon > range.lowerBound, bytes[colon - 1] == UInt8(ascii: "]") {
                    hostRange = range.lowerBound + 1..<colon - 1
                    port = Place(colon + 1..<range.upperBound)
                }
            } else if !hostShape.hasSeveralColons {
                hostRange = range.lowerBound..<colon
                port = Place(colon + 1..<range.upperBound)
            }
        }
        host = Place(hostRange)
        guard hostShape.hasUpper else { return }
        let start = derived.count
        for offset in hostRange { derived.append(Byte.lowercased(bytes[offset])) }
        host = Place(start..<derived.count, isDerived: true)
    }
}

/// Removes `.` and `..` segments and empty ones, keeping one slash at the end (Go: `URL.JoinPath`; RFC 3986 section 5.2.4).
enum PathCleaner {
    /// Cleans the absolute path that begins at `start` and ends `bytes`, in place.
    static func clean(_ bytes: inout [UInt8], from start: Int) {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        let end = bytes.count
        let endsInSlash = end > start && bytes[end - 1] == slash
        var read = start
        var write = start
        while read < end {
            while read < end, bytes[read] == slash { read += 1 }
            var segmentEnd = read
            while segmentEnd < end, bytes[segmentEnd] != slash { segmentEnd += 1 }
            let length = segmentEnd - read
            if length == 0 { break }
            if length == 1, bytes[read] == dot {
                // A segment that stays where it is.
            } else if length == 2, bytes[read] == dot, bytes[read + 1] == dot {
                while write > start, bytes[write - 1] != slash { write -= 1 }
                if write > start { write -= 1 }
            } else {
                bytes[write] = slash
                write += 1
                for offset in read..<segmentEnd {
                    bytes[write] = bytes[offset]
                    write += 1
                }
            }
            read = segmentEnd
        }
        if write == start || endsInSlash {
            bytes[write] = slash
            write += 1
        }
        bytes.removeSubrange(write...)
    }
}
