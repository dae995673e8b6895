internal import SpeculaRouting

/// Turns the certificates of all providers into one plan.
enum TLSCompiler {
    static func compile(_ dynamic: [String: DynamicConfiguration]) -> (plan: TLSPlan, diagnostics: [Diagnostic]) {
        var certificates: [CertificatePlan] = []
        var diagnostics: [Diagnostic] = []
        var defaults: [(provider: String, store: TLSStoreConfiguration)] = []
        for (provider, configuration) in dynamic.sorted(by: { $0.key < $1.key }) {
            let tls = configuration.tls
            for (position, certificate) in tls.certificates.enumerated() {
                if let plan = plan(certificate, "tls.certificates[\(position)]", &diagnostics) {
                    certificates.append(plan)
                }
            }
            for (name, store) in tls.stores.sorted(by: { $0.key < $1.key }) {
                for key in store.unsupported {
                    diagnostics.append(
                        Diagnostic(
                            .warning, at: key.location, keyPath: key.keyPath, "not supported yet: without effect",
                            kind: .notSupported))
                }
                if name == "default" {
                    defaults.append((provider, store))
                } else {
                    diagnostics.append(
                        Diagnostic(
                            .warning, at: store.origin.location(), keyPath: "tls.stores.\(name)",
                            "without effect: there is one store, default"))
                }
            }
            for (name, options) in tls.options.sorted(by: { $0.key < $1.key }) {
                diagnostics.append(
                    Diagnostic(
                        .warning, at: options.origin.location(),
                        keyPath: options.origin.keyPath([], default: "tls.options.\(name)"),
                        "not supported yet: routers that use it are disabled", kind: .notSupported))
            }
        }
        if defaults.count > 1 {
            let names = defaults.map(\.provider).joined(separator: ", ")
            diagnostics.append(
                Diagnostic(
                    .error, at: defaults[1].store.origin.location(),
                    keyPath: defaults[1].store.origin.keyPath([], default: "tls.stores.default"),
                    "Default TLS Stores defined in multiple providers: \(names): without effect"))
            defaults = []
        }
        let fallback = defaults.first?.store.defaultCertificate.flatMap {
            plan($0, "tls.stores.default.defaultCertificate", &diagnostics)
        }
        return (TLSPlan(certificates: certificates, defaultCertificate: fallback), diagnostics)
    }

    /// The plan of a certificate that can be used, or could be when it was read before.
    static func plan(
        _ certificate: CertificateConfiguration, _ keyPath: String, _ diagnostics: inout [Diagnostic]
    ) -> CertificatePlan? {
        let pair = certificate.pair
        let problem = CertificateCheck.problem(certificate: pair.certificate, key: pair.key)
        if let told = problem ?? pair.problem {
            let stays = problem == nil ? ": the certificate read before stays in force" : ""
            diagnostics.append(
                Diagnostic(
                    .error, at: certificate.origin.location(),
                    keyPath: certificate.origin.keyPath([], default: keyPath),
                    "Unable to parse certificate \(shown(certificate)): \(told)\(stays)"))
        }
        guard problem == nil else { return nil }
        return CertificatePlan(certificate: pair.certificate, key: pair.key)
    }

    /// Its path; nothing of what is in it.
    private static func shown(_ certificate: CertificateConfiguration) -> String {
        certificate.certFile.utf8.contains(UInt8(ascii: "\n")) ? "in PEM" : certificate.certFile
    }
}
