extension TemplateFunctions {
    /// Semantic versions.
    static let versions: [String: Function] = [
        "semver": { arguments throws(TemplateError) in .version(try SemanticVersion(try arguments.string(0))) },
        "semverCompare": { arguments throws(TemplateError) in
            let constraint = try VersionConstraint(try arguments.string(0))
            return .bool(constraint.accepts(try SemanticVersion(try arguments.string(1))))
        },
    ]

    /// What a version or a time says of itself; nil: there is no such thing.
    static func method(
        _ name: String, of value: TemplateValue, _ arguments: TemplateArguments
    ) throws(TemplateError) -> TemplateValue? {
        switch value {
        case .version(let version): try method(name, of: version, arguments)
        case .time(let time): try method(name, of: time, arguments)
        case .missing, .bool, .int, .float, .string, .list, .dictionary: nil
        }
    }

    private static func method(
        _ name: String, of version: SemanticVersion, _ arguments: TemplateArguments
    ) throws(TemplateError) -> TemplateValue? {
        let takesVersion = ["Compare", "Equal", "GreaterThan", "LessThan"].contains(name)
        try arguments.expect(takesVersion ? 1...1 : 0...0)
        if takesVersion {
            let value = try arguments.value(0)
            guard case .version(let other) = value else {
                throw TemplateError("wrong type for argument 1; expected *semver.Version; got \(value.kind)")
            }
            let order = version.compare(other)
            switch name {
            case "Equal": return .bool(order == 0)
            case "GreaterThan": return .bool(order > 0)
            case "LessThan": return .bool(order < 0)
            default: return .int(order)
            }
        }
        switch name {
        case "Major": return .int(Int(clamping: version.major))
        case "Minor": return .int(Int(clamping: version.minor))
        case "Patch": return .int(Int(clamping: version.patch))
        case "Prerelease": return .string(version.prerelease)
        case "Metadata": return .string(version.metadata)
        case "Original": return .string(version.original)
        case "String": return .string(version.text)
        default: return nil
        }
    }

    private static func method(
        _ name: String, of time: TemplateTime, _ arguments: TemplateArguments
    ) throws(TemplateError) -> TemplateValue? {
        if name == "Format" {
            try arguments.expect(1...1)
            return .string(TimeLayout(try arguments.string(0)).text(of: time))
        }
        try arguments.expect(0...0)
        let parts = time.parts
        switch name {
        case "Year": return .int(parts.year)
        case "Month": return .string(TimeLayout.months[parts.month - 1])
        case "Day": return .int(parts.day)
        case "Weekday": return .string(TimeLayout.weekdays[parts.weekday])
        case "YearDay": return .int(parts.dayOfYear)
        case "Hour": return .int(parts.hour)
        case "Minute": return .int(parts.minute)
        case "Second": return .int(parts.second)
        case "Nanosecond": return .int(Int(time.nanoseconds))
        case "Unix": return .int(Int(time.seconds))
        case "UTC": return .time(time.shown(in: .utc))
        case "String": return .string(time.text)
        default: return nil
        }
    }
}
