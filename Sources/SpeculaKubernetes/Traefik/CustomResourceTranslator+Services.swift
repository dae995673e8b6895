internal import SpeculaConfiguration

// TraefikService: weighted, mirroring, highest random weight, failover.
extension CustomResourceTranslator {
    mutating func translateService(_ object: KubernetesObject) {
        guard let (spec, unsupported) = log.decode(TraefikServiceSpec.self, of: object) else { return }
        var service = ServiceConfiguration()
        service.origin = object.origin(of: object.spec, at: "spec")
        service.unsupported = unsupported
        let isMade: Bool
        if let weighted = spec.weighted {
            isMade = make(weighted, &service, object)
        } else if let mirroring = spec.mirroring {
            isMade = make(mirroring, &service, object)
        } else if let random = spec.highestRandomWeight {
            isMade = make(random, &service, object)
        } else if let failover = spec.failover {
            isMade = make(failover, &service, object)
        } else {
            log.report(.error, object, "spec", "unspecified service type", at: object.spec?.location)
            return
        }
        if isMade { http.services[ProviderNames.joined(object.namespace, object.name)] = service }
    }

    /// The name of what is referred to; nil, and told, when it cannot be used.
    private mutating func require(
        _ spec: LoadBalancerSpec, _ object: KubernetesObject, _ path: String, isPrimary: Bool = false
    ) -> String? {
        reportMisplaced(spec, object, path, isPrimary: isPrimary)
        do throws(ResolutionError) {
            let found = try resolver.resolve(spec, parent: object.namespace, nativeByDefault: false)
            if let balancer = found.balancer { keep(balancer, as: found.name, of: spec, in: object, path) }
            return found.name
        } catch {
            report(error, object, path, spec)
            return nil
        }
    }

    private mutating func children(
        _ specs: [LoadBalancerSpec], _ object: KubernetesObject, _ path: String
    ) -> [WeightedChild]? {
        var children: [WeightedChild] = []
        for (number, spec) in specs.enumerated() {
            guard let name = require(spec, object, "\(path).services[\(number)]") else { return nil }
            var child = WeightedChild()
            child.name = name
            child.weight = spec.weight ?? 1
            children.append(child)
        }
        return children
    }

    private mutating func make(
        _ spec: TraefikServiceSpec.Weighted, _ service: inout ServiceConfiguration, _ object: KubernetesObject
    ) -> Bool {
        guard let children = children(spec.services, object, "spec.weighted") else { return false }
        service.weighted = WeightedConfiguration()
        service.weighted?.services = children
        service.weighted?.sticky = spec.sticky
        return true
    }

    private mutating func make(
        _ spec: TraefikServiceSpec.HighestRandomWeight, _ service: inout ServiceConfiguration,
        _ object: KubernetesObject
    ) -> Bool {
        guard let children = children(spec.services, object, "spec.highestRandomWeight") else { return false }
        service.highestRandomWeight = HighestRandomWeightConfiguration()
        service.highestRandomWeight?.services = children
        return true
    }

    private mutating func make(
        _ spec: TraefikServiceSpec.Failover, _ service: inout ServiceConfiguration, _ object: KubernetesObject
    ) -> Bool {
        guard let primary = require(spec.service, object, "spec.failover.service"),
            let fallback = require(spec.fallback, object, "spec.failover.fallback")
        else { return false }
        service.failover = FailoverConfiguration()
        service.failover?.service = primary
        service.failover?.fallback = fallback
        var none = FailoverConfiguration.Errors()
        none.maxRequestBodyBytes = nil
        service.failover?.errors = spec.errors ?? none
        return true
    }

    private mutating func make(
        _ spec: LoadBalancerSpec, _ service: inout ServiceConfiguration, _ object: KubernetesObject
    ) -> Bool {
        service.unsupported += spec.unsupported.map { TranslationLog.titled($0, object) }
        guard let primary = require(spec, object, "spec.mirroring", isPrimary: true) else { return false }
        var mirroring = MirroringConfiguration()
        mirroring.service = primary
        mirroring.mirrorBody = spec.mirrorBody
        mirroring.maxBodySize = spec.maxBodySize
        mirroring.mirrors = spec.mirrors.enumerated().map { number, mirror in
            self.mirror(mirror, "spec.mirroring.mirrors[\(number)]", object)
        }
        service.mirroring = mirroring
        return true
    }

    /// A mirror that cannot be used stays in the set without copies: the route goes on, the books say why.
    private mutating func mirror(
        _ spec: LoadBalancerSpec, _ path: String, _ object: KubernetesObject
    ) -> MirrorConfiguration {
        reportMisplaced(spec, object, path, isMirror: true)
        var mirror = MirrorConfiguration()
        mirror.percent = spec.percent
        mirror.methods = spec.methods.map { $0.uppercased() }
        mirror.timeout = spec.timeout
        mirror.maxInFlight = spec.maxInFlight
        mirror.maxResponseBytes = spec.maxResponseBytes
        mirror.origin = spec.origin
        mirror.unsupported = spec.unsupported.map { TranslationLog.titled($0, object) }
        mirror.name = resolver.name(of: spec, parent: object.namespace)
        do throws(ResolutionError) {
            let found = try resolver.resolve(spec, parent: object.namespace, nativeByDefault: false)
            mirror.name = found.name
            guard mirror.unsupported.isEmpty, let balancer = found.balancer else { return mirror }
            keep(balancer, as: found.name, of: spec, in: object, path)
        } catch {
            if spec.isService { shortNames[mirror.name] = spec.name }
            mirror.problems.append(Reason(error.message, error.kind))
            log.report(
                .warning, object, "\(path).\(error.key)", "this mirror gets no copies: \(error.message)",
                at: spec.origin.location(error.key), suggestion: error.suggestion, isLoud: true,
                kind: .noCopies(for: mirror.name, because: [error.kind]))
        }
        return mirror
    }
}
