/// A request on a connection that is kept asks for no memory: not for its head, not for its response's, not for its body.
internal import CAllocationCounter
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct AllocationTests {
    private let browser = latin(
        "POST /api/items/%41//x?y=1;z HTTP/1.1\r\nHost: WWW.example.com:8080\r\nConnection: keep-alive\r\n"
            + "sec-ch-ua: \"Chromium\";v=\"130\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*\r\n"
            + "X-Forwarded-For: 1.2.3.4\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: session=0123456789; theme=dark\r\n"
            + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n")
    private let answer = latin(
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: 100\r\nConnection: keep-alive\r\n\r\n"
    )

    private func allocations(_ body: () -> Void) -> UInt64 {
        let before = allocations_of_this_thread()
        body()
        return allocations_of_this_thread() - before
    }

    @Test(.enabled(if: allocations_are_counted())) func theCounterCounts() {
        #expect(allocations { withExtendedLifetime(RequestHead()) {} } > 0)
    }

    @Test func aKeptHeadAsksForNothing() {
        let head = RequestHead()
        let response = ResponseHead()
        let context = ForwardContext(
            policy: ForwardPolicy(hostName: latin("gateway")), clientAddress: latin("127.0.0.1"), isTrusted: false,
            isTLS: false)
        let server = UpstreamTarget(authority: latin("server:81"))
        let policy = TargetPolicy()
        let date = latin("Date: now\r\n")
        var out = [UInt8](repeating: 0, count: 4096)
        var parser = RequestParser()
        var responses = ResponseParser()
        var isWhole = true
        /// One exchange of its heads and its body, in pieces of `piece` bytes.
        func exchange(piece: Int) {
            head.reset()
            var offset = 0
            var consumed = 0
            parsing: while offset < browser.count {
                let end = min(offset + piece, browser.count)
                switch parser.consume(browser.span.extracting(offset..<end), into: head) {
                case .needMore: offset = end
                case .complete(let count):
                    consumed = offset + count
                    break parsing
                case .refused:
                    isWhole = false
                    return
                }
            }
            isWhole = isWhole && head.prepareTarget(policy) == nil && head.requestProtocol == .http
            var decoder = BodyDecoder(head.framing)
            var payload = 0
            decoding: while true {
                switch decoder.next(browser.span, from: consumed) {
                case .payload(let range):
                    payload += range.count
                    consumed = range.upperBound
                case .end: break decoding
                case .needMore, .refused:
                    isWhole = false
                    break decoding
                }
            }
            response.reset()
            let step = responses.consume(answer.span, into: response, answering: head.method)
            isWhole = isWhole && payload == 5 && step == .complete(consumed: answer.count)
            unsafe out.withUnsafeMutableBytes { memory in
                var writer = ByteWriter(memory)
                head.writeUpstream(into: &writer, context: context, server: server)
                writer.appendChunkHead(count: payload)
                response.writeDownstream(
                    into: &writer, answering: .post, version: .http11, keepAlive: true, dateLine: date.span)
                SyntheticResponse.badGateway.write(
                    into: &writer, answering: .get, version: .http11, keepAlive: true, dateLine: date.span)
                Refusal.requestLine.write(into: &writer, dateLine: date.span)
                isWhole = isWhole && !writer.hasOverflowed
            }
        }
        for piece in [browser.count, 100, 7, 1] {
            exchange(piece: piece)
            let count = allocations {
                for _ in 0..<100 { exchange(piece: piece) }
            }
            #expect(count == 0, "pieces of \(piece) bytes")
        }
        #expect(isWhole)
    }
}
