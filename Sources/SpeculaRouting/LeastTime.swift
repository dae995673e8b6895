/// One worker's view of servers for the strategy `leasttime`: mean time to first byte times requests in flight.
///
/// The server with the lowest mean · (1 + in flight) / weight gets the request; among equals, as at the start when no time is
/// known, turns go round by weight.
package struct LeastTime {
    /// Times that a server's mean is made of.
    private static let sampleLimit = 100

    private struct Server {
        let interval: Double
        var deadline: Double
        var samples: [Double] = []
        var next = 0
        var sum = 0.0

        var mean: Double { samples.isEmpty ? 0 : sum / Double(samples.count) }
    }

    private var servers: [Server?]

    /// - Parameter weights: One for each server; zero or less: never chosen.
    package init(weights: [Int]) {
        var deadline = 0.0
        servers = weights.map { weight in
            guard weight > 0 else { return nil }
            deadline += 1 / Double(weight)
            return Server(interval: 1 / Double(weight), deadline: deadline)
        }
    }

    /// Counts the time from a request to the first byte of its response.
    package mutating func record(server: Int, milliseconds: Double) {
        guard servers.indices.contains(server), var state = servers[server] else { return }
        servers[server] = nil
        if state.samples.count < LeastTime.sampleLimit {
            state.samples.append(milliseconds)
            state.sum += milliseconds
        } else {
            state.sum += milliseconds - state.samples[state.next]
            state.samples[state.next] = milliseconds
        }
        state.next = (state.next + 1) % LeastTime.sampleLimit
        servers[server] = state
    }

    /// The server for a request.
    ///
    /// Nil: none is available.
    package mutating func pick(isAvailable: (Int) -> Bool, inFlight: (Int) -> Int) -> Int? {
        var best: Int?
        var bestScore = Double.infinity
        var isTie = false
        for index in servers.indices {
            guard let server = servers[index], isAvailable(index) else { continue }
            let score = server.mean * Double(1 + inFlight(index)) * server.interval
            guard let leader = best.flatMap({ servers[$0] }), score >= bestScore else {
                best = index
                bestScore = score
                isTie = false
                continue
            }
            if score == bestScore {
                isTie = true
                if server.deadline < leader.deadline { best = index }
            }
        }
        if isTie, let best, let interval = servers[best]?.interval { servers[best]?.deadline += interval }
        return best
    }
}
