/// What files of certificates held when they were last good, for whoever reads them again and again.
///
/// Certificate and key are two files, which nobody can replace at one moment: read in between, they do not match. What was good
/// before counts until they do, as long as the configuration names the same paths. Traefik shows its default certificate meanwhile.
struct CertificateMemory: Sendable, Equatable {
    /// The two files of a pair.
    struct Paths: Sendable, Hashable {
        var certificate: String
        var key: String
    }

    private var pairs: [Paths: CertificateConfiguration.Pair] = [:]
    /// By the path of their file.
    private var roots: [String: String] = [:]

    init(roots: [String: String] = [:]) { self.roots = roots }

    /// What counts of a pair that was read: itself, where it can be used or nothing better is known, else what it was before.
    ///
    /// - Parameters:
    ///   - pair: As it was read.
    ///   - paths: Of its files.
    ///   - failure: Why one of them could not be read.
    /// - Returns: What it was before says why, in `problem`.
    mutating func settle(
        _ pair: CertificateConfiguration.Pair, of paths: Paths, failure: String?
    ) -> CertificateConfiguration.Pair {
        let last = pairs[paths]
        guard pair != last else { return pair }
        let problem = failure ?? CertificateCheck.problem(certificate: pair.certificate, key: pair.key)
        if problem == nil { pairs[paths] = pair }
        guard problem != nil, var last else { return pair }
        last.problem = problem
        return last
    }

    /// The same for certificates that vouch for servers.
    mutating func settle(
        _ text: String, of path: String, failure: String?
    ) -> ServersTransportConfiguration.RootCA {
        guard text != roots[path] else { return ServersTransportConfiguration.RootCA(text: text) }
        if failure == nil, CertificateCheck.holdsCertificate(text) {
            roots[path] = text
            return ServersTransportConfiguration.RootCA(text: text)
        }
        guard let last = roots[path] else { return ServersTransportConfiguration.RootCA(text: text) }
        return ServersTransportConfiguration.RootCA(
            text: last, problem: failure ?? CertificateCheck.noCertificate)
    }

    /// Forgets all files but these.
    mutating func keep(pairs: Set<Paths>, roots: Set<String>) {
        self.pairs = self.pairs.filter { pairs.contains($0.key) }
        self.roots = self.roots.filter { roots.contains($0.key) }
    }
}
