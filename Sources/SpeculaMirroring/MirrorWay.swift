package import SpeculaMetrics
internal import SpeculaRouting
package import SpeculaUpstream

/// What copies are decided and sent by: everything of one snapshot that a service's number stands for.
///
/// A request's copies keep to the snapshot that it began on, in whatever order reloads come: a number means another service in
/// the next one. Bound to its loop.
package final class MirrorWay {
    /// Mirroring's own, so that a copy's way never disturbs the client's.
    internal let chooser: ServiceChooser
    internal let directory: MirrorDirectory
    private let serviceScopes: [Scope]

    package init(chooser: ServiceChooser, directory: MirrorDirectory, serviceScopes: [Scope]) {
        self.chooser = chooser
        self.directory = directory
        self.serviceScopes = serviceScopes
    }

    internal func scope(of service: ServiceIndex) -> Scope { serviceScopes[Int(service.value)] }
}

@available(*, unavailable)
extension MirrorWay: Sendable {}
