internal import SpeculaConfiguration

/// A core Service: where its requests go.
struct ServiceBackends {
    struct Port {
        var name: String
        /// 0 when it is not said.
        var number: Int
        /// The port on every node; 0 when there is none.
        var onNodes = 0
    }

    let service: KubernetesObject

    var type: String { service.spec?.string("type") ?? "ClusterIP" }
    var isExternalName: Bool { type == "ExternalName" }
    var externalName: String { service.spec?.string("externalName") ?? "" }

    /// Nil when it is headless.
    var clusterAddress: String? {
        guard let address = service.spec?.string("clusterIP"), address != "None" else { return nil }
        return address
    }

    var ports: [Port] {
        (service.spec?.list("ports") ?? []).map { port in
            Port(
                name: port.string("name") ?? "", number: Int(port.string("port") ?? "") ?? 0,
                onNodes: Int(port.string("nodePort") ?? "") ?? 0)
        }
    }

    /// The port of that number or name.
    func port(_ wanted: String) -> Port? {
        if let number = Int(wanted) { return ports.first { $0.number == number } }
        return ports.first { $0.name == wanted }
    }

    /// One place of a Service that takes requests.
    struct Endpoint: Hashable {
        var address: String
        var port: Int
        var isFenced: Bool
    }

    /// The endpoints of a port: of EndpointSlices (v1, else v1beta1), else of Endpoints; each address once, in order.
    ///
    /// - Parameters:
    ///   - port: the Service's.
    ///   - slices: the Service's EndpointSlices.
    ///   - old: the Service's Endpoints, where there are no slices.
    /// - Returns: those that serve.
    func endpoints(of port: Port, slices: [KubernetesObject], old: KubernetesObject?) -> [Endpoint] {
        var found: [Endpoint] = []
        var seen: Set<String> = []
        func add(_ address: String, _ number: Int, fenced: Bool) {
            guard seen.insert("\(address) \(number)").inserted else { return }
            found.append(Endpoint(address: address, port: number, isFenced: fenced))
        }
        for slice in slices {
            guard let number = Self.number(of: port, in: slice.node.list("ports")) else { continue }
            for endpoint in slice.node.list("endpoints") {
                let conditions = endpoint.value(named: "conditions")
                let isTerminating = conditions?.truth("terminating") ?? false
                // v1beta1 knows no `serving`: there `ready` says it.
                let isServing = conditions?.truth("serving") ?? conditions?.truth("ready") ?? true
                guard isServing else { continue }
                for address in endpoint.list("addresses") { add(address.text, number, fenced: isTerminating) }
            }
        }
        guard slices.isEmpty, let old else { return found }
        for subset in old.node.list("subsets") {
            guard let number = Self.number(of: port, in: subset.list("ports")) else { continue }
            for address in subset.list("addresses") { add(address.string("ip") ?? "", number, fenced: false) }
        }
        return found
    }

    /// Ports of endpoints are found by the name of the Service's port.
    private static func number(of port: Port, in ports: [Node]) -> Int? {
        let match = ports.first { ($0.string("name") ?? "") == port.name }
        return match.flatMap { $0.string("port") }.flatMap { Int($0) }
    }
}
