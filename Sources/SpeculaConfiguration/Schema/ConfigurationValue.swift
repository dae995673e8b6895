/// Something that a configuration source can spell: a number, a list, a section.
///
/// The conformances and the schemas of the sections are the one description of the configuration: they decode every
/// source, suggest the nearest key, print the API's JSON and the README's table.
package protocol ConfigurationValue: Sendable, Equatable {
    /// Reads a node that is not null.
    ///
    /// - Parameters:
    ///   - node: what is written.
    ///   - base: what stands where nothing is written.
    ///   - context: takes what is wrong.
    /// - Returns: nil when the node is wrong; the reason is then in `context`.
    static func decode(_ node: Node, onto base: Self?, _ context: inout DecodingContext) -> Self?
    /// The value as Traefik's API shows it; nil when it is left out as Go's `omitempty` would.
    func json(omittingEmpty: Bool) -> JSONValue?
    /// What the README's table says of it.
    static var shape: Shape { get }
}

/// What kind of thing stands at a key, for documentation.
package enum Shape: Sendable {
    case scalar(String)
    indirect case list(Shape)
    indirect case map(Shape)
    case section(@Sendable () -> [FieldDescription])
}

/// A field of a section, for documentation and suggestions.
package struct FieldDescription: Sendable {
    package let name: String
    package let shape: Shape
    /// As it would be written; empty when nothing is the default.
    package let defaultText: String
    package let help: String
    package let isSupported: Bool
    /// True when Traefik has no such key.
    package let isOurs: Bool
}

/// A section: a mapping with known keys, each with a default.
package protocol ConfigurationSection: ConfigurationValue {
    init()
    static var schema: Schema<Self> { get }
    /// Looks at the section as a whole after its keys were read.
    mutating func finish(_ node: Node, _ context: inout DecodingContext)
}

extension ConfigurationSection {
    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {}
}

/// A section that lives on, switched off, when it uses something that is known but not built yet.
package protocol PartlySupported: ConfigurationSection {
    /// Key paths, below this section, of what is not built yet.
    var unsupported: [UnsupportedKey] { get set }
    /// Where the section stood.
    var origin: Origin { get set }
}

/// A key that Traefik knows and Specula does not build yet.
package struct UnsupportedKey: Sendable, Hashable {
    /// From the root: `http.routers.api.tls`.
    package let keyPath: String
    package let location: Location

    package init(keyPath: String, location: Location) {
        self.keyPath = keyPath
        self.location = location
    }

    /// What the API and the log say about it.
    package var message: String { "\(keyPath) is not supported yet" }
}
