import SpeculaBytes
import Testing

@testable import SpeculaMetrics

/// Whole answers: compressed ones hold the same text, blocks make up the whole, sources add up.
struct ScrapeTests {
    private func registry(services: Int) -> MetricRegistry {
        let registry = MetricRegistry(options: MetricOptions())
        let shard = registry.makeShard()
        for number in 0..<services {
            shard.record(registry.service("service-\(number)@file"), milliseconds: UInt64(number))
        }
        return registry
    }

    private let names: Set<String> = ["traefik_service_request_duration_seconds", "traefik_service_requests_total"]

    @Test(arguments: [0, 1, 3000])
    func aCompressedAnswerIsTheSameText(services: Int) throws {
        let registry = registry(services: services)
        let text = registry.render(names: names)
        for level in [1, 6, 99] {
            let packed = registry.render(isGzipped: true, level: level, names: names)
            let unpacked = try #require(Tool.run("gzip", ["-dc"], input: packed))
            #expect(unpacked.status == 0)
            #expect(unpacked.output == String(decoding: text, as: UTF8.self))
        }
    }

    @Test func blocksMakeUpTheWhole() {
        let registry = registry(services: 3000)
        var bytes: [UInt8] = []
        var largest = 0
        registry.render(names: names) { block in
            largest = max(largest, block.count)
            for index in block.indices { bytes.append(block[index]) }
        }
        #expect(bytes == registry.render(names: names))
        #expect(largest <= 64 << 10)
    }

    @Test(arguments: [false, true]) func oneAnswerAfterAnotherIsWrittenIntoTheSameBlocks(isGzipped: Bool) throws {
        let registry = registry(services: 3000)
        var first: [ByteBlock]? = registry.blocks(isGzipped: isGzipped, names: names)
        let count = try #require(first?.count)
        #expect(count > 1)
        // All but the last of a text are full.
        #expect(first?.dropLast().allSatisfy { $0.count == BlockShelf.blockBytes } == true)
        let bytes = first?.joined()
        #expect(bytes?.count == first?.reduce(0) { $0 + $1.count })
        let idle = registry.shelf.idleBlocks
        first = nil
        #expect(registry.shelf.idleBlocks == idle + count)
        for _ in 0..<3 {
            #expect(registry.blocks(isGzipped: isGzipped, names: names).joined() == bytes)
            #expect(registry.shelf.idleBlocks == idle + count, "blocks were lost, or new ones made")
        }
    }

    /// A thread that has a core keeps it for up to 4 ms, whoever waits: a long scrape gives way as it goes.
    @Test(arguments: [false, true]) func aScrapeGivesWayAsItIsMade(isGzipped: Bool) {
        let registry = registry(services: 3000)
        var times = 0
        let request = ScrapeRequest(acceptEncoding: isGzipped ? ["gzip"] : [])
        _ = registry.scrape(request, giveWay: { times += 1 })
        let blocks = (registry.render().count + BlockShelf.blockBytes - 1) / BlockShelf.blockBytes
        #expect(times == blocks / 2)
        #expect(times > 2)
    }

    @Test func aPieceLargerThanTheRestOfABlockGoesOnInTheNext() {
        let shelf = BlockShelf()
        var blocks: [ByteBlock] = []
        let piece = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        do {
            var output = OutputBlock(shelf: shelf) { blocks.append($0) }
            for _ in 0..<4 { output.append(piece.span) }
            output.flush()
            output.flush()
        }
        #expect(blocks.map(\.count) == [65_536, 65_536, 65_536, 3_392])
        #expect(blocks.joined() == piece + piece + piece + piece)
        blocks = []
        #expect(shelf.idleBlocks == 5)
    }

    @Test func aPieceLargerThanABlockGoesThrough() {
        var bytes: [UInt8] = []
        var output = OutputBlock(capacity: 16) { block in for index in block.indices { bytes.append(block[index]) } }
        let piece = (0..<100).map { UInt8($0) }
        for _ in 0..<3 {
            output.append("abc")
            output.append(piece.span)
        }
        output.flush()
        #expect(bytes == (0..<3).flatMap { _ in Array("abc".utf8) + piece })
    }

    @Test func sourcesWithEqualLabelsAddUpAndLeaveWithTheirOwner() {
        let registry = MetricRegistry(options: MetricOptions())
        for owner in ["one", "two"] {
            registry.addGauge(MetricCatalog.inFlight, labels: ["m@file", "p@file"], owner: owner) { 2 }
            registry.addCounter(MetricCatalog.acceptPauses, owner: owner) { 3 }
        }
        registry.addGauge(MetricCatalog.inFlight, labels: ["a@file", "p@file"], owner: "two") { 7 }
        let both = Samples(registry)
        #expect(
            both.series("specula_mirror_in_flight_requests") == [
                #"specula_mirror_in_flight_requests{mirror="a@file",service="p@file"}"#,
                #"specula_mirror_in_flight_requests{mirror="m@file",service="p@file"}"#,
            ])
        #expect(both[#"specula_mirror_in_flight_requests{mirror="m@file",service="p@file"}"#] == 4)
        #expect(both["specula_accept_pauses_total"] == 6)
        registry.removeSources(owner: "two")
        let one = Samples(registry)
        #expect(one.sum("specula_mirror_in_flight_requests") == 2)
        #expect(one["specula_accept_pauses_total"] == 3)
    }

    @Test func reloadsAreTold() {
        let registry = MetricRegistry(options: MetricOptions())
        let start = Samples(registry)
        #expect(start["traefik_config_reloads_total"] == 0)
        #expect(start["traefik_config_last_reload_success"] == 0)
        registry.configurationApplied(at: 1_795_276_712)
        registry.reloadFailed()
        let samples = Samples(registry)
        #expect(samples["traefik_config_reloads_total"] == 1)
        #expect(samples["traefik_config_last_reload_success"] == 1_795_276_712)
        #expect(samples["specula_config_reload_failures_total"] == 1)
        #expect(samples["specula_config_last_reload_successful"] == 0)
    }

    @Test func theProcessIsSeen() throws {
        let samples = Samples(MetricRegistry(options: MetricOptions()))
        let resident = try #require(samples["process_resident_memory_bytes"])
        let virtual = try #require(samples["process_virtual_memory_bytes"])
        #expect(resident > 1_000_000 && resident < virtual)
        let started = try #require(samples["process_start_time_seconds"])
        #expect(started > 1_600_000_000)
        for name in [
            "process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_virtual_memory_max_bytes",
        ] {
            #expect(try #require(samples[name]) >= 0)
        }
    }

    @Test func everyFamilyOfAScrapeIsInTheCatalogueAndTheTable() {
        let names = Set(MetricCatalog.all.map(\.name.description))
        #expect(names.count == MetricCatalog.all.count)
        #expect(MetricCatalog.tableRows.count == names.count)
        for family in MetricCatalog.all {
            let labels = family.labels.map(\.description)
            #expect(labels == labels.sorted(), "\(family.name)")
            #expect(!family.help.description.contains("\\"), "HELP needs no escapes")
            #expect(family.kind != .counter || family.name.description.hasSuffix("_total"))
            let base = family.kind == .counter ? String(family.name.description.dropLast(6)) : family.name.description
            #expect(family.unit.description.isEmpty || base.hasSuffix("_" + family.unit.description), "\(family.name)")
        }
    }
}
