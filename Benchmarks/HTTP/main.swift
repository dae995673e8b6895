/// What the codec costs: parses, prepares and writes heads over and over.
///
///     HTTPBenchmark COUNT wrk|curl|browser|answer STEPS
///
/// STEPS are letters: p parse, t prepare the target, w write the head for a server (requests); p parse, w write the head for a client
/// (answer). Prints nanoseconds for each; `scripts/bench-codec` counts instructions instead, which a busy machine does not change.
internal import Glibc
internal import SpeculaHTTP

let browser = """
    GET /api/items/index.html?x=1&y=abcdef HTTP/1.1
    Host: www.example.com
    Connection: keep-alive
    Cache-Control: max-age=0
    sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"
    sec-ch-ua-mobile: ?0
    sec-ch-ua-platform: "Linux"
    Upgrade-Insecure-Requests: 1
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8
    Sec-Fetch-Site: none
    Sec-Fetch-Mode: navigate
    Sec-Fetch-User: ?1
    Sec-Fetch-Dest: document
    Accept-Encoding: gzip, deflate, br, zstd
    Accept-Language: en-US,en;q=0.9
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark
    """
let messages = [
    "wrk": "GET /api/items?x=1 HTTP/1.1\nHost: 127.0.0.1:8080",
    "curl": "GET /api/items?x=1 HTTP/1.1\nHost: example.com\nUser-Agent: curl/7.88.1\nAccept: */*",
    "browser": browser,
    "answer": "HTTP/1.1 200 OK\nServer: nginx/1.22.1\nDate: Sun, 06 Nov 1994 08:49:37 GMT\nContent-Type: text/plain\n"
        + "Content-Length: 100\nConnection: keep-alive",
]

/// Everything that a loop owns, so that nothing is made anew.
@safe
struct Bench {
    let head = RequestHead()
    let response = ResponseHead()
    let context = ForwardContext(
        policy: ForwardPolicy(hostName: Array("gateway".utf8)), clientAddress: Array("127.0.0.1".utf8),
        isTrusted: false,
        isTLS: false)
    let server = UpstreamTarget(authority: Array("10.0.0.1:8080".utf8))
    let policy = TargetPolicy()
    let date = HTTPDate(secondsSinceEpoch: 0).line
    var requests = RequestParser()
    var responses = ResponseParser()
    /// Lives as long as the process.
    let out = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 16)

    mutating func request(_ bytes: Span<UInt8>, prepares: Bool, writes: Bool) {
        head.reset()
        _ = requests.consume(bytes, into: head)
        if prepares { _ = head.prepareTarget(policy) }
        guard writes else { return }
        var writer = unsafe ByteWriter(out)
        head.writeUpstream(into: &writer, context: context, server: server)
    }

    mutating func answer(_ bytes: Span<UInt8>, writes: Bool) {
        response.reset()
        _ = responses.consume(bytes, into: response, answering: .get)
        guard writes else { return }
        var writer = unsafe ByteWriter(out)
        response.writeDownstream(
            into: &writer, answering: .get, version: .http11, keepAlive: true, dateLine: date.span)
    }
}

func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 4, let count = Int(arguments[1]), let message = messages[arguments[2]] else { return 2 }
    let bytes = Array((message.split(separator: "\n").joined(separator: "\r\n") + "\r\n\r\n").utf8)
    let steps = arguments[3]
    let (isAnswer, prepares, writes) = (arguments[2] == "answer", steps.contains("t"), steps.contains("w"))
    var bench = Bench()
    let start = now()
    for _ in 0..<count {
        if isAnswer {
            bench.answer(bytes.span, writes: writes)
        } else {
            bench.request(bytes.span, prepares: prepares, writes: writes)
        }
    }
    let each = Int((now() - start) / Double(max(count, 1)))
    let line = Array("\(arguments[2]) \(steps): \(each) ns\n".utf8)
    unsafe _ = line.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    return 0
}

exit(run(CommandLine.arguments))
