internal import Synchronization

/// A counter that hands out the numbers by which mirrors and balancers decide: 1, 2, 3 …, each once in the whole process.
///
/// One for each mirroring service and each balancer, kept by name over reloads.
package final class Ticket: Sendable {
    private let last = Atomic<UInt64>(0)

    package init() {}

    package func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
