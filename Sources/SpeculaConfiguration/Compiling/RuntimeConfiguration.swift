/// What the API shows: everything that is configured, with what became of it.
///
/// Made together with the `Snapshot`; keys are qualified names (`api@file`). What was refused is here, too, disabled and with the reason.
package struct RuntimeConfiguration: Sendable, Equatable {
    /// What became of a router, service or middleware.
    package enum Status: String, Sendable { case enabled, disabled, warning }

    package var routers: [String: RuntimeRouter] = [:]
    package var services: [String: RuntimeService] = [:]
    package var middlewares: [String: RuntimeMiddleware] = [:]

    package init() {}
}

/// What the runtime configuration knows of every thing in it.
package protocol RuntimeItem: Sendable, Equatable {
    /// Qualified: `api@file`.
    var name: String { get }
    var status: RuntimeConfiguration.Status { get set }
    /// Why it is not simply enabled, in the order of discovery.
    var errors: [String] { get set }
    /// Where it is used, or attached to: the key that shows it, and the names.
    var uses: (key: String, names: [String]) { get }
    /// As in the lists: `loadbalancer`, `redirectregex`; nil for routers, and when no type is set.
    var type: String? { get }
    /// The part of its configuration in Traefik's JSON, without status and the rest.
    func configurationMembers() -> [JSONValue.Member]
}

extension RuntimeItem {
    /// What stands behind the last `@`.
    package var provider: String { QualifiedName.provider(of: name) }

    /// Adds a reason once, and the status it means; disabled never becomes better again.
    mutating func add(error: String, disables: Bool) {
        if !errors.contains(error) { errors.append(error) }
        if disables {
            status = .disabled
        } else if status == .enabled {
            status = .warning
        }
    }

    /// As in `/api/rawdata`; the lists add name, provider and more.
    package func members() -> [JSONValue.Member] {
        var members = configurationMembers()
        if !errors.isEmpty { members.append(.init("error", .array(errors.map { .string($0) }))) }
        members.append(.init("status", .string(status.rawValue)))
        let (key, names) = uses
        if !names.isEmpty { members.append(.init(key, .array(names.map { .string($0) }))) }
        return members
    }
}

/// A router as the API shows it.
package struct RuntimeRouter: RuntimeItem {
    package var name: String
    /// With entry points, observability and priority filled in.
    package var configuration: RouterConfiguration
    package var status = RuntimeConfiguration.Status.enabled
    package var errors: [String] = []
    /// The entry points it is attached to.
    package var using: [String] = []

    package var uses: (key: String, names: [String]) { ("using", using) }
    package var type: String? { nil }

    package func configurationMembers() -> [JSONValue.Member] { configuration.members() }
}

/// A service as the API shows it.
package struct RuntimeService: RuntimeItem {
    package var name: String
    /// Nil for Specula's own services, which have no configuration.
    package var configuration: ServiceConfiguration?
    package var status = RuntimeConfiguration.Status.enabled
    package var errors: [String] = []
    /// Routers that name it, qualified and sorted.
    package var usedBy: [String] = []
    /// URLs of the servers whose state is shown; empty unless a router reaches this load balancer.
    package var serverURLs: [String] = []

    package var uses: (key: String, names: [String]) { ("usedBy", usedBy) }

    package func configurationMembers() -> [JSONValue.Member] { configuration?.members() ?? [] }

    package var type: String? { configuration?.types.first.map { ASCII.lowered($0) } }
}

/// A middleware as the API shows it.
package struct RuntimeMiddleware: RuntimeItem {
    package var name: String
    package var configuration: MiddlewareConfiguration
    package var status = RuntimeConfiguration.Status.enabled
    package var errors: [String] = []
    /// Routers that name it, qualified and sorted.
    package var usedBy: [String] = []

    package var uses: (key: String, names: [String]) { ("usedBy", usedBy) }

    package func configurationMembers() -> [JSONValue.Member] {
        if case .object(let members) = configuration.content { return members }
        return []
    }

    package var type: String? { configuration.types.first.map { ASCII.lowered($0) } }
}

/// Names with their provider: `api@file`.
package enum QualifiedName {
    /// A reference as written in a provider's configuration: taken as it is when it names a provider.
    package static func of(_ reference: String, in provider: String) -> String {
        reference.utf8.contains(UInt8(ascii: "@")) ? reference : "\(reference)@\(provider)"
    }

    /// What stands behind the last `@`.
    package static func provider(of name: String) -> String {
        guard let mark = name.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        return String(name[name.utf8.index(after: mark)...])
    }
}
