/// Rendezvous hashing as Traefik computes it: a client goes to the member with the highest score for its address, so that
/// a member that goes away moves only its own clients.
package enum HighestRandomWeight {
    /// The member for a client.
    ///
    /// Nil: none is available.
    ///
    /// A client is told by its address as text, without port; a member by its name: a server's URL, a service's name as
    /// the configuration writes it. A weight of zero or less is never chosen.
    package static func pick(
        client: Span<UInt8>, count: Int, name: (Int) -> [UInt8], weight: (Int) -> Int, isAvailable: (Int) -> Bool
    ) -> Int? {
        let seed = fnv1a(client, from: 0xCBF2_9CE4_8422_2325)
        var best: Int?
        var bestScore = 0.0
        for member in 0..<count {
            let weight = weight(member)
            guard weight > 0, isAvailable(member) else { continue }
            if best == nil { best = member }
            let score = score(hash: fnv1a(name(member).span, from: seed)) * Double(weight)
            if score > bestScore {
                best = member
                bestScore = score
            }
        }
        return best
    }

    /// 1 / -ln(hash / 2^64).
    private static func score(hash: UInt64) -> Double {
        let part = Double(hash) / 18_446_744_073_709_551_616
        guard part > 0, part < 1 else { return 0 }
        return 1 / -naturalLogarithm(part)
    }

    /// The logarithm of a positive number, to the last bits of a `Double`; this room imports no C library.
    static func naturalLogarithm(_ value: Double) -> Double {
        // value = m · 2^e with m near 1, and ln m = 2 artanh((m - 1) / (m + 1)).
        var exponent = Double(value.exponent)
        var significand = value.significand
        if significand > 1.414_213_562_373_095 {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var power = ratio
        var sum = ratio
        var divisor = 3.0
        while power.magnitude > sum.magnitude * 1e-18, divisor < 60 {
            power *= square
            sum += power / divisor
            divisor += 2
        }
        return 2 * sum + exponent * 0.693_147_180_559_945_3
    }

    private static func fnv1a(_ bytes: Span<UInt8>, from seed: UInt64) -> UInt64 {
        var hash = seed
        for i in bytes.indices { hash = (hash ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01B3 }
        return hash
    }
}

extension LoadBalancerPlan {
    /// The server of a client by `strategy: hrw`.
    ///
    /// Nil: none is available.
    ///
    /// The client is told by the peer's address as text, without port.
    package func highestRandomWeightServer(client: Span<UInt8>, isAvailable: (Int) -> Bool) -> Int? {
        HighestRandomWeight.pick(
            client: client, count: servers.count, name: { servers[$0].urlBytes }, weight: { servers[$0].weight },
            isAvailable: { !servers[$0].isFenced && isAvailable($0) })
    }
}
