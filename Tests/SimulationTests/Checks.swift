import SpeculaIO
import SpeculaMetrics
import SpeculaMirroring
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import SpeculaTracing
import SpeculaUpstream

/// What must hold of the books, the bytes and the loops once nothing is under way.
extension Harness {
    /// Nobody waits for anything any more.
    /// - Parameter keepsMirrors: Every mirror was in force all the time, so that it decided on every request.
    func checkBooks(keepsMirrors: Bool = true) {
        let books = shared.registry.readBooks()
        let routed = routedRequests()
        let onWeb = routed["web@file", default: 0]
        for (name, mirror) in books.mirrors {
            let decided = mirror.decisions.reduce(0, +)
            let sent = mirror.decisions[Int(MirrorDecision.sent.rawValue)]
            let ended = mirror.outcomes.reduce(0, +)
            let label = "\(name.service) \(name.mirror)"
            let requests = name.service == "web@file" ? onWeb : copiesOutside(books, of: name.mirror)
            if keepsMirrors, decided != requests { complain("\(label): \(decided) decisions, \(requests) requests") }
            if ended != sent { complain("\(label): \(sent) copies sent, \(ended) outcomes") }
            if mirror.inFlight != 0 { complain("\(label): \(mirror.inFlight) in flight") }
            if mirror.heldBytes != 0 { complain("\(label): \(mirror.heldBytes) bytes held") }
            let pairs = mirror.pairs.reduce(0, +)
            if pairs != ended { complain("\(label): \(pairs) pairs, \(ended) outcomes") }
            checkComparisons(mirror, of: label, share: comparedShares[name.mirror], sent: sent)
            let served = total(books.services[name.mirror])
            if served != ended { complain("\(label): service counts \(served), \(ended) outcomes") }
        }
        let entered = books.entryPoints.values.reduce(0) { $0 + total($1) }
        let known = routed.values.reduce(0, +)
        if entered < known { complain("entry point counts \(entered), routers \(known)") }
        let served = total(books.services["primary@file"])
        if served != onWeb { complain("primary counts \(served), its router \(onWeb)") }
        for (name, open) in books.openConnections where open != 0 { complain("\(name): \(open) open connections") }
        let held = shared.mirrorBook.budget.heldBytes
        if held != 0 { complain("\(held) bytes of the budget are held") }
    }

    /// Every copy that was chosen for it has one result: as many as tickets say.
    private func checkComparisons(_ mirror: BooksReading.Mirror, of label: String, share: Int32?, sent: UInt64) {
        let results = mirror.compared.reduce(0, +)
        var chosen: UInt64 = 0
        if let share, sent > 0 {
            for ticket in 1...sent where MirrorSample.isChosen(ticket: ticket, ratioMillionths: share) { chosen += 1 }
        } else if mirror.isCompared {
            // A test that brought its own services says itself how many there are to be.
            return
        }
        if results != chosen { complain("\(label): \(results) pairs compared, \(chosen) chosen") }
    }

    /// Every request and every copy has left one span, each in its own trace, in an order that time allows.
    func checkSpans() {
        guard let options = shared.tracing else { return }
        let expander = SpanExpander(options: options)
        var counts: [FinishedSpan.Kind: UInt64] = [:]
        var known: Set<TraceContext> = []
        for (number, worker) in workers.enumerated() {
            let batch = worker.takeSpans()
            let spans = expander.expand(batch)
            if spans.count != batch.spans { complain("worker \(number): \(batch.spans) spans, \(spans.count) read") }
            for span in spans {
                let core = span.core
                counts[core.kind, default: 0] += 1
                if core.endNanoseconds < core.startNanoseconds { complain("\(span.name) ends before it starts") }
                if !known.insert(core.context).inserted { complain("\(span.name): a number that was given twice") }
                if (core.kind == .copy) != (span.link != nil) {
                    complain("\(span.name): \(String(describing: span.link))")
                }
            }
        }
        let books = shared.registry.readBooks()
        let ended = books.mirrors.values.reduce(0) { $0 + $1.outcomes.reduce(0, +) }
        if counts[.copy, default: 0] != ended { complain("\(counts[.copy, default: 0]) spans of \(ended) copies") }
        let entered = books.entryPoints.values.reduce(0) { $0 + total($1) }
        if counts[.exchange, default: 0] != entered {
            complain("\(counts[.exchange, default: 0]) spans of \(entered) requests")
        }
    }

    /// Connections, copies and chunks are gone; what is armed belongs to idle pools.
    func checkIdle() {
        for (number, worker) in workers.enumerated() {
            if worker.openConnections != 0 { complain("worker \(number): \(worker.openConnections) clients are open") }
            if worker.copiesUnderWay != 0 { complain("worker \(number): \(worker.copiesUnderWay) copies under way") }
            let left = worker.loop.statistics
            if left.chunksOut != 0 { complain("worker \(number): \(left.chunksOut) chunks are out") }
            let idle = worker.upstreams.idleConnections
            if left.openConnections != idle {
                complain("worker \(number): \(left.openConnections) connections are open, \(idle) of them idle")
            }
            if left.timersArmed > worker.upstreams.armedSweeps {
                complain("worker \(number): \(left.timersArmed) timers for \(worker.upstreams.armedSweeps) pools")
            }
        }
    }

    private func complain(_ text: String) { world.complain(text) }

    /// The copies that passed the inner mirroring service: those of the mirrors before.
    private func copiesOutside(_ books: BooksReading, of mirror: String) -> UInt64 {
        books.mirrors.filter { $0.key.service == "web@file" && $0.key.mirror == outerMirror }.values
            .reduce(0) { $0 + $1.decisions[Int(MirrorDecision.sent.rawValue)] }
    }

    private var outerMirror: String { "mirror\(max(mirrorLabels.count - 2, 0))@file" }

    private func total(_ traffic: BooksReading.Traffic?) -> UInt64 { traffic?.classes.reduce(0, +) ?? 0 }

    /// Requests by router, as a scrape says.
    func routedRequests() -> [String: UInt64] {
        let text = shared.registry.render(names: ["traefik_router_requests_total"])
        var counts: [String: UInt64] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let start = line.range(of: "router=\"") else { continue }
            let name = line[start.upperBound...].prefix { $0 != "\"" }
            counts[String(name), default: 0] += UInt64(line.split(separator: " ").last ?? "") ?? 0
        }
        return counts
    }

    // MARK: Bytes

    /// What a server got: whole requests, each as its client sent it; what is not whole was reset.
    func checkReceived(by server: SimulatedServer, asks: [Int: Ask], isMirror: Bool, withBody: Bool = true) {
        for peer in server.peers {
            var rest = peer.received[...]
            while let length = HTTPPeer.messageLength(rest), length <= rest.count, length > 0 {
                checkMessage(rest.prefix(length), at: peer.name, asks: asks, withBody: withBody)
                rest = rest.dropFirst(length)
            }
            if isMirror, !rest.isEmpty, peer.ending == .finished {
                complain("\(peer.name) could take a part for a whole request")
            }
        }
    }

    private func checkMessage(_ bytes: ArraySlice<UInt8>, at name: String, asks: [Int: Ask], withBody: Bool) {
        // Nonsense has the number 0: its head may be fine.
        if let got = Ask(head: bytes), got.id == 0 { return }
        guard let headEnd = Bytes.headEnd(bytes), let got = Ask(head: bytes), let ask = asks[got.id] else {
            complain("\(name) received what nobody sent")
            return
        }
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self).lowercased()
        let body = bytes[headEnd...]
        let payload = head.contains("transfer-encoding: chunked") ? Bytes.unchunked(body) : Array(body)
        let wanted = Bytes.pattern(ask.id, ask.body.count)
        if got.method != ask.method || got.answer != ask.answer || got.size != ask.size {
            complain("\(name) received another request than \(ask.id)")
        }
        if payload != wanted, withBody || !payload.isEmpty {
            complain("\(name) received \(payload.count) bytes of body for \(ask.id), not \(wanted.count)")
        }
    }

    /// What a client got: responses of Specula's or of the primary, in order, each whole 200 with the bytes of its request.
    func checkResponses(of client: SimulatedPeer, asks: [Ask]) {
        var rest = client.received[...]
        for ask in asks {
            guard let length = Bytes.responseLength(rest, toHead: ask.method == "HEAD"), length <= rest.count else {
                break
            }
            let message = rest.prefix(length)
            rest = rest.dropFirst(length)
            var final = message
            while let end = Bytes.headEnd(final), Self.status(final) < 200 { final = final[end...] }
            guard Self.status(final) == 200, ask.method != "HEAD", let end = Bytes.headEnd(final) else { continue }
            let head = String(decoding: final[..<end], as: UTF8.self).lowercased()
            guard head.contains("x-id: \(ask.id)\r\n") else {
                if ask.prefix.isEmpty { complain("\(client.name) got another's response to \(ask.id)") }
                continue
            }
            let body = final[end...]
            let payload = head.contains("transfer-encoding: chunked") ? Bytes.unchunked(body) : Array(body)
            if payload != Bytes.pattern(ask.id, ask.size) { complain("\(client.name) got wrong bytes for \(ask.id)") }
        }
    }

    static func status(_ bytes: ArraySlice<UInt8>) -> Int {
        Int(String(decoding: bytes.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
    }
}

extension StringProtocol {
    /// Where a text occurs first.
    fileprivate func range(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) {
                return index..<(self.index(index, offsetBy: text.count))
            }
            index = self.index(after: index)
        }
        return nil
    }
}
