internal import SpeculaConfiguration

/// `/api/overview`: how many of everything there are, and which features are on.
struct OverviewSummary {
    let reading: AdminReading

    var value: JSONValue {
        let runtime = reading.runtime
        let none = section([])
        var members: [JSONValue.Member] = [
            .init(
                "http",
                [
                    "routers": section(runtime.routers.values.map(\.status)),
                    "services": section(runtime.services.values.map(\.status)),
                    "middlewares": section(runtime.middlewares.values.map(\.status)),
                ]),
            .init("tcp", ["routers": none, "services": none, "middlewares": none]),
            .init("udp", ["routers": none, "services": none]),
            .init("certificates", none),
            .init(
                "features",
                [
                    "tracing": reading.settings.tracing == nil ? "" : "OTLP",
                    "metrics": reading.settings.metrics?.prometheus == nil ? "" : "Prometheus",
                    "accessLog": .bool(reading.settings.accessLog != nil),
                ]),
        ]
        if reading.settings.providers.file != nil { members.append(.init("providers", ["File"])) }
        return .object(members)
    }

    private func section(_ states: [RuntimeConfiguration.Status]) -> JSONValue {
        func count(_ state: RuntimeConfiguration.Status) -> JSONValue {
            .integer(Int64(states.count { $0 == state }))
        }
        return ["total": .integer(Int64(states.count)), "warnings": count(.warning), "errors": count(.disabled)]
    }
}
