/// `providers.kubernetesGateway.statusAddress`: where clients find the Gateways; the first of the three that is said counts.
package struct GatewayAddressConfiguration: ConfigurationSection {
    package var ip = ""
    package var hostname = ""
    package var service: PublishedServiceConfiguration?

    package init() {}

    package static let schema = Schema<Self>(
        Field("ip", \.ip, "An address."),
        Field("hostname", \.hostname, "A name."),
        Field("service", \.service, "The Service in front of the gateway, whose addresses they are.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if ip.isEmpty, hostname.isEmpty, service == nil {
            context.error(node, "names no address: ip, hostname or service")
        }
    }
}

/// `providers.kubernetesGateway.statusAddress.service`: a Service by its name.
package struct PublishedServiceConfiguration: ConfigurationSection {
    package var name = ""
    package var namespace = ""

    package init() {}

    package static let schema = Schema<Self>(
        Field("name", \.name, "Its name."),
        Field("namespace", \.namespace, "Its namespace.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if name.isEmpty || namespace.isEmpty { context.error(node, "name and namespace belong together: say both") }
    }
}
