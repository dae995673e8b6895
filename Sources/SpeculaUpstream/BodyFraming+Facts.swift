package import SpeculaHTTP

extension BodyFraming {
    /// Whether bytes of a body follow the head.
    package var hasBody: Bool {
        switch self {
        case .none, .length(0): false
        case .length, .chunked, .untilClose: true
        }
    }

    package var isChunked: Bool {
        if case .chunked = self { true } else { false }
    }
}
