package import SpeculaConfiguration

/// `specula check` for everything: manifests, folders of them, and static configurations with what they point at.
package enum KubernetesCheck {
    /// Checks one file or folder.
    ///
    /// Objects that stand in a manifest without their Services are told as missing: the folder knows more than one file.
    package static func check(_ path: String, files: any FileSystem) -> [Diagnostic] {
        if (try? files.list(path)) != nil {
            let read = ManifestReader.read(folder: path, files: files)
            return (read.diagnostics + check(read.cluster ?? Cluster())).sortedByPlace
        }
        let loaded = StaticLoader.load(file: path, files: files)
        guard ManifestReader.isManifest(file: path, files: files), loaded.configuration == nil else {
            let found = ConfigurationCheck.check(file: path, files: files)
            guard let manifests = loaded.configuration?.providers.kubernetesManifests else { return found }
            return (found + check(manifests, loaded.configuration ?? StaticConfiguration(), files)).sortedByPlace
        }
        let (objects, problems) = ManifestReader.read(file: path, files: files)
        if objects.contains(where: { $0.kind == "ConfigMap" }), objects.count == 1 { return loaded.diagnostics }
        let (cluster, doubles) = ManifestReader.collect(objects)
        return (problems + doubles + check(cluster)).sortedByPlace
    }

    private static func check(
        _ manifests: KubernetesManifestsConfiguration, _ settings: StaticConfiguration, _ files: any FileSystem
    ) -> [Diagnostic] {
        switch ManifestProvider.load(manifests, entryPoints: settings.entryPoints, files: files) {
        case .loaded(let configurations, let diagnostics):
            diagnostics + ConfigurationCheck.compile(settings, configurations)
        case .failed(let diagnostics): diagnostics
        }
    }

    /// Objects alone: with Traefik's options, and every entry point that is named.
    private static func check(_ cluster: Cluster) -> [Diagnostic] {
        var options = KubernetesOptions()
        options.entryPoints = ["web": 80, "websecure": 443]
        let translation = KubernetesTranslation(cluster, options: options)
        var settings = StaticConfiguration()
        let named = translation.configurations.values.flatMap { $0.http.routers.values.flatMap(\.entryPoints) }
        for name in named + ["web", "websecure"] {
            var entryPoint = EntryPointConfiguration()
            entryPoint.address = ":0"
            settings.entryPoints[name] = entryPoint
        }
        return translation.diagnostics + ConfigurationCheck.compile(settings, translation.configurations)
    }
}
