extension TemplateFunctions {
    /// Functions over moments and spans of time.
    ///
    /// What asks for the present has another answer at the next reading.
    static let dates: [String: Function] = {
        var dates = plainDates
        for (old, name) in [("date_in_zone", "dateInZone"), ("date_modify", "dateModify")] { dates[old] = dates[name] }
        dates["must_date_modify"] = dates["mustDateModify"]
        return dates
    }()

    private static let plainDates: [String: Function] = [
        "now": { arguments throws(TemplateError) in .time(arguments.environment.presentTime) },
        "ago": { arguments throws(TemplateError) in
            let present = arguments.environment.presentTime
            let (seconds, attoseconds) = present.since(moment(arguments, 0)).components
            let rounded = attoseconds >= 500_000_000_000_000_000 ? 1 : attoseconds <= -500_000_000_000_000_000 ? -1 : 0
            return .string(GoDuration.text(of: .seconds(seconds + Int64(rounded))))
        },
        "date": { arguments throws(TemplateError) in
            .string(written(moment(arguments, 1), try arguments.string(0), "Local", arguments))
        },
        "dateInZone": { arguments throws(TemplateError) in
            .string(written(moment(arguments, 1), try arguments.string(0), try arguments.string(2), arguments))
        },
        "htmlDate": { arguments throws(TemplateError) in
            .string(written(moment(arguments, 0), "2006-01-02", "Local", arguments))
        },
        "htmlDateInZone": { arguments throws(TemplateError) in
            .string(written(moment(arguments, 0), "2006-01-02", try arguments.string(1), arguments))
        },
        "toDate": { arguments throws(TemplateError) in
            .time(read(try arguments.string(0), try arguments.string(1), arguments) ?? .zero)
        },
        "mustToDate": { arguments throws(TemplateError) in
            let (layout, text) = (try arguments.string(0), try arguments.string(1))
            guard let time = read(layout, text, arguments) else {
                let (shown, form) = (TemplateFormat.quoted(text), TemplateFormat.quoted(layout))
                throw TemplateError("parsing time \(shown) as \(form): cannot parse it")
            }
            return .time(time)
        },
        "unixEpoch": { arguments throws(TemplateError) in .string(String(try arguments.time(0).seconds)) },
        "dateModify": { arguments throws(TemplateError) in
            let time = try arguments.time(1)
            return .time(span(try arguments.string(0)).flatMap(time.adding) ?? time)
        },
        "mustDateModify": { arguments throws(TemplateError) in
            let (text, time) = (try arguments.string(0), try arguments.time(1))
            guard let later = span(text).flatMap(time.adding) else {
                throw TemplateError("time: invalid duration \(TemplateFormat.quoted(text))")
            }
            return .time(later)
        },
        "duration": { arguments throws(TemplateError) in
            guard let seconds = Int64(exactly: try arguments.int(0)), abs(seconds) < 9_223_372_036 else {
                throw TemplateError("duration out of range")
            }
            return .string(GoDuration.text(of: .seconds(seconds)))
        },
        "durationRound": { arguments throws(TemplateError) in .string(rounded(try span(of: arguments))) },
    ]

    /// A time, seconds since 1970, or else the present.
    private static func moment(_ arguments: TemplateArguments, _ position: Int) -> TemplateTime {
        let present = arguments.environment.presentTime
        switch position < arguments.count ? arguments.values[position] : .missing {
        case .time(let time): return time
        case .int(let seconds) where seconds.magnitude < 1 << 56:
            return TemplateTime(seconds: Int64(seconds), nanoseconds: 0, zone: present.zone)
        case .missing, .bool, .int, .float, .string, .list, .dictionary, .version: return present
        }
    }

    /// An unknown zone is UTC.
    private static func written(
        _ time: TemplateTime, _ layout: String, _ zone: String, _ arguments: TemplateArguments
    ) -> String {
        TimeLayout(layout).text(of: time.shown(in: arguments.environment.zone(zone) ?? .utc))
    }

    private static func read(_ layout: String, _ text: String, _ arguments: TemplateArguments) -> TemplateTime? {
        TimeLayout(layout).time(of: text, in: arguments.environment.zone("Local") ?? .utc)
    }

    /// A duration as Go's `time.ParseDuration` has it: a number alone is only `0`.
    private static func span(_ text: String) -> Duration? {
        if Int64(text) != nil, text != "0" { return nil }
        return GoDuration.parse(text)
    }

    private static func span(of arguments: TemplateArguments) throws(TemplateError) -> Duration {
        switch try arguments.value(0) {
        case .string(let text): span(text) ?? .zero
        case .int(let nanoseconds): .nanoseconds(Int64(nanoseconds))
        case .time(let time): arguments.environment.presentTime.since(time)
        case .missing, .bool, .float, .list, .dictionary, .version: .zero
        }
    }

    /// Its largest unit: `3mo`.
    private static func rounded(_ span: Duration) -> String {
        let (whole, attoseconds) = span.components
        let (size, hasMore) = (whole.magnitude, attoseconds != 0)
        let units: [(seconds: UInt64, name: String)] = [
            (31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s"),
        ]
        for unit in units where size > unit.seconds || size == unit.seconds && hasMore {
            return "\(size / unit.seconds)\(unit.name)"
        }
        return "0s"
    }
}

extension TemplateArguments {
    func time(_ position: Int) throws(TemplateError) -> TemplateTime {
        let value = try value(position)
        guard case .time(let time) = value else {
            throw TemplateError("wrong type for argument \(position + 1); expected time.Time; got \(value.kind)")
        }
        return time
    }
}
