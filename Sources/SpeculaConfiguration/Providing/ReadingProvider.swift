/// What a provider's reading led to.
package enum ProviderReading: Sendable {
    /// Good, with what was wrong with single parts of it; by the name behind the `@`, as one source may speak for several.
    case loaded([String: DynamicConfiguration], [Diagnostic])
    /// Something cannot be read: what was in force stays.
    case failed([Diagnostic])
}

/// A provider that reads files.
///
/// Who calls: its runner calls `run` once and `read` when an operator asks; each reading is reported before the next begins.
package protocol ReadingProvider: Actor {
    /// Reads now, whether something changed or not.
    func read() async
    /// Reads, then reads again whenever something changes, until the task is cancelled.
    func run() async
}
