/// What is known of one kind of objects, and what to ask the API server next: a pure state machine.
///
/// It lists, then watches from the list's version; a server that forgot the version (410) is listed anew, and the new list is
/// taken as a difference, so that nothing that stayed is ever gone in between. Whatever fails, the objects stay.
///
/// ```
/// start -> listing -> watching -(closed)-> watching
///             ^           |(410)    |(failed)
///             +-----------+         v
///             +---------------- resting (back-off, then as before)
/// ```
///
/// | state | listed | event, bookmark | closed | expired | failed, refused | rested |
/// |---|---|---|---|---|---|---|
/// | listing | watch | - | - | list the newest | rest | - |
/// | watching | - | take | watch again | list the newest | rest (after what cannot be read: then list) | - |
/// | resting | - | - | - | - | - | list or watch |
///
/// Invariants: versions are opaque text, never compared; `objects` changes only by a whole list or by an event; a relist
/// yields removals for what is missing.
package struct KindWatch: Sendable {
    /// What to do next.
    package enum Order: Sendable, Equatable {
        /// `0`: any version the server has at hand; empty: the newest.
        case list(resourceVersion: String)
        case watch(resourceVersion: String)
        case rest(Duration)
        case none
    }

    /// What became of the objects.
    package enum Change: Sendable, Equatable {
        case put(ObjectKey)
        case removed(ObjectKey)
    }

    private enum State: Sendable, Equatable {
        case listing
        case watching(version: String)
        case resting(then: Order)
    }

    /// The first rest, doubled each time up to `longestRest`.
    package static let shortestRest = Duration.milliseconds(800)
    package static let longestRest = Duration.seconds(30)

    package private(set) var objects: [ObjectKey: KubernetesObject] = [:]
    /// False until the first list: an empty kind is known to be empty then.
    package private(set) var isKnown = false
    /// Failures since something worked.
    package private(set) var failures = 0
    private var state = State.listing
    /// Versions that were too old since something worked.
    private var expiries = 0

    package init() {}

    /// The first order.
    package mutating func start() -> Order {
        state = .listing
        return .list(resourceVersion: "0")
    }

    /// A whole list came.
    package mutating func listed(
        _ items: [KubernetesObject], resourceVersion: String
    ) -> (order: Order, changes: [Change]) {
        guard state == .listing else { return (.none, []) }
        let fresh = Dictionary(items.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
        var changes: [Change] = []
        for key in objects.keys.sorted() where fresh[key] == nil { changes.append(.removed(key)) }
        for (key, object) in fresh.sorted(by: { $0.key < $1.key }) where !Self.isSame(objects[key], object) {
            changes.append(.put(key))
        }
        objects = fresh
        isKnown = true
        failures = 0
        state = .watching(version: resourceVersion)
        return (.watch(resourceVersion: resourceVersion), changes)
    }

    /// An object was added or modified, or, with `isDeleted`, deleted.
    package mutating func changed(_ object: KubernetesObject, isDeleted: Bool) -> [Change] {
        guard case .watching = state else { return [] }
        failures = 0
        expiries = 0
        state = .watching(version: object.resourceVersion)
        if isDeleted {
            return objects.removeValue(forKey: object.key) == nil ? [] : [.removed(object.key)]
        }
        let before = objects.updateValue(object, forKey: object.key)
        return Self.isSame(before, object) ? [] : [.put(object.key)]
    }

    /// The server told how far it is.
    package mutating func bookmarked(resourceVersion: String) {
        guard case .watching = state else { return }
        failures = 0
        expiries = 0
        state = .watching(version: resourceVersion)
    }

    /// The server ended the watch, as it does every few minutes; `sawNothing` when it lasted under a second without an event.
    package mutating func closed(sawNothing: Bool) -> Order {
        guard case .watching(let version) = state else { return .none }
        return sawNothing ? rest(then: .watch(resourceVersion: version)) : .watch(resourceVersion: version)
    }

    /// The watch has stood for a while: what failed before is forgiven, even though nothing changed meanwhile.
    package mutating func stood() {
        guard case .watching = state else { return }
        failures = 0
        expiries = 0
    }

    /// An event could not be read: whatever it said is missing, so that only a new list tells the truth.
    package mutating func distrusted() -> Order {
        if case .resting = state { return .none }
        return rest(then: .list(resourceVersion: ""))
    }

    /// The version is too old for the server (410).
    package mutating func expired() -> Order {
        if case .resting = state { return .none }
        expiries += 1
        // A server that forgets what it has just said would be asked without end.
        guard expiries == 1 else { return rest(then: .list(resourceVersion: "")) }
        state = .listing
        return .list(resourceVersion: "")
    }

    /// The request failed: refused, forbidden, cut off.
    ///
    /// - Parameter retryAfter: what the server asks for.
    /// - Returns: how long to rest.
    package mutating func failed(retryAfter: Duration? = nil) -> Order {
        switch state {
        case .listing: rest(then: .list(resourceVersion: isKnown ? "" : "0"), retryAfter)
        case .watching(let version): rest(then: .watch(resourceVersion: version), retryAfter)
        case .resting: .none
        }
    }

    /// The rest is over.
    package mutating func rested() -> Order {
        guard case .resting(let order) = state else { return .none }
        switch order {
        case .watch(let version): state = .watching(version: version)
        case .list, .rest, .none: state = .listing
        }
        return order
    }

    private mutating func rest(then order: Order, _ retryAfter: Duration? = nil) -> Order {
        var length = Self.shortestRest
        for _ in 0..<min(failures, 6) { length = length * 2 }
        failures += 1
        state = .resting(then: order)
        return .rest(max(min(length, Self.longestRest), retryAfter ?? .zero))
    }

    private static func isSame(_ first: KubernetesObject?, _ second: KubernetesObject) -> Bool {
        guard let first, !first.resourceVersion.isEmpty else { return false }
        return first.resourceVersion == second.resourceVersion
    }
}
