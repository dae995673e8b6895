package import SpeculaIO
internal import SpeculaMirroring
internal import SpeculaUpstream

/// Stopping, one entry point after another or all at once: each by its own times.
extension Worker {
    /// Accepts what has connected so far, and then nobody any more; `entryPoint` nil: at all of them.
    ///
    /// What other workers hand over meanwhile is taken until `drain`, so all of them come first.
    package func stopAccepting(at entryPoint: String? = nil) {
        for entryPoint in stopping(entryPoint) { entryPoint.listener?.finish() }
    }

    /// Takes no more connections and lets those that are idle go; copies go on, and so do the other entry points.
    ///
    /// Who has connected and waits for a descriptor is still let in when one is free.
    package func drain(at entryPoint: String? = nil) {
        stopAccepting(at: entryPoint)
        for entryPoint in stopping(entryPoint) where !entryPoint.isDraining {
            entryPoint.isDraining = true
            if entryPoint.listener?.isFinishing == false { entryPoint.listener?.close() }
            for connection in connections where connection.entryPoint === entryPoint { connection.drain() }
        }
        if entryPoints.allSatisfy(\.isDraining) { beginDraining() }
    }

    /// The grace time is over: whatever is left of an entry point's connections is cut; of all of them, and the copies with
    /// them, it is counted.
    package func cut(at entryPoint: String? = nil) {
        for entryPoint in stopping(entryPoint) {
            entryPoint.listener?.close()
            for connection in connections where connection.entryPoint === entryPoint { connection.cut() }
        }
        if entryPoint == nil {
            fanOut.cut()
            upstreams.closeIdle()
            accessLog?.finish()
        }
        checkIdle()
    }

    /// The last of those who waited for a descriptor is in.
    package func finished(_ listener: Listener) {
        guard let entryPoint = entryPoints.first(where: { $0.listener === listener }), entryPoint.isDraining else {
            return
        }
        listener.close()
        checkIdle()
    }

    private func stopping(_ name: String?) -> [EntryPointRuntime] {
        guard let name else { return entryPoints }
        return entryPoints.filter { $0.settings.name == name }
    }
}
