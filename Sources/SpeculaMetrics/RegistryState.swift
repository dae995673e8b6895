internal import Synchronization

/// What the registry's lock guards: names, rows, and everything that seldom changes.
struct RegistryState {
    struct ScopeEntry {
        let kind: ScopeKind
        let name: String
        let service: String
        var isInForce = true
    }

    struct ScopeName: Hashable {
        let kind: ScopeKind
        let name: String
        let service: String
    }

    let options: MetricOptions
    var logs: [ShardLogs] = []
    var scopes: [ScopeEntry] = []
    /// The numbers of the entry points.
    private(set) var entryPoints: [Int] = []
    private var scopeNumbers: [ScopeName: Int] = [:]
    /// The place of each scope among all, sorted by name; empty when scopes were added since.
    private var scopeRanks: [UInt64] = []
    var mirrors = MirrorBooks()

    var requests: RowSet
    var headerCounts = RowSet(width: 1)
    var tls = RowSet(width: 1)
    var retries = RowSet(width: 1)
    var overheads = RowSet(width: HistogramBounds.overhead.count + 1)
    private var requestOrders: [[Int]] = [[], [], []]
    private var orderedRows = -1
    private var orderedScopes = -1

    var certificates: [CertificateExpiry] = []
    var sources = Sources()
    var reloads: UInt64 = 0
    var reloadFailures: UInt64 = 0
    var lastReload: Double = 0
    var lastReloadWasGood = false

    init(options: MetricOptions, layout: RequestLayout) {
        self.options = options
        requests = RowSet(width: layout.count)
    }

    // MARK: Names

    mutating func scope(_ kind: ScopeKind, name: String, service: String) -> Scope {
        let key = ScopeName(kind: kind, name: name, service: service)
        if let number = scopeNumbers[key] { return Scope(number: number, kind: kind) }
        let number = scopes.count
        scopeNumbers[key] = number
        scopes.append(ScopeEntry(kind: kind, name: name, service: service))
        if kind == .entryPoint || kind == .connections { entryPoints.append(number) }
        return Scope(number: number, kind: kind)
    }

    mutating func mirror(service: String, mirror: String) -> MirrorScope {
        mirrors.scope(service: service, mirror: mirror)
    }

    mutating func setInForce(
        routers: Set<String>, services: Set<String>, mirrors: Set<MirrorScope>?
    ) {
        for index in scopes.indices {
            switch scopes[index].kind {
            case .entryPoint, .connections: break
            case .router:
                scopes[index].isInForce =
                    routers.contains(scopes[index].name) && services.contains(scopes[index].service)
            case .service: scopes[index].isInForce = services.contains(scopes[index].name)
            }
        }
        self.mirrors.setInForce(services: services, mirrors: mirrors)
    }

    func isInForce(_ identity: SeriesIdentity) -> Bool {
        let number = identity.scopeNumber
        return number < scopes.count ? scopes[number].isInForce : true
    }

    // MARK: Order

    /// The rows of each kind of scope, sorted by label values in the order of the label names.
    mutating func sortedRequests() -> [[Int]] {
        if orderedRows == requests.identities.count, orderedScopes == scopes.count { return requestOrders }
        if orderedScopes != scopes.count { rankScopes() }
        var keys: [[(key: UInt64, row: Int)]] = [[], [], []]
        for (row, identity) in requests.identities.enumerated() {
            guard identity.scopeNumber < scopes.count else { continue }
            let kind = scopes[identity.scopeNumber].kind
            guard kind != .connections else { continue }
            let rank = scopeRanks[identity.scopeNumber]
            let code = Self.textOrder(ofCode: UInt64(identity.code)) << 48
            let rest =
                Self.methodOrder[Int(identity.method.rawValue)] << 4
                | Self.protocolOrder[Int(identity.protocolLabel.rawValue)]
            // At an entry point the name comes before the method, elsewhere behind the protocol.
            let key = kind == .entryPoint ? code | rank << 8 | rest : code | rest << 32 | rank
            keys[Int(kind.rawValue)].append((key, row))
        }
        requestOrders = keys.map { $0.sorted { $0.key < $1.key }.map(\.row) }
        orderedRows = requests.identities.count
        orderedScopes = scopes.count
        return requestOrders
    }

    private mutating func rankScopes() {
        let order = scopes.indices.sorted { first, second in
            let (one, two) = (scopes[first], scopes[second])
            if one.name != two.name { return one.name.utf8.lexicographicallyPrecedes(two.name.utf8) }
            return one.service.utf8.lexicographicallyPrecedes(two.service.utf8)
        }
        scopeRanks = [UInt64](repeating: 0, count: scopes.count)
        for (rank, number) in order.enumerated() { scopeRanks[number] = UInt64(rank) }
    }

    /// A number that sorts codes as their texts sort: `10` before `2`.
    private static func textOrder(ofCode code: UInt64) -> UInt64 {
        if code >= 100 { return (code / 100 + 1) * 121 + (code / 10 % 10 + 1) * 11 + code % 10 + 1 }
        if code >= 10 { return (code / 10 + 1) * 121 + (code % 10 + 1) * 11 }
        return (code + 1) * 121
    }

    private static let methodOrder = textOrder(of: MethodLabel.allCases.map(\.text.description))
    private static let protocolOrder = textOrder(of: ProtocolLabel.allCases.map(\.text.description))

    private static func textOrder(of texts: [String]) -> [UInt64] {
        texts.map { text in UInt64(texts.filter { $0.utf8.lexicographicallyPrecedes(text.utf8) }.count) }
    }
}
