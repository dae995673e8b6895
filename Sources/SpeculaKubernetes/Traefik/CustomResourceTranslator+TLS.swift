internal import SpeculaConfiguration

// Certificates in Secrets, TLSStore, and what a ServersTransport says of TLS.
extension CustomResourceTranslator {
    /// Adds the certificate of a Secret, once.
    mutating func show(secret name: String, of namespace: String) throws(SecretCertificates.Failure) {
        guard !shownSecrets.contains("\(namespace)/\(name)") else { return }
        tls.certificates.append(try secrets.certificate(namespace, name))
        shownSecrets.insert("\(namespace)/\(name)")
    }

    mutating func translateStores() {
        var used: KubernetesObject?
        for object in read("TLSStore") {
            guard let (spec, unsupported) = log.decode(TLSStoreSpec.self, of: object) else { continue }
            for key in unsupported {
                log.report(
                    .warning, object, key.keyPath, "not supported yet: without effect", at: key.location,
                    kind: .notSupported)
            }
            guard object.name == "default" else {
                log.report(.warning, object, "metadata.name", "without effect: there is one store, default")
                continue
            }
            if let used {
                log.report(.error, object, "metadata.name", "the default store is defined by \(used.title), too")
                continue
            }
            used = object
            do throws(SecretCertificates.Failure) {
                if let name = spec.defaultCertificate?.secretName, !name.isEmpty {
                    var store = TLSStoreConfiguration()
                    store.defaultCertificate = try secrets.certificate(object.namespace, name)
                    store.origin = object.origin(of: object.spec, at: "spec")
                    tls.stores["default"] = store
                }
                for certificate in spec.certificates where !certificate.secretName.isEmpty {
                    try show(secret: certificate.secretName, of: object.namespace)
                }
            } catch {
                log.report(.error, object, "spec", error.message, kind: error.kind)
            }
        }
    }

    /// A transport with the contents of the Secrets and ConfigMaps that it names.
    mutating func configuration(
        of spec: ServersTransportSpec, _ object: KubernetesObject
    ) -> ServersTransportConfiguration {
        var made = spec.configuration
        made.origin = object.origin(of: object.spec, at: "spec")
        func authority(_ kind: String, _ name: String, _ path: String) {
            do throws(SecretCertificates.Failure) {
                made.rootCAs.append(try secrets.authority(kind, object.namespace, name))
            } catch {
                // A transport that asks for an authority of its own must not fall back on the system's.
                made.rootCAs.append("\(kind) \(object.namespace)/\(name)")
                log.report(.error, object, path, error.message, at: object.spec?.location, kind: error.kind)
            }
        }
        for (number, name) in spec.rootCAsSecrets.enumerated() {
            authority("Secret", name, "spec.rootCAsSecrets[\(number)]")
        }
        for (number, root) in spec.rootCAs.enumerated() {
            if !root.secret.isEmpty { authority("Secret", root.secret, "spec.rootCAs[\(number)].secret") }
            if !root.configMap.isEmpty { authority("ConfigMap", root.configMap, "spec.rootCAs[\(number)].configMap") }
        }
        for (number, name) in spec.certificatesSecrets.enumerated() {
            do throws(SecretCertificates.Failure) {
                made.certificates.append(try secrets.certificate(object.namespace, name))
            } catch {
                log.report(
                    .error, object, "spec.certificatesSecrets[\(number)]", error.message, at: object.spec?.location,
                    kind: error.kind)
            }
        }
        return made
    }
}

/// `spec` of a TLSStore.
struct TLSStoreSpec: ConfigurationSection {
    var defaultCertificate: Reference?
    var certificates: [Reference] = []

    static let schema = Schema<Self>(
        Field("defaultCertificate", \.defaultCertificate, "The Secret shown to who asks for an unknown name."),
        .unsupported("defaultGeneratedCert"),
        Field("certificates", \.certificates, "Further Secrets.")
    )

    struct Reference: ConfigurationSection {
        var secretName = ""

        static let schema = Schema<Self>(Field("secretName", \.secretName, "The Secret with the certificate."))
    }
}
