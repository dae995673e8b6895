/// One matcher of a rule with its arguments, checked.
enum Matcher: Hashable, Sendable {
    case host(HostPattern)
    case hostRegexp(RegexPattern)
    case path([UInt8])
    case pathPrefix([UInt8])
    case pathRegexp(RegexPattern)
    /// Upper case; compared with the method as it was sent.
    case method([UInt8])
    /// The name in lower case.
    case header(name: [UInt8], value: [UInt8])
    case headerRegexp(name: [UInt8], RegexPattern)
    case query(key: [UInt8], value: [UInt8])
    case queryRegexp(key: [UInt8], RegexPattern)
    case clientIP(AddressSet)
}

/// The argument of `Host`, in lower case.
enum HostPattern: Hashable, Sendable {
    /// One name, with or without a trailing dot.
    case exactly([UInt8])
    /// `*.example.com`: kept from the dot on; one label more stands before it.
    case oneLabelBefore([UInt8])
    /// `*`: any name, but not its absence.
    case anything

    init(_ name: [UInt8]) {
        let name = name.map(\.asciiLowercased)
        if name == [UInt8(ascii: "*")] {
            self = .anything
        } else if name.count > 2, name[0] == UInt8(ascii: "*"), name[1] == UInt8(ascii: ".") {
            self = .oneLabelBefore(Array(name[1...]))
        } else {
            self = .exactly(name)
        }
    }

    var text: String {
        switch self {
        case .exactly(let name): String(decoding: name, as: UTF8.self)
        case .oneLabelBefore(let suffix): "*" + String(decoding: suffix, as: UTF8.self)
        case .anything: "*"
        }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }
    var asciiUppercased: UInt8 { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self & 0xDF : self }
}
