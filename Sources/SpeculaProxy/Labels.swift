internal import SpeculaHTTP
internal import SpeculaMetrics

extension MethodLabel {
    /// The label of a method: Traefik's set, everything else folded.
    internal init(_ method: Method) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .delete: self = .delete
        case .connect: self = .connect
        case .options: self = .options
        case .trace: self = .trace
        case .patch: self = .patch
        case .pri: self = .pri
        case .other: self = .extension
        }
    }
}

extension ProtocolLabel {
    internal init(_ spoken: RequestProtocol) {
        switch spoken {
        case .http: self = .http
        case .websocket: self = .websocket
        case .sse: self = .sse
        case .grpc: self = .grpc
        case .grpcWeb: self = .grpcWeb
        }
    }
}
