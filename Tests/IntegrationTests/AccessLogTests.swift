import Foundation
import Testing

extension RealSocketTests {
    /// One line for each request, whatever becomes of the file.
    @Suite(.serialized)
    struct AccessLogs {
        private func lines(_ file: URL) -> [String] {
            guard let data = try? Data(contentsOf: file) else { return [] }
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        private func object(_ line: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }

        private func lost(_ gateway: Gateway) throws -> Int {
            Int(try gateway.metrics().sum("specula_log_lines_dropped_total", ["log": "access"]))
        }

        @Test func rotationUnderLoadLosesAndDoublesNoLine() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let log = bench.file("access")
            let gateway = try Gateway(
                routes: mirroring(primary, []), more: "accessLog: {filePath: \(log.path), format: json}", in: bench)
            let load = try Load.start(gateway.web, ["--requests", "30000", "--connections", "16"], in: bench)
            var old: [URL] = []
            while old.count < 25 {
                // Only a file that has lines is worth moving.
                try eventually("there are lines") { ((try? Data(contentsOf: log)) ?? Data()).count > 1000 }
                let name = bench.file("old")
                guard unsafe rename(log.path, name.path) == 0 else { throw Missing(what: "rename: errno \(errno)") }
                old.append(name)
                gateway.child.signal(SIGUSR1)
                try eventually("the log is opened anew") { FileManager.default.fileExists(atPath: log.path) }
                if !load.child.isRunning { break }
            }
            #expect(try load.finished().ok == 30_000)
            #expect(try lost(gateway) == 0)
            #expect(try gateway.stop() == 0)
            #expect(old.count > 3)
            let all = (old + [log]).flatMap { lines($0) }
            #expect(all.count == 30_000)
            #expect(Set(try all.map { try #require(try object($0)["RequestCount"] as? Int) }).count == 30_000)
        }

        @Test func aFIFOWithoutAReaderDelaysNobody() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let log = bench.file("fifo")
            guard unsafe mkfifo(log.path, 0o600) == 0 else { throw Missing(what: "mkfifo: errno \(errno)") }
            let gateway = try Gateway(
                routes: mirroring(primary, []), more: "accessLog: {filePath: \(log.path), format: json}", in: bench)
            let seen = try Load.run(gateway.web, ["--requests", "20000", "--connections", "16", "--verify"], in: bench)
            #expect(seen.ok == 20_000)
            #expect(seen.errors == 0)
            let lost = try lost(gateway)
            #expect(lost > 0)
            // Once somebody reads, what was kept comes out, each line whole.
            let reader = try bench.start("cat", [log.path], log: "read")
            try eventually("what was kept has come") { lines(reader.log).count == 20_000 - lost }
            for line in lines(reader.log) { _ = try object(line) }
            #expect(try gateway.stop() == 0)
        }

        @Test func aFullDiskHurtsNoRequestAndIsToldOnce() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, []), more: "accessLog: {filePath: /dev/full}", in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "5000", "--connections", "8"], in: bench).ok == 5000)
            try eventually("every line is counted") { try lost(gateway) == 5000 }
            #expect(gateway.child.output.components(separatedBy: "access log lines are lost").count == 2)
            #expect(gateway.child.output.contains("No space left on device"))
        }

        @Test func aStopWritesWhatIsBuffered() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let log = bench.file("some/where/access")
            let gateway = try Gateway(
                routes: mirroring(primary, []), more: "accessLog: {filePath: \(log.path), bufferingSize: 1000}",
                in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "500", "--connections", "4"], in: bench).ok == 500)
            #expect(try gateway.stop() == 0)
            #expect(lines(log).count == 500)
            #expect(lines(log).allSatisfy { $0.contains("\" 200 ") && $0.hasSuffix("ms") })
        }

        @Test func routersAndEntryPointsKeepOutAndInternalsComeInWhenAsked() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let log = bench.file("access")
            let routes = mirroring(primary, []).replacingOccurrences(
                of: "    all:",
                with: "    quiet: {rule: 'PathPrefix(`/b/7`)', service: production, "
                    + "observability: {accessLogs: false}}\n    all:")
            let gateway = try Gateway(
                routes: routes,
                more: "accessLog: {filePath: \(log.path), addInternals: true, format: json, fields: "
                    + "{names: {ClientHost: redact}, queryParameters: {defaultMode: drop}, "
                    + "headers: {names: {Authorization: redact, X-Odd: keep, X-Served-By: keep}}}}",
                in: bench)
            _ = try gateway.get("/b/7")
            _ = try gateway.get("/b/1?secret=1", ["-H", "Authorization: Bearer s", "-H", "X-Odd: a\"b\\c\u{e9}"])
            _ = try gateway.get("/ping", from: gateway.admin)
            #expect(try gateway.stop() == 0)
            let all = try lines(log).map(object)
            #expect(!all.contains { $0["RequestPath"] as? String == "/b/7" })
            #expect(all.contains { $0["RouterName"] as? String == "ping@internal" })
            let line = try #require(all.first { $0["RequestPath"] as? String == "/b/1" })
            #expect(line["ClientHost"] as? String == "REDACTED")
            #expect(line["request_Authorization"] as? String == "REDACTED")
            #expect(line["request_X-Odd"] as? String == "a\"b\\c\u{e9}")
            #expect(line["entryPointName"] as? String == "web")
            #expect(line["ServiceName"] as? String == "production@file")
            #expect(line["request_User-Agent"] == nil)
            let total = try #require(line["Duration"] as? Int)
            let origin = try #require(line["OriginDuration"] as? Int)
            #expect(origin > 0 && origin <= total)
            #expect(line["Overhead"] as? Int == total - origin)
        }

        @Test func eachCopyLeavesALineWhenAsked() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let dead = try Bench.freePorts(1)[0]
            let log = bench.file("access")
            let gateway = try Gateway(
                routes: mirroring(primary, [("good", mirror.port, "100"), ("gone", dead, "100")]),
                more: "accessLog: {filePath: \(log.path), mirrors: true, format: json}", in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "200", "--connections", "4"], in: bench).ok == 200)
            try eventually("all copies have ended") { try gateway.metrics().books(of: "gone").outcomes == 200 }
            #expect(try gateway.stop() == 0)
            let all = try lines(log).map(object)
            #expect(all.count == 600)
            let copies = all.filter { $0["MirrorName"] != nil }
            let requests = Set(all.filter { $0["MirrorName"] == nil }.compactMap { $0["RequestCount"] as? Int })
            for (name, outcome) in [("good@file", "complete"), ("gone@file", "connect_error")] {
                let own = copies.filter { $0["MirrorName"] as? String == name }
                #expect(own.count == 200)
                #expect(own.allSatisfy { $0["MirrorOutcome"] as? String == outcome })
                #expect(own.allSatisfy { $0["MirrorDecision"] as? String == "sent" })
                #expect(own.allSatisfy { $0["PrimaryStatus"] as? Int == 200 })
                #expect(Set(own.compactMap { $0["RequestCount"] as? Int }) == requests)
            }
        }

        /// What is left out by share or method was never a copy; everything else that is not sent says why.
        @Test func eachRefusedCopyLeavesALineAndWhatIsNotSampledLeavesNone() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let log = bench.file("access")
            func routes(back: UInt16) -> String {
                """
                http:
                  routers: {all: {rule: 'PathPrefix(`/`)', entryPoints: [web], service: mirrored}}
                  services:
                    production: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(primary.port)'}]}}
                    replica: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(mirror.port)'}]}}
                    again: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(back)'}]}}
                    mirrored:
                      mirroring:
                        service: production
                        maxBodySize: 10
                        mirrors:
                          - {name: replica, percent: 50, methods: [GET, POST], rateLimit: {average: 1, burst: 3}}
                          - {name: again, percent: 100}
                          - {name: nobody, percent: 100}

                """
            }
            let gateway = try Gateway(
                routes: routes(back: 1), more: "accessLog: {filePath: \(log.path), mirrors: true, format: json}",
                in: bench)
            try gateway.reload(routes(back: gateway.web))
            try eventually("copies come back") {
                try gateway.get("/api/http/services/again@file", from: gateway.admin).body.contains(":\(gateway.web)")
            }
            for _ in 0..<20 { #expect(try gateway.get("/b/1").status == 200) }
            for _ in 0..<2 { #expect(try gateway.get("/b/1", ["-X", "DELETE"]).status == 200) }
            #expect(try gateway.get("/b/1", ["-d", "much too long"]).status == 200)
            #expect(try gateway.get("/b/1", ["-H", "Upgrade: x", "-H", "Connection: upgrade"]).status == 200)
            let names = ["replica", "again", "nobody"]
            try eventually("all copies have ended") {
                try names.allSatisfy { name in
                    let books = try gateway.metrics().books(of: name)
                    return books.decisions == 46 && books.outcomes == books.sent
                }
            }
            let books = try gateway.metrics()
            #expect(try gateway.stop() == 0)
            let copies = try lines(log).map(object).filter { $0["MirrorName"] != nil }
            #expect(copies.allSatisfy { $0["PrimaryStatus"] as? Int == 200 })
            var seen: Set<String> = []
            for decision in [
                "sent", "not_sampled", "method", "body_too_large", "upgrade", "loop", "rate_limited", "missing_service",
            ] {
                for name in names {
                    let own = copies.filter {
                        $0["MirrorName"] as? String == "\(name)@file" && $0["MirrorDecision"] as? String == decision
                    }
                    let counted = books.sum(
                        "specula_mirror_decisions_total", ["mirror": "\(name)@file", "decision": decision])
                    #expect(
                        Double(own.count) == (["method", "not_sampled"].contains(decision) ? 0 : counted),
                        "\(name) \(decision)")
                    #expect(own.allSatisfy { ($0["MirrorOutcome"] as? String == "-") == (decision != "sent") })
                    if counted > 0 { seen.insert(decision) }
                }
            }
            #expect(seen.count == 8, "\(seen)")
        }
    }
}
