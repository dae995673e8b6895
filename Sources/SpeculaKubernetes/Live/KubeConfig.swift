internal import SpeculaClient
internal import SpeculaConfiguration

/// Reads a kubeconfig file: the cluster and the user of its current context.
enum KubeConfig {
    static func credentials(
        _ text: String, path: String, files: any FileSystem
    ) throws(ClusterFailure) -> ClusterCredentials {
        let (trees, problems) = ConfigurationDocument.parseAll(Array(text.utf8), path: path)
        guard let root = trees.first?.root, !problems.containsErrors else {
            throw .credentials(problems.first.map { "\($0)" } ?? "\(path): is empty")
        }
        guard let current = root.string("current-context") else {
            throw .credentials("\(path): no current-context is set")
        }
        let context = try entry("contexts", current, "context", root, path)
        let cluster = try entry("clusters", context.string("cluster") ?? "", "cluster", root, path)
        guard let server = cluster.string("server") else { throw .credentials("\(path): the cluster has no server") }
        var made = ClusterCredentials(endpoint: try ClusterAccess.parsed(server))
        made.tls.authorities = try material("certificate-authority", cluster, path, files)
        made.tls.serverName = cluster.string("tls-server-name")
        made.tls.skipsVerification = cluster.truth("insecure-skip-tls-verify") ?? false
        try refuse(["proxy-url"], in: cluster, "cluster", "the API server must be reached directly", path)
        guard let name = context.string("user") else { return made }
        let user = try entry("users", name, "user", root, path)
        try refuse(unsupported, in: user, "user \(name)", "use a token or a certificate", path)
        made.token = user.string("token")
        if let file = user.string("tokenFile") {
            made.token = ClusterAccess.trimmed(try ClusterAccess.text(resolved(file, beside: path), files))
        }
        made.tls.certificate = try material("client-certificate", user, path, files)
        made.tls.key = try material("client-key", user, path, files)
        guard (made.tls.certificate == nil) == (made.tls.key == nil) else {
            throw .credentials("\(path): user \(name) needs both, client-certificate and client-key")
        }
        return made
    }

    /// What says in another way who a user is: it must not be overlooked, least of all who it acts as.
    private static let unsupported = [
        "exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra",
    ]

    private static func refuse(
        _ keys: [String], in node: Node, _ title: String, _ advice: String, _ path: String
    ) throws(ClusterFailure) {
        for key in keys {
            guard let value = node.value(named: key), value.count > 0 || !value.text.isEmpty, value.kind != .null
            else { continue }
            throw .unsupported("\(path): \(key) of \(title) is not supported: \(advice)")
        }
    }

    private static func entry(
        _ list: String, _ name: String, _ key: String, _ root: Node, _ path: String
    ) throws(ClusterFailure) -> Node {
        for node in root.list(list) where node.string("name") == name {
            if let value = node.value(named: key) { return value }
        }
        throw .credentials("\(path): there is no \(key) \"\(name)\"")
    }

    /// PEM out of a file, or out of the text itself under `…-data`.
    private static func material(
        _ key: String, _ node: Node, _ path: String, _ files: any FileSystem
    ) throws(ClusterFailure) -> String? {
        if let data = node.string("\(key)-data") {
            guard let bytes = Base64.decode(data.filter { !$0.isWhitespace }) else {
                throw .credentials("\(path): \(key)-data is no base64")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let file = node.string(key) else { return nil }
        return try ClusterAccess.text(resolved(file, beside: path), files)
    }

    /// Relative paths are relative to the kubeconfig's folder.
    private static func resolved(_ file: String, beside path: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return path[...slash] + file
    }
}
