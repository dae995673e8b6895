import Testing

extension RealSocketTests {
    /// The measuring instruments themselves: a gate that cannot fail proves nothing.
    @Suite(.serialized)
    struct Support {
        @Test func theClientSeesWhatAServerDoes() throws {
            let bench = try Bench()
            let healthy = try Peer("healthy", in: bench, "--hash")
            let seen = try Load.run(healthy.port, ["--requests", "500", "--verify", "--body", "1000"], in: bench)
            #expect(seen.ok == 500)
            #expect(try healthy.books().whole == 500)
            #expect(try healthy.books().bodyBytes == 500_000)
            #expect(try against("refuse", in: bench).connect == 4)
            #expect(try against("delay", in: bench).timeout == 4)
            #expect(try against("blackhole", in: bench).timeout == 4)
            #expect(try against("backlog", in: bench).timeout == 4)
            #expect(try against("never-read", in: bench).timeout == 4)
            #expect(try against("slow-body", in: bench).timeout == 4)
            let refused = try against("reset-accept", in: bench)
            #expect(refused.reset + refused.connect == 4)
            #expect(try against("reset-body", in: bench).reset == 4)
            #expect(try against("early-413", in: bench).status == 4)
            #expect(try against("endless", in: bench).timeout == 4)
            #expect(try against("storm-1xx", in: bench).timeout == 4)
            #expect(try against("garbage", in: bench).ok == 0)
        }

        private func against(_ kind: String, in bench: Bench) throws -> Load {
            let peer = try Peer(kind, in: bench)
            return try Load.run(
                peer.port, ["--requests", "4", "--connections", "2", "--timeout", "0.2", "--verify"], in: bench)
        }

        @Test func theClientFeelsAStallInEveryRequestThatItDelays() throws {
            let bench = try Bench()
            let slow = try Peer("delay", in: bench, "--delay", "100")
            // One connection, 40 requests due within 200 ms, 100 ms each: the last waits for all before it.
            let seen = try Load.run(
                slow.port, ["--requests", "40", "--rate", "200", "--connections", "1", "--timeout", "20"], in: bench)
            #expect(seen.ok == 40)
            #expect(seen.max > 3_000_000)
            #expect(seen.p50 > 1_000_000)
        }

        @Test func anExpositionIsSummedByLabel() {
            let text = Exposition("# HELP a b\na{x=\"1\",y=\"2\"} 3\na{x=\"1\",y=\"3\"} 4\nb 5e+06\n")
            #expect(text.sum("a") == 7)
            #expect(text.sum("a", ["y": "3"]) == 4)
            #expect(text.sum("b") == 5_000_000)
            #expect(!text.has("c"))
        }
    }
}
