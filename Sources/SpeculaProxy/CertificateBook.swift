internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaRouting
internal import Synchronization

/// The certificates in force, made ready once each; a reload that changes none keeps the context, one that does its sessions.
internal final class CertificateBook: Sendable {
    private struct State {
        var known: [CertificatePlan: TLSCertificate] = [:]
        var generated: TLSCertificate?
        var plan: TLSPlan?
        var context: TLSServerContext?
    }

    private let state = Mutex(State())
    private let log: Logger

    init(log: Logger) { self.log = log }

    /// How clients are answered by this plan; parses and makes keys: not on a loop.
    ///
    /// A certificate that cannot be used is left out and told.
    func context(for plan: TLSPlan) -> TLSServerContext? {
        state.withLock { (state: inout State) -> TLSServerContext? in
            if state.plan == plan { return state.context }
            var kept: [CertificatePlan: TLSCertificate] = [:]
            for wanted in plan.certificates + [plan.defaultCertificate].compactMap({ $0 }) {
                kept[wanted] = kept[wanted] ?? state.known[wanted] ?? make(wanted)
            }
            let certificates = plan.certificates.compactMap { kept[$0] }
            let fallback = plan.defaultCertificate.flatMap { kept[$0] }
            state.known = kept
            guard let shown = fallback ?? generated(&state) else { return state.context }
            // Requests may take as long as their entry point allows, the handshake with them.
            do throws(TLSConfigurationError) {
                state.context = try TLSServerContext(
                    certificates: certificates, default: shown, handshakeTimeout: .zero, resuming: state.context)
                state.plan = plan
            } catch {
                log.error("certificates: what was in force stays", metadata: ["error": error.description])
            }
            return state.context
        }
    }

    /// What scrapes show of the certificates in force; not the one of our own making.
    var facts: [CertificateExpiry] {
        state.withLock { state in
            let facts = Set(state.known.values.map(\.facts))
            return facts.sorted { ($0.commonName, $0.serial) < ($1.commonName, $1.serial) }.map {
                CertificateExpiry(
                    commonName: $0.commonName, serial: $0.serial, alternativeNames: $0.names,
                    notAfter: Double($0.notAfter))
            }
        }
    }

    private func make(_ plan: CertificatePlan) -> TLSCertificate? {
        do {
            return try TLSCertificate(certificate: plan.certificate, key: plan.key)
        } catch {
            log.error("certificate is not usable", metadata: ["error": error.description])
            return nil
        }
    }

    /// For clients that ask for a name nobody has a certificate for; nobody trusts it.
    private func generated(_ state: inout State) -> TLSCertificate? {
        if let made = state.generated { return made }
        do {
            state.generated = try TLSCertificate(selfSignedAs: "TRAEFIK DEFAULT CERT", name: "specula.default")
        } catch {
            log.error("no default certificate could be made", metadata: ["error": error.description])
        }
        return state.generated
    }
}
