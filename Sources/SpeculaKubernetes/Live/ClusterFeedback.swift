package import SpeculaConfiguration
package import SpeculaLogging

/// Tells a cluster's users what became of their objects, where RBAC permits: an Event for each finding, the status of Gateways.
///
/// Each finding is told once in the life of the process; a refusal is logged once, and ends the telling for its namespace. A status
/// that may not be written is asked for again after a while, those of its kind and namespace with it. It takes what is to be told at
/// any time and tells it from a task of its own: routes never wait for an API server that is slow to write.
package actor ClusterFeedback {
    /// Findings of one reading that are told; the rest stays in log and API.
    private static let mostAtOnce = 100

    private let api: ClusterAPI
    private let log: Logger
    private let instance: String
    private let figures: ClusterFigures
    private let clock: any ControlClock
    private let timeOfDay: @Sendable () -> String
    private var told: Set<String> = []
    /// Namespaces that take no events of ours: RBAC has nothing for us there, or they are being deleted.
    private var refused: Set<String> = []
    /// Kinds, each in its namespace, whose status we may not write.
    private var refusals: [String: Refusal] = [:]
    /// When what could not be written for another reason is tried again.
    private var nextTry: Duration?
    /// Somebody sleeps until the first of these moments.
    private var isWaiting = false
    /// The newest reading, whose cluster the findings are about.
    private var reading: LiveProvider.Reading?
    private var hasNewReading = false
    /// What is wrong with the configuration in force, which all providers' readings made.
    private var findings: [Diagnostic] = []
    private let news: AsyncStream<Void>
    private let newsContinuation: AsyncStream<Void>.Continuation

    /// How long a kind whose status may not be written is left alone: twice as long each time.
    private static let (shortestRest, longestRest) = (Duration.seconds(60), Duration.seconds(600))

    private struct Refusal {
        var rest: Duration
        var until: Duration
    }

    /// - Parameters:
    ///   - api: the API server.
    ///   - instance: who tells: the pod's name.
    ///   - figures: for what could not be written.
    ///   - log: for a refusal.
    ///   - clock: for when a refused status is asked for again.
    ///   - timeOfDay: as RFC 3339 has it.
    package init(
        api: ClusterAPI, instance: String, figures: ClusterFigures, log: Logger, clock: any ControlClock,
        timeOfDay: @escaping @Sendable () -> String
    ) {
        self.api = api
        self.instance = instance
        self.figures = figures
        self.log = log
        self.clock = clock
        self.timeOfDay = timeOfDay
        (news, newsContinuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes what has been read.
    package func take(_ reading: LiveProvider.Reading) {
        self.reading = reading
        hasNewReading = true
        newsContinuation.yield()
    }

    /// Takes what is wrong with the configuration in force: what objects say of others that are not there, say.
    package func take(_ findings: [Diagnostic]) {
        self.findings = findings
        newsContinuation.yield()
    }

    /// Tells what has been taken, until the task is cancelled.
    package func run(options: KubernetesOptions) async {
        await withDiscardingTaskGroup { group in
            for await _ in news {
                guard let reading else { continue }
                let isNew = hasNewReading
                hasNewReading = false
                await tell(reading.diagnostics + findings, about: reading.cluster)
                let now = clock.now
                if isNew { await tellStatus(of: reading, options: options, now: now) }
                // What is due and still there has nothing to be written.
                let moments = refusals.values.map(\.until) + (nextTry.map { [$0] } ?? [])
                guard !isWaiting, let moment = moments.filter({ $0 > now }).min() else { continue }
                isWaiting = true
                group.addTask {
                    await self.clock.sleep(until: moment)
                    await self.askAgain()
                }
            }
            group.cancelAll()
        }
    }

    /// A refused status is due: what was read last is told again.
    private func askAgain() {
        isWaiting = false
        hasNewReading = true
        newsContinuation.yield()
    }

    /// Tells what is new of a reading's findings.
    private func tell(_ diagnostics: [Diagnostic], about cluster: Cluster) async {
        var left = Self.mostAtOnce
        for diagnostic in diagnostics where left > 0 && !Task.isCancelled {
            guard let (object, message) = Self.subject(of: diagnostic, in: cluster),
                !refused.contains(object.namespace), told.insert("\(object.title) \(message)").inserted
            else { continue }
            left -= 1
            do throws(ClusterFailure) {
                try await api.write(
                    .create, "/api/v1/namespaces/\(object.namespace)/events",
                    event(about: object, message, isError: diagnostic.isError))
            } catch {
                if error.reason == .forbidden || error.reason == .missing {
                    refused.insert(object.namespace)
                    log.info(
                        "kubernetes: events are not permitted",
                        metadata: ["namespace": object.namespace, "error": error.description])
                    continue
                }
                told.remove("\(object.title) \(message)")
                log.debug("kubernetes: an event was not taken", metadata: ["error": error.description])
                return
            }
        }
    }

    /// Says in the status of Gateways and their routes what became of them.
    private func tellStatus(of reading: LiveProvider.Reading, options: KubernetesOptions, now: Duration) async {
        nextTry = nil
        let status = GatewayStatus(
            cluster: reading.cluster, findings: reading.gateways, options: options, now: timeOfDay())
        var left = Self.mostAtOnce
        for patch in status.patches() where left > 0 && !Task.isCancelled && isDue(patch.collection, now) {
            left -= 1
            do throws(ClusterFailure) {
                try await api.write(.patch, patch.path, patch.body, type: "application/merge-patch+json")
                if refusals.removeValue(forKey: patch.collection) != nil {
                    log.info("kubernetes: status can be written again", metadata: ["of": patch.collection])
                }
            } catch {
                figures.notWritten(error.reason)
                guard error.reason == .forbidden else {
                    log.debug("kubernetes: a status could not be written", metadata: ["error": error.description])
                    // Written again with the next reading, or after a while.
                    nextTry = now + Self.shortestRest
                    return
                }
                refuse(patch.collection, error, now)
            }
        }
    }

    private func isDue(_ collection: String, _ now: Duration) -> Bool {
        refusals[collection].map { $0.until <= now } ?? true
    }

    private func refuse(_ collection: String, _ error: ClusterFailure, _ now: Duration) {
        let before = refusals[collection]
        let rest = before.map { min($0.rest * 2, Self.longestRest) } ?? Self.shortestRest
        refusals[collection] = Refusal(rest: rest, until: now + rest)
        guard before == nil else { return }
        log.info(
            "kubernetes: status is not permitted to be written",
            metadata: ["of": collection, "error": error.description])
    }

    /// The object that a finding is about: `IngressRoute default/api spec.routes[0]`.
    private static func subject(
        of diagnostic: Diagnostic, in cluster: Cluster
    ) -> (object: KubernetesObject, message: String)? {
        let words = diagnostic.keyPath.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let slash = words[1].firstIndex(of: "/") else { return nil }
        let namespace = String(words[1][..<slash])
        let name = String(words[1][words[1].index(after: slash)...])
        let groups = [CustomResourceTranslator.group, GatewayListeners.group, ""]
        for group in groups {
            guard let object = cluster.object(group, String(words[0]), namespace, name) else { continue }
            var message = words.count > 2 ? "\(words[2]): \(diagnostic.message)" : diagnostic.message
            if let suggestion = diagnostic.suggestion { message += " (did you mean \(suggestion)?)" }
            return (object, message)
        }
        return nil
    }

    private func event(about object: KubernetesObject, _ message: String, isError: Bool) -> JSONValue {
        let now = JSONValue.string(timeOfDay())
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": [
                "generateName": .string("\(object.name)."), "namespace": .string(object.namespace),
            ],
            "involvedObject": [
                "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
                "name": .string(object.name), "namespace": .string(object.namespace),
                "uid": .string(object.node.at("metadata", "uid")?.text ?? ""),
                "resourceVersion": .string(object.resourceVersion),
            ],
            "reason": .string(isError ? "Refused" : "Noticed"),
            "message": .string(String(message.prefix(1_000))), "type": "Warning", "count": 1,
            "firstTimestamp": now, "lastTimestamp": now,
            "source": ["component": "specula", "host": .string(instance)],
            "reportingComponent": "specula.dev/gateway", "reportingInstance": .string(instance),
        ]
    }
}
