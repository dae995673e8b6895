/// Whose requests a record belongs to: an entry point, a router (with its service) or a service, interned for life.
///
/// A reload that takes a name away and brings it back gets the same scope, so two names can never share a cell.
package struct Scope: Hashable, Sendable {
    /// Twice-shifted number of the scope, its kind in the two lowest bits; negative: records nothing.
    package let value: Int32

    init(value: Int32) { self.value = value }

    init(number: Int, kind: ScopeKind) { value = Int32(truncatingIfNeeded: number << 2 | Int(kind.rawValue)) }

    /// A family that is switched off, a router that keeps no metrics: recording into it does nothing.
    package static let none = Scope(value: -1)

    @inline(__always) var number: Int { Int(value >> 2) }
    @inline(__always) var isNone: Bool { value < 0 }
    var kind: ScopeKind { ScopeKind(rawValue: UInt8(truncatingIfNeeded: value & 3)) ?? .service }
}

/// What a scope stands for; the prefix of its families.
enum ScopeKind: UInt8, CaseIterable, Sendable {
    case entryPoint, router, service
    /// An entry point whose request families are switched off: it still counts its open connections.
    case connections
}

/// A mirror of a mirroring service, interned for life.
package struct MirrorScope: Hashable, Sendable {
    let number: Int32

    init(number: Int) { self.number = Int32(truncatingIfNeeded: number) }
}

/// A set of header label values, interned for life; see `MetricShard.headerLabels`.
package struct HeaderLabelSet: Hashable, Sendable {
    let number: UInt16

    /// No header labels are configured, or none of the fields was there.
    package static let none = HeaderLabelSet(number: 0)
}

/// The trace that a sample belongs to, to be shown as its bucket's exemplar in OpenMetrics. (W3C Trace Context)
package struct TraceExemplar: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64
    /// When it was recorded, in milliseconds since the epoch; 0: not said.
    package let milliseconds: UInt64

    package init(high: UInt64, low: UInt64, milliseconds: UInt64) {
        self.high = high
        self.low = low
        self.milliseconds = milliseconds
    }
}
