import CAllocationCounter
import Testing

@testable import SpeculaMetrics

/// Recording into series that exist takes no memory: a request must not pay for being counted.
@Suite(.enabled(if: allocations_are_counted()))
struct NoAllocationTests {
    private func allocations(_ body: () -> Void) -> UInt64 {
        body()
        let before = allocations_of_this_thread()
        body()
        return allocations_of_this_thread() - before
    }

    @Test func theCounterCounts() {
        var kept: [[Int]] = []
        #expect(allocations { kept.append([1, 2, 3]) } > 0)
        #expect(kept.count == 2)
    }

    @Test(arguments: [false, true])
    func recordingARequestAllocatesNothing(isNative: Bool) {
        var options = MetricOptions()
        options.routers = true
        options.nativeHistograms = isNative
        let registry = MetricRegistry(options: options)
        let shard = registry.makeShard()
        let (web, service) = (registry.entryPoint("web"), registry.service("p@file"))
        let router = registry.router("a@file", service: "p@file")
        let trace = TraceExemplar(high: 1, low: 2, milliseconds: 3)
        let record = { (scope: Scope, number: Int) in
            shard.record(
                scope, code: number % 2 == 0 ? 200 : 503, method: .get, protocol: .http,
                nanoseconds: UInt64(number) * 7_000_000, requestBytes: 1, responseBytes: 2, trace: trace)
            shard.recordTLS(scope, version: .tls13, cipher: TLSCipherLabel(suite: 0x1301))
        }
        let count = allocations {
            for number in 0..<1000 {
                record(web, number)
                record(router, number)
                record(service, number)
                shard.openConnections(web, delta: 1)
                shard.recordRetry(service)
                shard.overhead(service, nanoseconds: UInt64(number))
                shard.loopLag(nanoseconds: UInt64(number))
            }
        }
        #expect(count == 0)
    }

    @Test func keepingTheBooksOfAMirrorAllocatesNothing() {
        let registry = MetricRegistry(options: MetricOptions())
        let shard = registry.makeShard()
        let mirror = registry.mirror(service: "p@file", mirror: "m@file")
        let count = allocations {
            for number in 0..<1000 {
                shard.decision(mirror, .sent)
                shard.outcome(mirror, .complete)
                shard.statusPair(mirror, primary: .successful, replica: .serverError)
                shard.latencyRatio(mirror, Double(number) / 100)
            }
        }
        #expect(count == 0)
    }

    @Test func headerLabelsThatWereSeenAllocateNothing() {
        var options = MetricOptions()
        options.headerLabels = [HeaderLabel(label: "tenant", field: "X-Tenant")]
        let registry = MetricRegistry(options: options)
        let shard = registry.makeShard()
        let service = registry.service("p@file")
        let value = Array("tenant-one".utf8)
        let count = allocations {
            for _ in 0..<1000 {
                let set = shard.headerLabels { _, lend in lend(value.span) }
                shard.record(
                    service, code: 200, method: .get, protocol: .http, nanoseconds: 1, requestBytes: 0,
                    responseBytes: 0,
                    headers: set)
            }
        }
        #expect(count == 0)
    }
}
