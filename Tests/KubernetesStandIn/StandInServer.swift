package import SpeculaConfiguration
package import SpeculaIO

/// The API server's side of list, watch and writing, on a loop: versions, pages, bookmarks, compaction, and faults on demand.
///
/// Bound to its loop, a real or a simulated one.
package final class StandInServer: ListenerHandler {
    package var faults = StandInFaults() { didSet { if oldValue.isMute, !faults.isMute { unmute() } } }
    package internal(set) var store = StandInStore()
    /// `traefik.io/v1alpha1 ingressroutes`, for each kind that was asked for.
    package private(set) var asked: Set<String> = []
    /// Requests that were answered, watches among them.
    package internal(set) var requests = 0
    /// Requests that `faults.unanswered` left without an answer.
    package internal(set) var unanswered = 0
    /// Writes that `faults.readOnly` refused, by plural.
    package internal(set) var refusedWrites: [String: Int] = [:]
    /// The newest first line and `Authorization`.
    package internal(set) var lastAuthorization = ""

    /// How clients are answered that speak TLS; nil: they are not.
    package var secure: TLSServerContext?

    let loop: EventLoop
    private var listener: Listener?
    private var address: SocketAddress?
    private var connections: [ObjectIdentifier: StandInConnection] = [:]
    private var random: UInt64

    package init(loop: EventLoop, seed: UInt64 = 1) {
        self.loop = loop
        random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// Starts to listen; again on the same address after `goAway`.
    ///
    /// - Returns: where.
    @discardableResult
    package func listen(on wanted: SocketAddress? = nil) throws(ListenError) -> SocketAddress {
        let target = wanted ?? address ?? SocketAddress(ipv4: 0x7f00_0001, port: 0)
        let listener = try loop.listen(on: ListenAddress(target), options: ListenOptions(), handler: self)
        self.listener = listener
        let found = listener.localAddress
        address = found
        return found
    }

    /// Like a crash: nobody listens, every connection is reset.
    package func goAway() {
        listener?.close()
        listener = nil
        dropConnections(byReset: true)
    }

    package var watches: Int { connections.values.count { $0.watch != nil } }

    // MARK: Objects

    /// Applies objects, in one turn.
    package func apply(_ objects: [JSONValue]) {
        for object in objects { store.put(object) }
        publish()
    }

    package func delete(_ plural: String, _ name: String, in namespace: String = "default") {
        let key = store.objects.keys.first {
            $0.kind.plural == plural && $0.name == name && ($0.namespace == namespace || !$0.kind.isNamespaced)
        }
        if let key { store.remove(key) }
        publish()
    }

    package func compact() { store.compact() }

    /// Tells every watch that wants to know how far it is.
    package func bookmark() {
        for connection in connections.values { connection.bookmark() }
    }

    func publish() {
        for connection in connections.values { connection.publish() }
    }

    private func unmute() {
        for connection in connections.values { connection.answerAll() }
        publish()
    }

    // MARK: Faults

    /// Ends the watches, in good order or in the middle of a chunk.
    package func endWatches(truncated: Bool = false) {
        for connection in connections.values where connection.watch != nil { connection.endWatch(truncated: truncated) }
    }

    package func dropConnections(byReset: Bool) {
        for connection in connections.values { connection.drop(byReset: byReset) }
    }

    func chance(_ bound: Int) -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % UInt64(max(bound, 1)))
    }

    func note(_ kind: StandInKind) { asked.insert("\(kind.apiVersion) \(kind.plural)") }

    // MARK: ListenerHandler

    package func accepted(_ connection: Connection, on listener: Listener) {
        let made = StandInConnection(connection, server: self)
        connections[ObjectIdentifier(made)] = made
        connection.handler = made
        connection.sniffsTLS = secure != nil
    }

    func forget(_ connection: StandInConnection) { connections[ObjectIdentifier(connection)] = nil }
}

@available(*, unavailable)
extension StandInServer: Sendable {}
