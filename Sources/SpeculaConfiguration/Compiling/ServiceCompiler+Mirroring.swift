internal import SpeculaRouting

/// Mirroring services: the primary is needed, a mirror is not.
extension ServiceCompiler {
    mutating func compile(
        _ position: Int, _ mirroring: MirroringConfiguration, _ graph: ServiceGraph
    ) -> Outcome {
        var errors: [Reason] = []
        let primary = require(mirroring.service, of: position, ["mirroring", "service"], follows: false, &errors)
        for (number, mirror) in mirroring.mirrors.enumerated()
        where !(0...1_000_000).contains(mirror.percent.millionths) {
            let message = "percent must be between 0 and 100"
            errors.append(Reason(message))
            report(.error, position, message, ["mirroring", "mirrors", number, "percent"])
        }
        if let size = mirroring.maxBodySize, size < -1 {
            let message = "maxBodySize must be -1 or more"
            report(.warning, position, message, ["mirroring", "maxBodySize"])
        }
        guard errors.isEmpty, let primary else { return .failed(errors) }
        var height = primary.height
        let mirrors = mirroring.mirrors.enumerated().map { number, mirror in
            mirrorPlan(mirror, number, of: position, graph, &height)
        }
        let plan = MirroringPlan(
            primary: primary.index, mirrors: mirrors, mirrorsBody: mirroring.mirrorBody ?? true,
            maxBodySize: max(-1, mirroring.maxBodySize ?? -1), propagatesHealth: mirroring.healthCheck != nil)
        let problem =
            mirroring.healthCheck == nil
            ? "healthCheck not enabled in config for this mirroring service" : primary.updaterProblem
        return ready(position, .mirroring(plan), height: height + 1, problem)
    }

    /// A mirror that cannot be is dropped, loudly, and the route goes on.
    private mutating func mirrorPlan(
        _ mirror: MirrorConfiguration, _ number: Int, of position: Int, _ graph: ServiceGraph, _ height: inout Int
    ) -> MirrorPlan {
        let name = qualified(mirror.name, position)
        var reasons = mirror.unsupported.map(\.reason)
        var service: ServiceIndex?
        if !mirror.problems.isEmpty {
            warnings[position, default: []] += mirror.problems.map {
                "the mirror \"\(name)\" gets no copies: \($0.message)"
            }
        } else if let child = positions[name], graph.isLoop(mirror: child, of: position) {
            reasons.append(
                Reason("copies for \"\(name)\" would come back to \"\(names[position])\"", .mentions([name])))
        } else {
            switch lookUp(name) {
            case .failed(let errors): reasons += errors
            case .ready(let ready):
                if ready.height >= Self.maxDepth {
                    reasons.append(Reason("services are nested deeper than \(Self.maxDepth)"))
                } else if reasons.isEmpty {
                    service = ready.index
                    height = max(height, ready.height)
                }
            case .pending: break
            }
        }
        for reason in reasons {
            let message = "the mirror \"\(name)\" gets no copies: \(reason.message)"
            warnings[position, default: []].append(message)
            report(
                .warning, position, message, ["mirroring", "mirrors", number, "name"], isLoud: true,
                kind: .noCopies(for: name, because: [reason.kind]))
        }
        return MirrorPlan(
            name: name, service: service, ratioMillionths: Int32(mirror.percent.millionths), methods: mirror.methods,
            timeout: mirror.timeout, maxInFlight: mirror.maxInFlight, maxResponseBytes: mirror.maxResponseBytes,
            options: mirror.options)
    }
}

extension MirrorConfiguration {
    /// What is beside Traefik's keys, as the data plane reads it.
    fileprivate var options: MirrorOptions {
        var options = MirrorOptions()
        options.sampleKey = sample?.plan ?? .counter
        options.rate = rateLimit?.plan
        options.removedFields = (headers?.remove ?? []) + (credentials == .strip ? MirrorCredentials.fields : [])
        options.setFields = (headers?.set ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        options.comparison = compare?.plan
        return options
    }
}
