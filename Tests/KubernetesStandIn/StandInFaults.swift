/// What goes wrong at the stand-in; tests change it while it runs.
package struct StandInFaults: Sendable {
    /// Kinds answered with 403, by their plural.
    package var forbidden: Set<String> = []
    /// Kinds whose objects may be read but not written, by their plural.
    package var readOnly: Set<String> = []
    /// Kinds whose objects are written only in vain, with 500, by their plural.
    package var brokenWrites: Set<String> = []
    /// Kinds answered with 404, as without their CRD.
    package var missing: Set<String> = []
    /// Kinds whose requests are read and never answered, by their plural.
    package var unanswered: Set<String> = []
    /// Statuses that lists and watches of a kind are answered with, one each, before it works again.
    package var statuses: [String: [Int]] = [:]
    /// Seconds that 429 and 503 ask for.
    package var retryAfter: Int?
    /// Tokens that are accepted; nil: anything.
    package var tokens: Set<String>?
    /// Requests are read and not answered, watches say nothing.
    package var isMute = false
    /// Bodies leave in chunks of this size at most, cut by chance; 0: one for each event.
    package var chunkBytes = 0
    /// Watches are told to be too old when they begin, so many times.
    package var expirations = 0

    package init() {}
}
