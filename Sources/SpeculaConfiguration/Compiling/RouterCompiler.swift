internal import SpeculaRouting

/// A router on its way into the snapshot.
struct RouterDraft {
    /// Qualified; with the entry point in front when a model set it apart.
    var name: String
    var configuration: RouterConfiguration
    var rule: Rule?
    var errors: [(message: String, disables: Bool)] = []
    var using: [String] = []

    var isEnabled: Bool { !errors.contains { $0.disables } }

    /// The service it names, qualified.
    var serviceName: String { QualifiedName.of(configuration.service, in: QualifiedName.provider(of: name)) }
}

/// Fills in what routers leave out, sets them apart by entry point, and checks what can be checked without services.
struct RouterCompiler {
    let settings: StaticConfiguration
    /// Qualified names of middlewares that exist; the value says whether they work.
    let middlewares: [String: Bool]
    /// Somebody has defined `tls.options.default`, which holds for every router with TLS.
    let hasDefaultTLSOptions: Bool
    private(set) var diagnostics: [Diagnostic] = []

    init(settings: StaticConfiguration, middlewares: [String: Bool], hasDefaultTLSOptions: Bool) {
        self.hasDefaultTLSOptions = hasDefaultTLSOptions
        self.settings = settings
        self.middlewares = middlewares
    }

    /// Entry points of routers that name none.
    private var defaultEntryPoints: [String] {
        let chosen = settings.entryPoints.filter(\.value.asDefault).keys
        if !chosen.isEmpty { return chosen.sorted() }
        return settings.entryPoints.keys.filter { $0 != "traefik" }.sorted()
    }

    /// All routers of all providers, in the order of their names.
    mutating func compile(_ routers: [String: RouterConfiguration]) -> [RouterDraft] {
        let standard = defaultEntryPoints
        var drafts: [RouterDraft] = []
        drafts.reserveCapacity(routers.count)
        for (name, router) in routers {
            var router = router
            let provider = QualifiedName.provider(of: name)
            if router.entryPoints.isEmpty { router.entryPoints = standard }
            router.middlewares = router.middlewares.map { QualifiedName.of($0, in: provider) }
            for (name, router) in applyModels(name, router) {
                drafts.append(RouterDraft(name: name, configuration: router))
            }
        }
        drafts.sort { $0.name < $1.name }
        for index in drafts.indices { check(&drafts[index]) }
        return drafts
    }

    /// An entry point that says something about its routers gets routers of its own.
    private func applyModels(_ name: String, _ router: RouterConfiguration) -> [(String, RouterConfiguration)] {
        var result: [(String, RouterConfiguration)] = []
        var plain: [String] = []
        for entryPoint in router.entryPoints {
            guard let model = settings.entryPoints[entryPoint], model.isModel else {
                plain.append(entryPoint)
                continue
            }
            var copy = router
            copy.entryPoints = [entryPoint]
            copy.observability = (router.observability ?? .init()).inheriting(from: model.observability)
            if copy.tls == nil { copy.tls = model.http.tls }
            result.append((router.entryPoints.count > 1 ? "\(entryPoint)-\(name)" : name, copy))
        }
        if !plain.isEmpty || router.entryPoints.isEmpty {
            var rest = router
            rest.entryPoints = plain
            rest.observability = (router.observability ?? .init()).inheriting(from: nil)
            result.append((name, rest))
        }
        return result
    }

    private mutating func check(_ draft: inout RouterDraft) {
        for entryPoint in draft.configuration.entryPoints {
            if settings.entryPoints[entryPoint] != nil {
                draft.using.append(entryPoint)
            } else {
                add(
                    "entryPoint \"\(entryPoint)\" doesn't exist", "entryPoints", to: &draft, disables: false,
                    kind: .missing(.entryPoint, entryPoint))
            }
        }
        draft.using.sort()
        guard !draft.using.isEmpty else {
            add("no valid entryPoint for this router", "entryPoints", to: &draft, kind: .noEntryPoint)
            return
        }
        let router = draft.configuration
        if router.priority == 0 { draft.configuration.priority = Rule.defaultPriority(of: router.rule) }
        let isInternal = draft.name.hasSuffix("@internal")
        if router.priority > InternalProvider.maxUserPriority, !isInternal {
            let most = InternalProvider.maxUserPriority
            add(
                "the router priority \(router.priority) exceeds the max user-defined priority \(most)", "priority",
                to: &draft)
        }
        for key in router.unsupported {
            draft.errors.append((key.message, true))
            diagnostics.append(
                Diagnostic(
                    .error, at: key.location, keyPath: key.keyPath, "not supported yet", kind: .notSupported))
        }
        if let tls = router.tls { check(tls, of: &draft) }
        if router.ruleSyntax == .v2 {
            add("ruleSyntax v2 is not supported", "ruleSyntax", to: &draft, kind: .notSupported)
        }
        for middleware in router.middlewares where !isInternal { check(middleware, of: &draft) }
        if router.service.isEmpty, router.unsupported.isEmpty {
            add("router must have either a service or child routers", "service", to: &draft)
        }
        parse(&draft)
    }

    private mutating func check(_ tls: RouterTLSConfiguration, of draft: inout RouterDraft) {
        if !tls.options.isEmpty, tls.options != "default" {
            add("tls.options \"\(tls.options)\" is not supported yet", "tls", to: &draft, kind: .notSupported)
        } else if hasDefaultTLSOptions {
            add("tls.options.default is not supported yet", "tls", to: &draft, kind: .notSupported)
        }
    }

    private mutating func check(_ middleware: String, of draft: inout RouterDraft) {
        switch middlewares[middleware] {
        case nil:
            add(
                "middleware \"\(middleware)\" does not exist", "middlewares", to: &draft,
                kind: .missing(.middleware, middleware))
        case false:
            add(
                "middleware \"\(middleware)\" is not supported yet", "middlewares", to: &draft,
                kind: .disabled(.middleware, middleware, because: [.notSupported]))
        case true: break
        }
    }

    private mutating func parse(_ draft: inout RouterDraft) {
        do {
            draft.rule = try Rule(parsing: draft.configuration.rule)
        } catch {
            add(
                "error while parsing rule \(draft.configuration.rule): \(error.message), at character \(error.offset + 1)",
                "rule", to: &draft, kind: .badRule(isEmpty: draft.configuration.rule.allSatisfy(\.isWhitespace)))
        }
    }

    private mutating func add(
        _ message: String, _ key: String, to draft: inout RouterDraft, disables: Bool = true,
        kind: FindingKind = .plain
    ) {
        draft.errors.append((message, disables))
        report(message, key, of: draft, kind: kind)
    }

    /// Reports something about a router that was found elsewhere.
    mutating func report(
        _ message: String, _ key: String, of draft: RouterDraft, kind: FindingKind = .plain
    ) {
        let name = draft.name.dropLast(QualifiedName.provider(of: draft.name).utf8.count + 1)
        let origin = draft.configuration.origin
        diagnostics.append(
            Diagnostic(
                .error, at: origin.location(key),
                keyPath: origin.keyPath([key], default: "http.routers.\(name).\(key)"), message, kind: kind))
    }
}

extension EntryPointConfiguration {
    /// True when its routers are set apart from those of other entry points.
    var isModel: Bool { observability != nil || http.encodedCharacters != nil || http.tls != nil }
}
