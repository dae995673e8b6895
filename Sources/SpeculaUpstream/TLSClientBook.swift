package import SpeculaIO
package import SpeculaRouting
internal import Synchronization

/// The contexts by which servers are spoken to in TLS: one for each way of doing it, kept over reloads with their sessions.
package final class TLSClientBook: Sendable {
    private let made = Mutex<[TransportTLSPlan: TLSClientContext]>([:])
    private let report: @Sendable (String) -> Void

    /// - `report`: Is told of settings that cannot be used.
    package init(report: @escaping @Sendable (String) -> Void) { self.report = report }

    /// The context for a plan; reads the system's roots where they are asked for: not on a loop.
    ///
    /// What cannot be used counts as not written, as in Traefik: then only what the system trusts is accepted.
    package func context(for plan: TransportTLSPlan) -> TLSClientContext? {
        made.withLock { made in
            if let known = made[plan] { return known }
            let context = make(plan)
            made[plan] = context
            return context
        }
    }

    private func make(_ plan: TransportTLSPlan) -> TLSClientContext? {
        let configuration = TLSClientConfiguration(
            roots: plan.rootCertificates.map { .pem($0) } ?? .system, serverName: plan.serverName,
            identities: plan.identities.map { .init(certificate: $0.certificate, key: $0.key) },
            insecureSkipVerify: plan.insecureSkipVerify)
        do {
            return try TLSClientContext(configuration)
        } catch {
            report("servers transport: TLS settings are not usable: \(error.description)")
        }
        return try? TLSClientContext(TLSClientConfiguration())
    }

    /// Forgets what no configuration in force asks for.
    package func keep(only snapshot: Snapshot) {
        let wanted = Set(snapshot.transports.map(\.tls))
        made.withLock { made in made = made.filter { wanted.contains($0.key) } }
    }
}
