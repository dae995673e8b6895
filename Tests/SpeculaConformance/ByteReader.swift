/// Reads a socket by lines and counts.
struct ByteReader {
    private let socket: Socket
    private var buffer: [UInt8] = []
    private var position = 0

    init(_ socket: Socket) { self.socket = socket }

    private mutating func fill() -> Bool {
        guard case .bytes(let bytes) = socket.receive(within: 60_000) else { return false }
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        buffer += bytes
        return true
    }

    /// The bytes up to and with CRLF CRLF; `nil` when the connection ends before.
    mutating func head() -> [UInt8]? {
        var at = 0
        while true {
            while position + at + 4 <= buffer.count {
                if buffer[position + at..<position + at + 4].elementsEqual([13, 10, 13, 10]) { return take(at + 4) }
                at += 1
            }
            guard fill() else { return nil }
        }
    }

    /// The bytes up to and with a line feed.
    mutating func line() -> [UInt8]? {
        while true {
            if let end = buffer[position...].firstIndex(of: 10) { return take(end + 1 - position) }
            guard fill() else { return nil }
        }
    }

    mutating func exactly(_ count: Int) -> [UInt8]? {
        while buffer.count - position < count { guard fill() else { return nil } }
        return take(count)
    }

    /// What is there, waiting for the first byte.
    mutating func some() -> [UInt8] {
        if position == buffer.count { guard fill() else { return [] } }
        return take(buffer.count - position)
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { position += count }
        return Array(buffer[position..<position + count])
    }
}
