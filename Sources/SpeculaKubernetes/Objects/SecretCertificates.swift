internal import SpeculaConfiguration

/// Certificates that stand in Secrets, `tls.crt` and `tls.key`, or in ConfigMaps and Secrets, `ca.crt`.
struct SecretCertificates {
    let cluster: Cluster

    /// Why a Secret cannot be used, in Traefik's words.
    struct Failure: Error {
        let message: String
        var kind = FindingKind.plain
    }

    /// The certificate and key of a Secret.
    func certificate(_ namespace: String, _ name: String) throws(Failure) -> CertificateConfiguration {
        guard let secret = cluster.object("", "Secret", namespace, name) else {
            throw Failure(
                message: "secret \(namespace)/\(name) does not exist", kind: .missing(.secret, "\(namespace)/\(name)"))
        }
        let certificate = content("tls.crt", of: secret)
        let key = content("tls.key", of: secret)
        let missing = [("tls.crt", certificate), ("tls.key", key)].filter { $0.1 == nil }.map(\.0)
        guard let certificate, let key else {
            throw Failure(
                message: "secret \(namespace)/\(name) is missing the following TLS data entries: "
                    + missing.joined(separator: ", "))
        }
        return CertificateConfiguration(
            certificate: certificate, key: key, origin: secret.origin(ofAllBelow: secret.node, at: "data"))
    }

    /// Who vouches for servers: `tls.ca` or `ca.crt` of a Secret, `ca.crt` of a ConfigMap.
    func authority(_ kind: String, _ namespace: String, _ name: String) throws(Failure) -> String {
        guard let object = cluster.object("", kind, namespace, name) else {
            throw Failure(
                message: "\(kind.lowercased()) \(namespace)/\(name) does not exist",
                kind: .missing(kind == "Secret" ? .secret : .configMap, "\(namespace)/\(name)"))
        }
        let keys = kind == "Secret" ? ["tls.ca", "ca.crt"] : ["ca.crt"]
        for key in keys {
            if let found = content(key, of: object) { return found }
        }
        throw Failure(
            message: "\(kind.lowercased()) \(namespace)/\(name) is missing \(keys.joined(separator: " or "))")
    }

    /// One entry; in Base64 under `data` of a Secret, as it is elsewhere.
    private func content(_ key: String, of object: KubernetesObject) -> String? {
        if let plain = object.node.value(named: "stringData")?.string(key) { return plain }
        guard let text = object.node.value(named: "data")?.string(key) else { return nil }
        if object.kind != "Secret" { return text }
        let packed = String(text.unicodeScalars.filter { !$0.properties.isWhitespace })
        return Base64.decode(packed).map { String(decoding: $0, as: UTF8.self) }
    }
}
