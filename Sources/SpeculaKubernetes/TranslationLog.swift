internal import SpeculaConfiguration

/// Collects what is said about objects while they are translated.
struct TranslationLog {
    private(set) var diagnostics: [Diagnostic] = []

    /// Says something about a field of an object: `IngressRoute default/api spec.routes[0].match`.
    mutating func report(
        _ severity: Diagnostic.Severity, _ object: KubernetesObject, _ path: String, _ message: String,
        at location: Location? = nil, suggestion: String? = nil, isLoud: Bool = false, kind: FindingKind = .plain
    ) {
        var diagnostic = Diagnostic(
            severity, at: location ?? object.node.location, keyPath: "\(object.title) \(path)", message,
            suggestion: suggestion, kind: kind)
        diagnostic.isLoud = isLoud
        diagnostics.append(diagnostic)
    }

    mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    /// Reads an object's `spec`; what an API server would prune is a warning, what it would refuse is an error.
    ///
    /// - Returns: nil when it is wrong; and what is not built yet and belongs to no part of it.
    mutating func decode<Spec: ConfigurationSection>(
        _ type: Spec.Type, of object: KubernetesObject
    ) -> (spec: Spec, unsupported: [UnsupportedKey])? {
        guard let node = object.spec else {
            report(.error, object, "spec", "is missing")
            return nil
        }
        var context = DecodingContext(unsupportedKeys: .mark)
        let spec: Spec? = context.within("spec") { context in
            if node.kind == .null { return Spec() }
            return Spec.decode(node, onto: nil, &context)
        }
        var isGood = true
        for var diagnostic in context.diagnostics {
            diagnostic.keyPath = "\(object.title) \(diagnostic.keyPath)"
            if diagnostic.kind == .unknownKey {
                diagnostic.severity = .warning
                diagnostic.message = "unknown key: without effect"
            }
            if diagnostic.isError { isGood = false }
            diagnostics.append(diagnostic)
        }
        guard isGood, let spec else { return nil }
        return (spec, context.unclaimed.map { Self.titled($0, object) })
    }

    /// The same key with its object's name in front.
    static func titled(_ key: UnsupportedKey, _ object: KubernetesObject) -> UnsupportedKey {
        UnsupportedKey(keyPath: "\(object.title) \(key.keyPath)", location: key.location)
    }
}
