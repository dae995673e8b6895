import SpeculaBytes
import Testing

@Suite struct BlockShelfTests {
    private func filled(_ shelf: BlockShelf, with text: String) -> ByteBlock {
        let block = shelf.makeBlock()
        for (index, byte) in text.utf8.enumerated() { unsafe block.memory[index] = byte }
        block.close(count: text.utf8.count)
        return block
    }

    @Test func blockShowsWhatItWasClosedWith() {
        let block = filled(BlockShelf(), with: "hello")
        #expect(block.count == 5)
        #expect(String(decoding: [block].joined(), as: UTF8.self) == "hello")
        #expect(block.withBytes { $0.count } == 5)
        let room = unsafe block.memory.count
        #expect(room == 0, "what is closed is not filled any more")
    }

    @Test func memoryIsUsedAgainOnceNobodyHoldsTheBlock() {
        let shelf = BlockShelf()
        var block: ByteBlock? = filled(shelf, with: "one")
        let place = block.map { UInt(bitPattern: unsafe $0.bytes.baseAddress) }
        var reader = block
        block = nil
        #expect(shelf.idleBlocks == 0)
        #expect(reader.map { String(decoding: [$0].joined(), as: UTF8.self) } == "one")
        reader = nil
        #expect(shelf.idleBlocks == 1)
        let again = filled(shelf, with: "two")
        let placeAgain = UInt(bitPattern: unsafe again.bytes.baseAddress)
        #expect(placeAgain == place)
        #expect(shelf.idleBlocks == 0)
    }

    @Test func idleMemoryIsBounded() {
        let shelf = BlockShelf()
        var blocks = (0..<BlockShelf.mostIdle + 40).map { _ in shelf.makeBlock() }
        blocks.removeAll()
        #expect(shelf.idleBlocks == BlockShelf.mostIdle)
    }

    @Test func blocksComeBackFromOtherThreads() async {
        let shelf = BlockShelf()
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                let block = filled(shelf, with: String(number))
                group.addTask { block.withBytes { $0.count } }
            }
            var sum = 0
            for await count in group { sum += count }
            #expect(sum == 10 + 180 + 300)
        }
        #expect(shelf.idleBlocks <= 200 && shelf.idleBlocks > 0)
    }
}
