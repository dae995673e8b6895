package import SpeculaConfiguration

/// `specula check` for everything: manifests, folders of them or of dynamic files, and static configurations with what they point at.
package enum KubernetesCheck {
    /// Checks one file or folder.
    ///
    /// Of objects alone, what only their cluster knows is not missed; the folder of `providers.kubernetesManifests` is all there is.
    package static func check(_ path: String, files: any FileSystem) -> [Diagnostic] {
        if (try? files.list(path)) != nil {
            if let found = ConfigurationCheck.check(folder: path, files: files) { return found }
            let read = ManifestReader.read(folder: path, files: files)
            if read.cluster?.isEmpty == true, read.diagnostics.isEmpty {
                // Nothing wrong is not the same as nothing read.
                return [Diagnostic(.warning, at: Location(source: path), "holds no configuration and no manifest")]
            }
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
        let absent = AbsentKinds(cluster.objects)
        var options = KubernetesOptions()
        options.allowEmptyServices = absent.hasNoEndpoints
        options.entryPoints = ["web": 80, "websecure": 443]
        let translation = KubernetesTranslation(cluster, options: options)
        var settings = StaticConfiguration()
        let named = translation.configurations.values.flatMap { $0.http.routers.values.flatMap(\.entryPoints) }
        for name in named + ["web", "websecure"] {
            var entryPoint = EntryPointConfiguration()
            entryPoint.address = ":0"
            settings.entryPoints[name] = entryPoint
        }
        let found = translation.diagnostics + ConfigurationCheck.compile(settings, translation.configurations)
        let open = Set(found.compactMap { absent.kind(behind: $0) }).sorted()
        return found.filter { absent.kind(behind: $0) == nil }
            + open.map {
                Diagnostic(.warning, "there is no \($0) among these objects: references to one are not checked")
            }
    }
}
