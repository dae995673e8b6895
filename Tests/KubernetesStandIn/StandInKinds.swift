/// The kinds that the stand-in serves.
package struct StandInKind: Sendable, Hashable {
    package let group, version, plural, kind: String
    package let isNamespaced: Bool

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    package static let all: [StandInKind] = {
        func kinds(_ group: String, _ version: String, _ names: [(String, String)]) -> [StandInKind] {
            names.map { StandInKind(group: group, version: version, plural: $0.0, kind: $0.1, isNamespaced: true) }
        }
        let core = [
            ("services", "Service"), ("endpoints", "Endpoints"), ("secrets", "Secret"), ("events", "Event"),
            ("configmaps", "ConfigMap"),
        ]
        let traefik = [
            ("ingressroutes", "IngressRoute"), ("ingressroutetcps", "IngressRouteTCP"),
            ("ingressrouteudps", "IngressRouteUDP"), ("middlewares", "Middleware"),
            ("middlewaretcps", "MiddlewareTCP"), ("serverstransports", "ServersTransport"),
            ("serverstransporttcps", "ServersTransportTCP"), ("tlsoptions", "TLSOption"), ("tlsstores", "TLSStore"),
            ("traefikservices", "TraefikService"),
        ]
        let gateway = "gateway.networking.k8s.io"
        return kinds("", "v1", core) + kinds("discovery.k8s.io", "v1", [("endpointslices", "EndpointSlice")])
            + kinds("traefik.io", "v1alpha1", traefik)
            + kinds(gateway, "v1", [("gateways", "Gateway"), ("httproutes", "HTTPRoute"), ("grpcroutes", "GRPCRoute")])
            + kinds(gateway, "v1beta1", [("referencegrants", "ReferenceGrant")])
            + [
                StandInKind(
                    group: gateway, version: "v1", plural: "gatewayclasses", kind: "GatewayClass", isNamespaced: false),
                StandInKind(group: "", version: "v1", plural: "nodes", kind: "Node", isNamespaced: false),
                StandInKind(group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false),
            ]
    }()
}
