internal import Glibc

/// What templates may know of the world.
package struct TemplateEnvironment: Sendable {
    /// The value of an environment variable.
    package var variable: @Sendable (String) -> String?

    /// The present, since 1970.
    package var present: @Sendable () -> Duration
    /// A file of the time zone database, by its zone's name.
    package var zoneFile: @Sendable (String) -> [UInt8]?
    /// Bytes and items of all values that one run works on, each as often as it is made or given to a function.
    package var maxWork = 64 << 20

    package init(
        variable: @escaping @Sendable (String) -> String?, present: @escaping @Sendable () -> Duration,
        zoneFile: @escaping @Sendable (String) -> [UInt8]?
    ) {
        self.variable = variable
        self.present = present
        self.zoneFile = zoneFile
    }

    /// This process's environment.
    package static let process = TemplateEnvironment(
        variable: { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        },
        present: {
            var time = timespec()
            _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        },
        zoneFile: { name in
            let path = name == "Local" ? "/etc/localtime" : "/usr/share/zoneinfo/\(name)"
            return try? LocalFiles().read(path, limit: 1 << 20)
        })

    var presentTime: TemplateTime {
        let (seconds, attoseconds) = present().components
        return TemplateTime(
            seconds: seconds, nanoseconds: attoseconds / 1_000_000_000, zone: zone("Local") ?? .utc)
    }

    /// The rules of a zone, `Local` among them, which `TZ` names; nil: nobody knows it.
    func zone(_ name: String) -> ZoneRules? {
        switch name {
        case "", "UTC": return .utc
        case "Local":
            guard let named = variable("TZ") else { return zoneFile("Local").flatMap { ZoneRules(file: $0) } }
            let name = named.hasPrefix(":") ? String(named.dropFirst()) : named
            return name == "Local" ? nil : zone(name)
        default:
            guard !name.hasPrefix("/"), !name.hasPrefix("\\"), !name.split(separator: "/").contains("..") else {
                return nil
            }
            return zoneFile(name).flatMap { ZoneRules(file: $0) }
        }
    }
}

/// Go templates in configuration files, as Traefik's file provider has them.
enum TemplateText {
    /// A text that a template made.
    struct Expanded {
        var text: [UInt8]
        /// For each line the line of the template that began it, from 1.
        var lines: [UInt32]
    }

    /// True when a text has anything to run.
    static func isTemplate(_ text: [UInt8]) -> Bool {
        var before: UInt8 = 0
        for byte in text {
            if byte == UInt8(ascii: "{"), before == byte { return true }
            before = byte
        }
        return false
    }

    /// Runs a text as a template; its data is `false`, as in Traefik.
    static func expand(
        _ text: [UInt8], source: String, environment: TemplateEnvironment
    ) -> Result<Expanded, Problem> {
        var runner = TemplateRunner(input: text, definitions: [:], environment: environment, data: .bool(false))
        do throws(TemplateError) {
            let parser = try TemplateParser(text) { TemplateFunctions.all[$0] != nil || $0 == "and" || $0 == "or" }
            runner = TemplateRunner(
                input: text, definitions: parser.definitions, environment: environment, data: .bool(false))
            try runner.run(parser.body, dot: .bool(false))
            return .success(Expanded(text: runner.output, lines: runner.lines))
        } catch {
            let offset = error.offset ?? 0
            let place = Location(source: source, line: runner.line(of: offset), column: runner.column(of: offset))
            return .failure(Problem(diagnostic: Diagnostic(.error, at: place, "template: \(error.message)")))
        }
    }

    /// Why a template made nothing.
    struct Problem: Error {
        let diagnostic: Diagnostic
    }
}
