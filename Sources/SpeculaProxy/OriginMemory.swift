internal import SpeculaHTTP
internal import SpeculaUpstream

/// What servers are told of the clients seen last, by address: connections from one address have it in common.
///
/// A client opens several connections, and behind a load balancer all come from a few addresses; each without its own
/// three hundred bytes.
internal struct OriginMemory {
    private struct Known {
        let high, low: UInt64
        let origin: ForwardContext
    }

    /// Addresses share places; who came last is remembered.
    private var places: [Known?] = Array(repeating: nil, count: 32)

    /// The origin that is known, else the one that `make` makes of the same address and the same TLS or not.
    mutating func origin(
        of address: (UInt64, UInt64), isTLS: Bool, make: () -> ForwardContext
    ) -> ForwardContext {
        let mixed = (address.0 ^ address.1 ^ (isTLS ? 1 << 40 : 0)) &* 0x9e37_79b9_7f4a_7c15
        let place = Int(truncatingIfNeeded: mixed >> 59)
        if let known = places[place], known.high == address.0, known.low == address.1,
            known.origin.isTLS == isTLS
        {
            return known.origin
        }
        let origin = make()
        places[place] = Known(high: address.0, low: address.1, origin: origin)
        return origin
    }
}
