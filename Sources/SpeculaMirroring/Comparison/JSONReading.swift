internal import SpeculaMetrics

/// Two JSON bodies that differ in their bytes, to be read for what they say: work for a thread that serves no client.
///
/// Its bytes stay in the budget for copies until `reply` has been heard on the loop, so that a slow reader bounds what waits.
package struct JSONReading: Sendable {
    private let primary: [UInt8]
    private let replica: [UInt8]
    private let ignored: IgnoredPaths
    private let reply: @Sendable (ComparisonResult) -> Void

    internal init(
        primary: [UInt8], replica: [UInt8], ignored: IgnoredPaths,
        reply: @escaping @Sendable (ComparisonResult) -> Void
    ) {
        self.primary = primary
        self.replica = replica
        self.ignored = ignored
        self.reply = reply
    }

    /// Reads both and replies; to be called once, on any thread.
    package func run() { reply(Self.result(primary, replica, ignored)) }

    /// How two bodies compare that are not the same bytes.
    internal static func result(
        _ primary: [UInt8], _ replica: [UInt8], _ ignored: IgnoredPaths
    ) -> ComparisonResult {
        do throws(CanonicalJSON.Failure) {
            let one = try CanonicalJSON.digest(primary, ignoring: ignored)
            return one == (try CanonicalJSON.digest(replica, ignoring: ignored)) ? .match : .bodyMismatch
        } catch {
            switch error {
            // They differ, and one of them is no JSON: nothing makes them alike.
            case .malformed: return .bodyMismatch
            case .beyondLimits: return .skipped
            }
        }
    }
}

/// Runs a reading off the loops, at some time.
package typealias JSONReader = @Sendable (JSONReading) -> Void
