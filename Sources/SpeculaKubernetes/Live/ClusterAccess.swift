package import SpeculaClient
package import SpeculaConfiguration

/// Where the API server is and how we prove who we are.
package struct ClusterCredentials: Sendable, Equatable {
    package var endpoint: ClientEndpoint
    package var token: String?
    /// Whom to trust and our certificate, for `https`.
    package var tls = ClientTLS()
}

/// Finds the credentials, and reads them anew for every request: tokens rotate, certificates are renewed.
///
/// As in Traefik: in a pod its service account, else the file that `KUBECONFIG` names, else `endpoint`, `token` and
/// `certAuthFilePath`.
package struct ClusterAccess: Sendable {
    private enum Source: Sendable {
        case pod(ClientEndpoint)
        case kubeconfig(path: String)
        case settings(ClientEndpoint, token: String, authorities: String)
    }

    package static let accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    private let source: Source
    private let files: any FileSystem
    private let folder: String

    /// - Parameters:
    ///   - endpoint: may be empty.
    ///   - token: a token, or the path of a file with one; may be empty.
    ///   - certAuthFilePath: may be empty.
    ///   - environment: of the process.
    ///   - files: where credentials are read.
    ///   - folder: where a pod finds its service account.
    /// - Throws: what is wrong with the settings.
    package init(
        endpoint: String, token: String, certAuthFilePath: String, environment: [String: String],
        files: any FileSystem, folder: String = Self.accountFolder
    ) throws(ClusterFailure) {
        self.files = files
        self.folder = folder
        if let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        {
            let address = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            source = .pod(try Self.parsed(endpoint.isEmpty ? "https://\(address):\(port)" : endpoint))
        } else if let path = environment["KUBECONFIG"]?.split(separator: ":").first {
            source = .kubeconfig(path: String(path))
        } else {
            guard !endpoint.isEmpty else {
                throw .credentials("neither in a pod, nor KUBECONFIG, nor an endpoint: where is the API server?")
            }
            source = .settings(try Self.parsed(endpoint), token: token, authorities: certAuthFilePath)
        }
    }

    /// Refuses at the start what is the same at each later reading; files that cannot be read yet may come.
    package func check() throws(ClusterFailure) {
        do {
            _ = try credentials()
        } catch {
            if case .unsupported = error { throw error }
        }
    }

    /// The credentials as they are now.
    func credentials() throws(ClusterFailure) -> ClusterCredentials {
        switch source {
        case .pod(let endpoint):
            var made = ClusterCredentials(endpoint: endpoint)
            made.token = try line("\(folder)/token")
            if endpoint.isTLS { made.tls.authorities = try text("\(folder)/ca.crt") }
            return made
        case .kubeconfig(let path):
            return try KubeConfig.credentials(try text(path), path: path, files: files)
        case .settings(let endpoint, let token, let authorities):
            var made = ClusterCredentials(endpoint: endpoint)
            if !token.isEmpty { made.token = files.exists(token) ? try line(token) : token }
            if !authorities.isEmpty { made.tls.authorities = try text(authorities) }
            return made
        }
    }

    private func text(_ path: String) throws(ClusterFailure) -> String { try Self.text(path, files) }

    private func line(_ path: String) throws(ClusterFailure) -> String { Self.trimmed(try text(path)) }

    static func text(_ path: String, _ files: any FileSystem) throws(ClusterFailure) -> String {
        do {
            return String(decoding: try files.read(path, limit: 1 << 20), as: UTF8.self)
        } catch {
            throw .credentials("\(error)")
        }
    }

    static func trimmed(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }

    static func parsed(_ endpoint: String) throws(ClusterFailure) -> ClientEndpoint {
        guard let parsed = ClientEndpoint(endpoint) else {
            throw .credentials("\"\(endpoint)\" is no address of an API server: expected https://host:port")
        }
        return parsed
    }
}
