import Testing

@testable import SpeculaIO

struct ChunkTests {
    @Test(arguments: [1, 4_096, 4_097, 16_384, 65_536, 65_537, 3_000_000])
    func chunksHaveRoomAndComeBack(capacity: Int) {
        let pool = ChunkPool()
        var chunk: Chunk? = pool.makeChunk(capacity: capacity)
        #expect((chunk?.capacity ?? 0) >= capacity)
        #expect(pool.chunksOut == 1)
        unsafe chunk?.fill { buffer in
            for index in 0..<capacity { unsafe buffer[index] = UInt8(truncatingIfNeeded: index) }
            return capacity
        }
        var slice = chunk?.slice(0..<capacity)
        chunk = nil
        #expect(pool.chunksOut == 1, "a slice holds its chunk")
        let last = slice?.dropFirst(capacity - 1).withBytes { $0[0] }
        #expect(last == UInt8(truncatingIfNeeded: capacity - 1))
        slice = nil
        #expect(pool.chunksOut == 0 && pool.bytesOut == 0)
    }

    @Test func blocksAreUsedAgainAndReadAsWritten() {
        let pool = ChunkPool()
        let texts = (0..<100).map { [UInt8](repeating: UInt8($0), count: 3_000) }
        for round in 0..<50 {
            let chunks = texts.enumerated().map { number, text in
                let chunk = pool.makeChunk(capacity: [4_000, 16_000, 60_000][number % 3])
                #expect(chunk.append(text.span) == 3_000)
                return chunk
            }
            for (chunk, text) in zip(chunks, texts) {
                #expect(chunk.slice().withBytes { unsafe $0.withUnsafeBufferPointer { unsafe Array($0) } } == text)
            }
            if round % 10 == 0 { pool.releaseIdle() }
        }
        #expect(pool.chunksOut == 0)
    }

    @Test func slicesAreCutWithinTheirBounds() {
        let pool = ChunkPool()
        let chunk = pool.makeChunk(capacity: 10)
        _ = chunk.append([1, 2, 3, 4, 5].span)
        let slice = chunk.slice(1..<4)
        #expect(slice.count == 3)
        #expect(slice.dropFirst(9).isEmpty)
        #expect(slice.prefix(2).withBytes { [$0[0], $0[1]] } == [2, 3])
        #expect(slice.dropFirst(1).prefix(9).count == 2)
    }

    /// What idle chunks held goes back to the system: seen from outside, in the resident size.
    @Test func idlePagesGoBackToTheSystem() throws {
        let pool = ChunkPool()
        func resident() throws -> Int {
            let text = try #require(SmallFile.read("/proc/self/statm"))
            return try #require(Int(text.split(separator: " ")[1])) * 4_096
        }
        var chunks: [Chunk] = []
        for _ in 0..<1_024 {
            let chunk = pool.makeChunk(capacity: 65_536)
            unsafe chunk.fill { buffer in
                for page in stride(from: 0, to: buffer.count, by: 4_096) { unsafe buffer[page] = 1 }
                return buffer.count
            }
            chunks.append(chunk)
        }
        let full = try resident()
        chunks = []
        pool.releaseIdle()
        #expect(try full - resident() > 48 << 20)
    }
}
