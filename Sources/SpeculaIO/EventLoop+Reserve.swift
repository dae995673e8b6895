/// Descriptors held back, so that some listeners go on when all the others are in use.
///
/// They are open, so that no other thread and no connection to a server can take them. One is given up when a listener that
/// uses the reserve finds none free; the others accept nobody before the reserve is whole again.
extension EventLoop {
    /// Whether a reserve is held from now on: someone uses it.
    package func keepReserve(_ isKept: Bool) {
        reserve.wanted = isKept ? limits.reservedDescriptors : 0
        reserve.held = network.holdBack(reserve.wanted)
    }

    /// Makes the reserve whole; false where descriptors lack.
    @discardableResult
    func fillReserve() -> Bool {
        if reserve.held < reserve.wanted { reserve.held = network.holdBack(reserve.wanted) }
        return reserve.held >= reserve.wanted
    }

    /// Makes one descriptor of the reserve free; false when there is none left.
    func openReserve() -> Bool {
        guard reserve.held > 0 else { return false }
        reserve.held = network.holdBack(reserve.held - 1)
        return true
    }
}
