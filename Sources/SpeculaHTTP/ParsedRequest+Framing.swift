/// What a whole head says about its body, its connection and its host; here is what smuggling tries, and is refused.
extension ParsedRequest {
    /// Works out framing, persistence and expectation; nil when the request may be served.
    mutating func finish() -> Refusal? {
        let seen = storage.table.seen
        if let refusal = checkHost() { return refusal }
        if seen.intersects(KnownFieldSet(.contentLength, .transferEncoding)), let refusal = readFraming() {
            return refusal
        }
        keepAlive = line.version == .http11
        if seen.contains(.connection) {
            connection = storage.connectionOptions()
            if connection.contains(.close) || line.version == .http10 && !connection.contains(.keepAlive) {
                keepAlive = false
            } else {
                keepAlive = true
            }
            let names = line.version == .http11 && storage.withFirst(.upgrade) { $0.count > 0 } == true
            if !names { connection.remove(.upgrade) }
        }
        if seen.contains(.expect) {
            if storage.lists("100-continue", in: .expect) {
                expectsContinue = line.version == .http11
            } else if storage.withFirst(.expect, { $0.count > 0 }) == true {
                return .expectation
            }
        }
        return nil
    }

    private mutating func readFraming() -> Refusal? {
        if storage.table.seen.contains(.transferEncoding) {
            // A length beside a coding is how requests are smuggled; so is a coding that a 1.0 recipient would not know.
            guard !storage.table.seen.contains(.contentLength), line.version == .http11 else { return .framing }
            guard storage.table.count(of: .transferEncoding) == 1,
                storage.withFirst(.transferEncoding, { $0.equalsIgnoringCase("chunked", from: 0, count: $0.count) })
                    == true
            else { return .transferEncoding }
            framing = .chunked
            return nil
        }
        guard let index = storage.table.first(.contentLength), storage.table.count(of: .contentLength) == 1,
            let length = storage.length(of: storage.table[index])
        else { return .contentLength }
        framing = .length(length)
        return nil
    }

    /// RFC 9112 section 3.2, and Go's idea of the bytes of a host.
    private mutating func checkHost() -> Refusal? {
        guard let index = storage.table.first(.host) else {
            return line.version == .http11 && line.method != .connect ? .missingHost : nil
        }
        if storage.table.count(of: .host) > 1 { return .severalHosts }
        let host = storage.table[index].valueRange
        guard let shape = storage.hostShape(host) else { return .malformedHost }
        target.hostShape = shape
        if line.form == .absolute {
            let start = Int(line.authorityStart)
            let authority = start..<start + Int(line.authorityCount)
            if !storage.isEqual(host, authority) { return .authorityMismatch }
        }
        return nil
    }
}
