internal import SpeculaConfiguration

/// What the status of GatewayClasses, Gateways and HTTPRoutes should say: a pure function of what was read and made.
///
/// Parents of other controllers stay as they are; a status that says the same already is left alone.
struct GatewayStatus {
    /// A merge patch of an object's `status`.
    struct Patch {
        /// All objects of its kind and namespace, whose status is written or refused together: RBAC knows nothing finer.
        let collection: String
        let path: String
        let body: JSONValue
    }

    private static let group = GatewayListeners.group

    let cluster: Cluster
    let findings: GatewayFindings
    let options: KubernetesOptions
    /// RFC 3339.
    let now: String

    func patches() -> [Patch] {
        guard let controllers = options.gatewayControllers else { return [] }
        var patches: [Patch] = []
        var classes: [String: String] = [:]
        for object in cluster.all(Self.group, "GatewayClass") {
            let controller = object.spec?.string("controllerName") ?? ""
            guard controllers.contains(controller), options.labelSelector?.matches(object.labels) ?? true else {
                continue
            }
            classes[object.name] = controller
            let writer = Conditions(of: object, before: object.node.value(named: "status"), now)
            add(&patches, object, "gatewayclasses", ["conditions": [writer.met("Accepted")]], isNamespaced: false)
        }
        for gateway in cluster.all(Self.group, "Gateway") {
            guard let listeners = findings.listeners[gateway.key] else { continue }
            add(&patches, gateway, "gateways", status(of: gateway, listeners))
        }
        for route in cluster.all(Self.group, "HTTPRoute") where options.allows(route.namespace) {
            if let status = status(of: route, classes) { add(&patches, route, "httproutes", status) }
        }
        return patches
    }

    // MARK: Gateways

    /// A Gateway is good for as long as one of its listeners is.
    private func status(of gateway: KubernetesObject, _ listeners: [GatewayListener]) -> JSONValue {
        let before = gateway.node.value(named: "status")
        let writer = Conditions(of: gateway, before: before, now)
        let bad = listeners.filter { !$0.isProgrammed }.map(\.name).joined(separator: ", ")
        let works = listeners.contains(where: \.isProgrammed)
        let told: JSONValue = [
            "conditions": [
                bad.isEmpty && works
                    ? writer.met("Accepted")
                    : writer.condition(
                        "Accepted", works, "ListenersNotValid", "not valid: \(bad.isEmpty ? "none" : bad)"),
                works
                    ? writer.met("Programmed")
                    : writer.condition("Programmed", false, "Invalid", "no listener can be served"),
            ],
            "listeners": .array(
                listeners.map { status(of: $0, gateway, before?.list("listeners").first(named: $0.name)) }),
        ]
        return addresses.map { told.adding("addresses", $0) } ?? told
    }

    /// Nil where nobody asks for any.
    private var addresses: JSONValue? {
        guard let wanted = options.statusAddress else { return nil }
        func entry(_ type: String, _ value: String) -> JSONValue { ["type": .string(type), "value": .string(value)] }
        if !wanted.ip.isEmpty { return [entry("IPAddress", wanted.ip)] }
        if !wanted.hostname.isEmpty { return [entry("Hostname", wanted.hostname)] }
        guard let name = wanted.service, let service = cluster.service(name.namespace, name.name) else { return [] }
        let given = service.node.at("status", "loadBalancer")?.list("ingress") ?? []
        let found = given.compactMap { place in
            place.string("ip").map { entry("IPAddress", $0) } ?? place.string("hostname").map { entry("Hostname", $0) }
        }
        let isBalanced = service.spec?.string("type") == "LoadBalancer"
        let inside = isBalanced ? nil : ServiceBackends(service: service).clusterAddress
        return .array(found.isEmpty ? [inside].compactMap { $0 }.map { entry("IPAddress", $0) } : found)
    }

    private func status(
        of listener: GatewayListener, _ gateway: KubernetesObject, _ before: Node?
    ) -> JSONValue {
        let writer = Conditions(of: gateway, before: before, now)
        func told(_ condition: String) -> JSONValue {
            let problems = listener.problems.filter { $0.condition == condition }
            guard let first = problems.first else { return writer.met(condition) }
            let text = problems.map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            return writer.condition(condition, false, first.reason, text)
        }
        return [
            "name": .string(listener.name), "attachedRoutes": .integer(Int64(listener.routes.count)),
            "supportedKinds": .array(
                listener.kinds.map { ["group": .string(Self.group), "kind": .string($0)] }),
            "conditions": [
                told("Accepted"), told("ResolvedRefs"),
                listener.isProgrammed
                    ? writer.met("Programmed")
                    : writer.condition("Programmed", false, "Invalid", "see the other conditions"),
                writer.condition("Conflicted", false, "NoConflicts", ""),
            ],
        ]
    }

    // MARK: Routes

    /// Nil when no parent is ours, and none was.
    private func status(of route: KubernetesObject, _ classes: [String: String]) -> JSONValue? {
        let known = route.node.at("status")?.list("parents") ?? []
        let ours = options.gatewayControllers ?? []
        var parents = known.filter { !ours.contains($0.string("controllerName") ?? "") }.map { JSONValue(tree: $0) }
        let foreign = parents.count
        let found = findings.routes[route.key] ?? .init()
        for parent in found.parents {
            guard let controller = classes[parent.gateway.spec?.string("gatewayClassName") ?? ""] else { continue }
            let reference = JSONValue(tree: parent.reference)
            let before = known.first {
                $0.string("controllerName") == controller
                    && $0.value(named: "parentRef").map { JSONValue(tree: $0) } == reference
            }
            parents.append([
                "parentRef": reference, "controllerName": .string(controller),
                "conditions": .array(conditions(of: found, parent, Conditions(of: route, before: before, now))),
            ])
        }
        let hadOurs = known.count > foreign
        return parents.count > foreign || hadOurs ? ["parents": .array(parents)] : nil
    }

    private func conditions(
        of route: GatewayFindings.Route, _ parent: GatewayFindings.Route.Parent, _ writer: Conditions
    ) -> [JSONValue] {
        let refused = route.refused.sorted { $0.key < $1.key }.flatMap(\.value).joined(separator: "; ")
        let isPartly = !route.refused.isEmpty && route.refused.count < route.rules
        var conditions: [JSONValue] = []
        if let refusal = parent.refusal {
            conditions.append(writer.condition("Accepted", false, refusal.reason, refusal.message))
        } else if !route.refused.isEmpty, !isPartly {
            conditions.append(writer.condition("Accepted", false, "UnsupportedValue", refused))
        } else {
            conditions.append(writer.met("Accepted"))
        }
        if let first = route.unresolved.first {
            let text = route.unresolved.map(\.message).joined(separator: "; ")
            conditions.append(writer.condition("ResolvedRefs", false, first.reason, text))
        } else {
            conditions.append(writer.met("ResolvedRefs"))
        }
        if isPartly {
            // The words that the Gateway API wants there.
            conditions.append(
                writer.condition("PartiallyInvalid", true, "UnsupportedValue", "Dropped Rule: \(refused)"))
        }
        return conditions
    }

    private func add(
        _ patches: inout [Patch], _ object: KubernetesObject, _ plural: String, _ status: JSONValue,
        isNamespaced: Bool = true
    ) {
        let present = object.node.value(named: "status").map { JSONValue(tree: $0) } ?? .null
        guard case .object(let members) = status,
            members.contains(where: { present[$0.name]?.isSame(as: $0.value) != true })
        else { return }
        var resource = ClusterResource(Self.group, "v1", plural, object.kind)
        resource.isNamespaced = isNamespaced
        let collection = resource.path(in: object.namespace)
        patches.append(
            Patch(collection: collection, path: "\(collection)/\(object.name)/status", body: ["status": status]))
    }
}

extension GatewayListener {
    /// Its routes are served as it says.
    fileprivate var isProgrammed: Bool {
        entryPoint != nil && !kinds.isEmpty
            && !problems.contains { $0.condition == "Accepted" || $0.reason != "InvalidRouteKinds" }
    }
}

extension [Node] {
    fileprivate func first(named name: String) -> Node? { first { $0.string("name") == name } }
}

/// Writes conditions of one object; the time of each stays while its status does.
private struct Conditions {
    private let before: [Node]
    private let generation: Int64
    private let now: String

    init(of object: KubernetesObject, before: Node?, _ now: String) {
        self.before = before?.list("conditions") ?? []
        generation = Int64(object.node.at("metadata", "generation")?.text ?? "") ?? 0
        self.now = now
    }

    /// One that is as it should be: its reason is its name.
    func met(_ type: String) -> JSONValue { condition(type, true, type, "") }

    func condition(_ type: String, _ isMet: Bool, _ reason: String, _ message: String) -> JSONValue {
        let status = isMet ? "True" : "False"
        let old = before.first { $0.string("type") == type }
        let since = old?.string("status") == status ? old?.string("lastTransitionTime") : nil
        return [
            "type": .string(type), "status": .string(status), "reason": .string(reason),
            "message": .string(String(message.prefix(1_000))), "observedGeneration": .integer(generation),
            "lastTransitionTime": .string(since ?? now),
        ]
    }
}

extension JSONValue {
    /// Equal, whatever the order of members; members that this one has beyond the other count too.
    func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            mine.count == theirs.count
                && mine.allSatisfy { member in other[member.name]?.isSame(as: member.value) == true }
        case (.array(let mine), .array(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isSame(as: $1) }
        default: self == other
        }
    }
}
