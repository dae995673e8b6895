/// What metrics cost: recording a request, and a scrape of 100,000 series beside a bare deflate of the same text.
///
///     swift run -c release MetricsBenchmark
///
/// Medians of several runs, each run measuring all sides in turn, so that a busy machine slows all of them. Targets in
/// brackets; exit 1 when one is missed.
internal import CZlib
internal import Glibc
internal import SpeculaMetrics

/// CPU time of this thread in nanoseconds: what else the machine does is not ours.
func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func time(_ body: () -> Void) -> Double {
    let start = now()
    body()
    return now() - start
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Kibibytes that the process holds, and held at most.
func memory() -> (now: Int, most: Int) {
    var usage = rusage()
    unsafe getrusage(0, &usage)
    return (usage.ru_maxrss, usage.ru_maxrss)
}

func rounded(_ value: Double) -> Double { Double(Int(value * 1000)) / 1000 }

func options() -> MetricOptions {
    var options = MetricOptions()
    options.routers = true
    return options
}

@inline(__always) func record(_ shard: MetricShard, _ scope: Scope, _ code: UInt16, _ nanoseconds: UInt64) {
    shard.record(
        scope, code: code, method: .get, protocol: .http, nanoseconds: nanoseconds, requestBytes: 1, responseBytes: 2)
}

/// Nanoseconds for one request in three scopes, its status one of so many in turn.
func recording(codes: Int) -> Double {
    let registry = MetricRegistry(options: options())
    let shard = registry.makeShard()
    let web = registry.entryPoint("web")
    let router = registry.router("api@file", service: "production@file")
    let service = registry.service("production@file")
    let count = 2_000_000
    return median(
        (0..<7).map { _ in
            time {
                for number in 0..<count {
                    let code = UInt16(200 + number % codes)
                    let nanoseconds = UInt64(number & 0xfff) << 18
                    record(shard, web, code, nanoseconds)
                    record(shard, router, code, nanoseconds)
                    record(shard, service, code, nanoseconds)
                }
            } / Double(count)
        })
}

/// A gateway of 5,000 routers and services on two workers: 100,000 lines.
func largeRegistry() -> MetricRegistry {
    let registry = MetricRegistry(options: options())
    let shards = [registry.makeShard(), registry.makeShard()]
    for number in 0..<5000 {
        let scopes = [
            registry.router("router-\(number)@file", service: "service-\(number)@file"),
            registry.service("service-\(number)@file"),
        ]
        for scope in scopes {
            for round in 0..<14 {
                shards[round % 2].record(
                    scope, code: 200, method: .get, protocol: .http,
                    nanoseconds: UInt64((number * 7919 + round * 104_729) % 2_000_000_000),
                    requestBytes: UInt64(number % 977), responseBytes: UInt64(number * 37 % 100_000))
            }
        }
    }
    return registry
}

/// Deflates a text in one call, level 1, as one would without a registry.
func deflate(_ text: [UInt8], into output: inout [UInt8]) {
    unsafe text.withUnsafeBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            unsafe deflateInit2_(
                stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.pointee.avail_in = uInt(input.count)
            unsafe stream.pointee.next_out = output.baseAddress
            unsafe stream.pointee.avail_out = uInt(output.count)
            unsafe deflate(stream, Z_FINISH)
            unsafe deflateEnd(stream)
            unsafe stream.deallocate()
        }
    }
}

var missed = 0
@MainActor func report(_ name: String, _ value: Double, _ unit: String, atMost limit: Double? = nil) {
    let isGood = limit.map { value <= $0 } ?? true
    if !isGood { missed += 1 }
    print(name, rounded(value), unit, limit.map { "[\($0)]" } ?? "", isGood ? "" : "MISSED")
}

report("record one request in three scopes", recording(codes: 1), "ns", atMost: 150)
report("  with a status that changes each time", recording(codes: 2), "ns", atMost: 150)
report("  among twenty statuses", recording(codes: 20), "ns", atMost: 150)

let registry = largeRegistry()
let first = time { registry.render { _ in } } / 1e6
let before = memory().most
for _ in 0..<3 { _ = registry.blocks(isGzipped: true) }
let growth = memory().most - before
let text = registry.render()
var output = [UInt8](repeating: 0, count: text.count)
var runs: (streamed: [Double], whole: [Double], gzipped: [Double], bare: [Double]) = ([], [], [], [])
for _ in 0..<15 {
    runs.bare.append(time { deflate(text, into: &output) })
    runs.streamed.append(time { registry.render { _ in } })
    runs.whole.append(time { _ = registry.blocks() })
    runs.gzipped.append(time { _ = registry.blocks(isGzipped: true) })
}
let bare = median(runs.bare)
let lines = text.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
print(
    "scrape of", lines, "lines,", text.count, "bytes; the first", rounded(first), "ms; a bare deflate",
    rounded(bare / 1e6), "ms")
report("rendered in blocks", median(runs.streamed) / 1e6, "ms")
report("rendered in blocks", median(runs.streamed) / bare, "x", atMost: 0.25)
report("rendered whole", median(runs.whole) / bare, "x", atMost: 0.25)
report("rendered and compressed", median(runs.gzipped) / bare, "x", atMost: 1.25)
report("memory that compressed scrapes added", Double(growth) / 1024, "MiB", atMost: 8)
exit(missed == 0 ? 0 : 1)
