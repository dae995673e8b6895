import Testing

@testable import SpeculaKubernetes

@Suite struct WatchDecoderTests {
    private static let services = ClusterResource("", "v1", "services", "Service")

    private static func event(_ type: String, _ name: String, _ version: Int) -> String {
        #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"# + "\n"
    }

    private func told(_ events: [WatchDecoder.Event]) -> [String] {
        events.map { event in
            switch event {
            case .put(let object): "put \(object.title) \(object.resourceVersion)"
            case .deleted(let object): "deleted \(object.title)"
            case .bookmark(let version): "bookmark \(version)"
            case .failed(let failure): "failed \(failure.reason)"
            }
        }
    }

    /// Wherever the pieces end, the events are the same.
    @Test func piecesEndAnywhere() {
        let text = Array(
            (Self.event("ADDED", "a", 1) + Self.event("MODIFIED", "ä\\u00e4\\ud83d\\ude00", 2) + "\n"
                + Self.event("DELETED", "a", 3) + #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#
                + "\n").utf8)
        let expected = [
            "put Service default/a 1", "put Service default/ää😀 2", "deleted Service default/a", "bookmark 9",
        ]
        for cut in 1..<text.count {
            var decoder = WatchDecoder(Self.services)
            let first = told(decoder.take(Array(text[..<cut])))
            #expect(first + told(decoder.take(Array(text[cut...]))) == expected, "cut at \(cut)")
            #expect(!decoder.isWithinLine)
        }
        var decoder = WatchDecoder(Self.services)
        #expect(text.flatMap { told(decoder.take([$0])) } == expected)
    }

    @Test(arguments: [
        (#"{"type":"ERROR","object":{"code":410,"reason":"Expired"}}"#, "expired"),
        (#"{"type":"ERROR","object":{"code":500}}"#, "overloaded"),
        (#"{"type":"ADDED","object":{"metadata":{}}}"#, "malformed"),
        (#"{"type":"ADDED"}"#, "malformed"), (#"{"type":"NEW","object":{}}"#, "malformed"), ("{", "malformed"),
        (#"{"type":"BOOKMARK","object":{}}"#, "malformed"), ("nonsense", "malformed"),
    ])
    func whatIsNoEventFails(_ line: String, _ reason: String) {
        var decoder = WatchDecoder(Self.services)
        #expect(told(decoder.take(Array((line + "\n").utf8))) == ["failed \(reason)"])
    }

    @Test func lineWithoutEndIsRefused() {
        var decoder = WatchDecoder(Self.services)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var last: [String] = []
        for _ in 0...8 { last = told(decoder.take(piece)) }
        #expect(last == ["failed malformed"])
    }
}
