package import SpeculaRouting

/// `mirroring.mirrors[].sample`: what decides which requests belong to the share.
package struct MirrorSampleConfiguration: ConfigurationSection {
    package enum Key: String, Word { case counter, header, cookie, clientIP }

    package var by = Key.counter
    package var name = ""

    package init() {}

    package static let schema = Schema<Self>(
        Field(
            "by", \.by, ours: true,
            "`counter`: every n-th request, as Traefik; `header`, `cookie`, `clientIP`: all or none of the requests of one value, "
                + "the same on every replica; requests without one are counted."),
        Field("name", \.name, ours: true, "The field or the cookie.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        let needsName = by == .header || by == .cookie
        guard needsName == name.isEmpty || by == .header && !FieldName.isValid(name) else { return }
        let place = node.value(named: "name") ?? node
        context.within("name") {
            $0.error(
                place,
                !needsName
                    ? "only sampling by header or cookie has a name"
                    : name.isEmpty ? "sampling by \(by.rawValue) needs a name" : "\"\(name)\" is no name of a field")
        }
    }

    /// As the data plane reads it.
    package var plan: MirrorSampleKey {
        switch by {
        case .counter: .counter
        case .header: .header(Array(name.lowercased().utf8))
        case .cookie: .cookie(Array(name.utf8))
        case .clientIP: .clientIP
        }
    }
}

/// `mirroring.mirrors[].rateLimit`: so many copies a second in the whole process.
package struct MirrorRateConfiguration: ConfigurationSection {
    package var average = 0
    package var burst = 1

    package init() {}

    package static let schema = Schema<Self>(
        Field("average", \.average, ours: true, "Copies a second."),
        Field("burst", \.burst, ours: true, "Copies that may come at once.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        for (key, value) in [("average", average), ("burst", burst)] where !(1...1_000_000_000).contains(value) {
            let place = node.value(named: key) ?? node
            context.within(key) { $0.error(place, "must be more than zero, and at most a thousand million") }
        }
    }

    /// As the data plane reads it.
    package var plan: MirrorRatePlan { MirrorRatePlan(average: average, burst: burst) }
}

/// `mirroring.mirrors[].headers`: how copies differ from the primary's request.
package struct MirrorHeadersConfiguration: ConfigurationSection {
    package var set: [String: String] = [:]
    package var remove: [String] = []

    package init() {}

    package static let schema = Schema<Self>(
        Field("set", \.set, ours: true, "Fields put into copies, instead of those of the same name."),
        Field("remove", \.remove, ours: true, "Fields taken out of copies.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        for (key, names) in [("set", set.keys.sorted()), ("remove", remove)] {
            for name in names {
                guard let fault = FieldName.fault(of: name) else { continue }
                let place = node.value(named: key) ?? node
                context.within(key) { $0.error(place, fault) }
            }
        }
    }
}

/// Whether copies carry what lets their reader act as the client.
package enum MirrorCredentials: String, Word {
    case forward, strip

    /// The fields that `strip` takes out.
    package static let fields = ["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"]
}

/// Names of fields as an operator may write them.
enum FieldName {
    private static let framing: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect",
    ]
    private static let marks = Set("!#$%&'*+-.^_`|~".utf8)

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || marks.contains(byte)
            }
    }

    /// What is wrong with editing a field of this name.
    static func fault(of name: String) -> String? {
        if !isValid(name) { return "\"\(name)\" is no name of a field" }
        switch name.lowercased() {
        case "host": return "Host cannot be edited: use passHostHeader of the mirror's loadBalancer"
        case "x-specula-mirrored": return "\(name) cannot be edited: copies that come back are known by it"
        case let known where framing.contains(known): return "\(name) cannot be edited: it frames the message"
        default: return nil
        }
    }
}
