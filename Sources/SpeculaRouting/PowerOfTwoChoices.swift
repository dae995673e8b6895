/// Two servers at random, and of them the one with fewer requests in flight.
package enum PowerOfTwoChoices {
    /// The server for a request.
    ///
    /// Nil: none is available. Weights do not count (as in Traefik).
    ///
    /// `random` is 64 random bits.
    package static func pick(
        count: Int, random: UInt64, isAvailable: (Int) -> Bool, inFlight: (Int) -> Int
    ) -> Int? {
        var available = 0
        for server in 0..<count where isAvailable(server) { available += 1 }
        guard available > 0 else { return nil }
        guard available > 1 else { return (0..<count).first(where: isAvailable) }
        let firstPlace = Int((random & 0xFFFF_FFFF) % UInt64(available))
        var secondPlace = Int((random >> 32) % UInt64(available - 1))
        if secondPlace >= firstPlace { secondPlace += 1 }
        var place = 0
        var first: Int?
        var second: Int?
        for server in 0..<count where isAvailable(server) {
            if place == firstPlace { first = server }
            if place == secondPlace { second = server }
            place += 1
        }
        guard let first, let second else { return nil }
        return inFlight(second) < inFlight(first) ? second : first
    }
}
