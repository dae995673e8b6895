/// What sort of thing a finding says, for those who have to tell one from another: its message is for people alone.
package indirect enum FindingKind: Sendable, Hashable {
    /// Nobody has to tell it from others.
    case plain
    /// It is about these services, too, by their qualified names.
    case mentions([String])
    case unknownKey
    /// Traefik has it, Specula does not.
    case notSupported
    /// A rule that cannot be parsed.
    case badRule(isEmpty: Bool)
    /// None of a router's entry points is there.
    case noEntryPoint
    /// A name that nothing has: qualified, `namespace/name`, or the namespace of a grant.
    case missing(Thing, String)
    /// A name of something that is there and not used.
    case disabled(Thing, String, because: [FindingKind])
    /// A mirror that gets no copies, by its service.
    case noCopies(for: String, because: [FindingKind])

    /// What a configuration names.
    package enum Thing: Sendable, Hashable {
        case entryPoint, service, middleware, serversTransport
        /// Objects of a cluster.
        case kubernetesService, endpoints, secret, configMap, gateway, referenceGrant
    }

    /// Something that a finding names.
    package struct Reference: Sendable, Hashable {
        package let thing: Thing
        package let name: String
        /// Nothing has the name.
        package let isMissing: Bool
    }

    /// Everything that it names, what it comes from included.
    package var references: [Reference] {
        switch self {
        case .plain, .unknownKey, .notSupported, .badRule, .noEntryPoint: []
        case .mentions(let names): names.map { Reference(thing: .service, name: $0, isMissing: false) }
        case .missing(let thing, let name): [Reference(thing: thing, name: name, isMissing: true)]
        case .disabled(let thing, let name, let causes):
            [Reference(thing: thing, name: name, isMissing: false)] + causes.flatMap(\.references)
        case .noCopies(let name, let causes):
            [Reference(thing: .service, name: name, isMissing: false)] + causes.flatMap(\.references)
        }
    }

    /// It is about something that Specula does not have, or comes from that.
    package var isNotSupported: Bool {
        switch self {
        case .notSupported: true
        case .disabled(_, _, let causes), .noCopies(_, let causes): causes.contains(where: \.isNotSupported)
        case .plain, .mentions, .unknownKey, .badRule, .noEntryPoint, .missing: false
        }
    }
}

/// Why something cannot be used: for people, and for those who have to tell one reason from another.
package struct Reason: Sendable, Hashable {
    package var message: String
    package var kind: FindingKind

    package init(_ message: String, _ kind: FindingKind = .plain) {
        self.message = message
        self.kind = kind
    }
}

extension UnsupportedKey {
    var reason: Reason { Reason(message, .notSupported) }
}
