@testable import SpeculaConfiguration

/// A runtime configuration as readable text: one line for each thing, one for each of its values; defaults are left out.
enum RuntimeText {
    static func text(_ runtime: RuntimeConfiguration) -> String {
        var lines: [String] = []
        func add(_ kind: String, _ name: String, _ status: RuntimeConfiguration.Status, _ members: [JSONValue.Member]) {
            guard !name.hasSuffix("@internal") else { return }
            lines.append("\(kind) \(name) \(status.rawValue)")
            let skipped = ["observability", "using", "usedBy", "status"]
            for member in members where !skipped.contains(member.name) {
                for line in flat(member.name, member.value) where !defaults.contains(line) {
                    lines.append("    \(line)")
                }
            }
        }
        for (name, router) in runtime.routers.sorted(by: { $0.key < $1.key }) {
            add("router", name, router.status, router.members())
        }
        for (name, service) in runtime.services.sorted(by: { $0.key < $1.key }) {
            add("service", name, service.status, service.members())
        }
        for (name, middleware) in runtime.middlewares.sorted(by: { $0.key < $1.key }) {
            add("middleware", name, middleware.status, middleware.members())
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static let defaults = [
        "loadBalancer.strategy: wrr", "loadBalancer.passHostHeader: true",
        "loadBalancer.responseForwarding.flushInterval: 100ms",
    ]

    private static func flat(_ path: String, _ value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            if members.isEmpty { return ["\(path): {}"] }
            return members.flatMap { flat("\(path).\($0.name)", $0.value) }
        case .array(let values):
            let isFlat = values.allSatisfy { if case .object = $0 { false } else { true } }
            if isFlat { return ["\(path): \(values.map(word).joined(separator: ", "))"] }
            return values.enumerated().flatMap { flat("\(path)[\($0)]", $1) }
        default: return ["\(path): \(word(value))"]
        }
    }

    private static func word(_ value: JSONValue) -> String {
        if case .string(let text) = value { return text }
        return String(decoding: value.text, as: UTF8.self)
    }
}
