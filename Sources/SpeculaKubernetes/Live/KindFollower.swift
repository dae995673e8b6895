internal import SpeculaClient
internal import SpeculaConfiguration
internal import SpeculaLogging

/// Follows one kind of objects: does what `KindWatch` orders, with an API server and a clock.
struct KindFollower: Sendable {
    /// What is told of the kind.
    enum Report: Sendable {
        case changed(put: [KubernetesObject], removed: [ObjectKey])
        /// The kind is known, or it is known that it cannot be had.
        case settled
    }

    /// The kind, and what is asked for where the server does not have it.
    let candidates: [ClusterResource]
    /// Nil: all.
    let namespace: String?
    let selector: String
    let api: ClusterAPI
    let clock: any ControlClock
    /// From 0 to 1.
    let random: @Sendable () -> Double
    let figures: ClusterFigures
    let log: Logger
    let report: @Sendable (Report) async -> Void

    /// Failures after which others no longer wait for this kind.
    private static let patience = 3

    private struct State {
        var machine = KindWatch()
        var candidate = 0
        var isSettled = false
        var attempts = 0
        /// Objects on a page of a list: fewer when they turn out to be large.
        var page = 500
        /// What was said last and how loudly, so that it is said once.
        var told: (reason: ClusterFailure.Reason, level: LogLevel)?
    }

    /// Until the task is cancelled.
    func run() async {
        var state = State()
        figures.begin(name, in: namespace ?? "")
        var order = state.machine.start()
        while !Task.isCancelled {
            switch order {
            case .list(let version): order = await list(version, &state)
            case .watch(let version): order = await watch(version, &state)
            case .rest(let length):
                // Many gateways that lost one server do not come back all at once.
                await clock.sleep(until: clock.now + length * (0.75 + 0.5 * random()))
                order = state.machine.rested()
            case .none: order = state.machine.start()
            }
        }
    }

    private var name: String { candidates[0].plural }

    private func selection(of resource: ClusterResource) -> String {
        [resource.isSelected ? selector : "", resource.condition].filter { !$0.isEmpty }.joined(separator: ",")
    }

    // MARK: Listing

    private func list(_ version: String, _ state: inout State) async -> KindWatch.Order {
        let resource = candidates[state.candidate]
        do throws(ClusterFailure) {
            let (items, listed) = try await api.list(
                resource, in: namespace, selector: selection(of: resource), version: version, page: state.page)
            let (order, changes) = state.machine.listed(items, resourceVersion: listed)
            await tell(changes, state.machine)
            await settle(&state)
            recovered(&state)
            return order
        } catch {
            if error == .missing, !state.machine.isKnown, state.candidate + 1 < candidates.count {
                state.candidate += 1
                return .list(resourceVersion: version)
            }
            if error == .missing, !state.machine.isKnown { state.candidate = 0 }
            return await failed(error, &state, isListing: true)
        }
    }

    // MARK: Watching

    private func watch(_ version: String, _ state: inout State) async -> KindWatch.Order {
        let resource = candidates[state.candidate]
        let start = clock.now
        let stream: ClientStream
        do throws(ClusterFailure) {
            stream = try await api.watch(
                resource, in: namespace, selector: selection(of: resource), version: version,
                seconds: 240 + Int(240 * random()))
        } catch {
            return await failed(error, &state)
        }
        recovered(&state)
        var decoder = WatchDecoder(resource)
        var sawNothing = true
        while true {
            let bytes: [UInt8]?
            do {
                bytes = try await stream.next()
            } catch {
                if clock.now - start > .seconds(30) { state.machine.stood() }
                // A connection that went silent is replaced at once; that fails if the server is really gone.
                if error == .idleTimedOut { return state.machine.closed(sawNothing: false) }
                return await failed(ClusterFailure(error), &state)
            }
            guard let bytes else { break }
            for event in decoder.take(bytes) {
                sawNothing = false
                switch event {
                case .put(let object):
                    await tell(state.machine.changed(object, isDeleted: false), state.machine)
                case .deleted(let object):
                    await tell(state.machine.changed(object, isDeleted: true), state.machine)
                case .bookmark(let version): state.machine.bookmarked(resourceVersion: version)
                case .failed(let failure):
                    stream.cancel()
                    return await failed(failure, &state)
                }
            }
        }
        if decoder.isWithinLine { return await failed(.malformed("the watch ended within an event"), &state) }
        if clock.now - start > .seconds(30) { state.machine.stood() }
        return state.machine.closed(sawNothing: sawNothing && clock.now - start < .seconds(1))
    }

    // MARK: Telling

    private func tell(_ changes: [KindWatch.Change], _ machine: KindWatch) async {
        figures.holds(name, in: namespace ?? "", objects: machine.objects.count)
        guard !changes.isEmpty else { return }
        var put: [KubernetesObject] = []
        var removed: [ObjectKey] = []
        for change in changes {
            switch change {
            case .put(let key): if let object = machine.objects[key] { put.append(object) }
            case .removed(let key): removed.append(key)
            }
        }
        await report(.changed(put: put, removed: removed))
    }

    private func settle(_ state: inout State) async {
        guard !state.isSettled else { return }
        state.isSettled = true
        await report(.settled)
    }

    private func recovered(_ state: inout State) {
        figures.upToDate(name, in: namespace ?? "")
        if state.told != nil { log.info("kubernetes: a kind is followed again", metadata: metadata([:])) }
        state.told = nil
    }

    private func failed(
        _ failure: ClusterFailure, _ state: inout State, isListing: Bool = false
    ) async -> KindWatch.Order {
        if Task.isCancelled { return .none }
        let isAbsent = !state.machine.isKnown && (failure.reason == .missing || failure.reason == .forbidden)
        figures.lost(name, in: namespace ?? "", failure.reason, isAbsent: isAbsent)
        state.attempts += 1
        // Who cannot be reached at all may still have everything.
        let hasAnswered = ![.connection, .silent, .credentials, .unauthorized].contains(failure.reason)
        if isAbsent || hasAnswered && state.attempts >= Self.patience { await settle(&state) }
        let level = level(of: failure, state.machine)
        if state.told.map({ $0.reason != failure.reason || $0.level < level }) ?? true {
            state.told = (failure.reason, level)
            log.log(
                level, "kubernetes: a kind cannot be followed, what is known of it stays",
                metadata: metadata(["error": failure.description]))
        }
        switch failure {
        case .expired: return isListing ? state.machine.failed() : state.machine.expired()
        case .malformed: return state.machine.distrusted()
        case .tooLarge:
            state.page = max(1, state.page / 10)
            return state.machine.distrusted()
        case .overloaded(_, let wait): return state.machine.failed(retryAfter: wait)
        default: return state.machine.failed()
        }
    }

    /// A kind that was known and fails for a moment is a warning, as when an API server is restarted; one that stays away an error.
    private func level(of failure: ClusterFailure, _ machine: KindWatch) -> LogLevel {
        let isRare = candidates[0].isRarelyNeeded && !machine.isKnown
        if failure == .expired || isRare && failure.reason == .missing { return .debug }
        if isRare && failure.reason == .forbidden { return .warn }
        return machine.isKnown && machine.failures < Self.patience ? .warn : .error
    }

    private func metadata(_ more: [String: String]) -> [String: String] {
        var metadata = more
        metadata["resource"] = name
        if let namespace { metadata["namespace"] = namespace }
        return metadata
    }
}
