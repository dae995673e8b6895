/// What of a mirror's answers is held against the primary's.
package struct MirrorComparisonPlan: Sendable, Hashable {
    /// How bodies are compared.
    package enum Body: UInt8, Sendable { case none, length, exact, json }

    package var status = true
    /// Names of fields, in lower case.
    package var fields: [[UInt8]] = []
    package var body = Body.none
    /// What of a JSON body does not count.
    package var ignored: [JSONPath] = []
    /// Millionths of the copies that are compared.
    package var ratioMillionths: Int32 = 1_000_000
    /// Bytes of a JSON body that may be held of each side.
    package var maxBodyBytes = 64 << 10

    package init() {}
}

/// A place, or several, in a JSON document: the part of JSONPath (RFC 9535) that names members, elements and all of either.
package struct JSONPath: Sendable, Hashable {
    /// One way down.
    package struct Step: Sendable, Hashable {
        package enum Selector: Sendable, Hashable {
            case member(String)
            case element(Int)
            /// Every member, every element.
            case every
        }

        package let selector: Selector
        /// At any depth below, not only one level down.
        package let isDeep: Bool
    }

    package let steps: [Step]

    /// - Throws: What is wrong with `text`, and where.
    package init(parsing text: String) throws(JSONPathError) {
        var parser = Parser(text)
        steps = try parser.steps()
    }

    private struct Parser {
        private let bytes: [UInt8]
        private var offset = 0

        init(_ text: String) { bytes = Array(text.utf8) }

        private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private func failure(_ message: String) -> JSONPathError { JSONPathError(message: message, offset: offset) }

        mutating func steps() throws(JSONPathError) -> [Step] {
            guard next == UInt8(ascii: "$") else { throw failure("begins with $") }
            offset += 1
            var steps: [Step] = []
            while let byte = next {
                switch byte {
                case UInt8(ascii: "."):
                    offset += 1
                    let isDeep = next == UInt8(ascii: ".")
                    if isDeep { offset += 1 }
                    let selector =
                        isDeep && next == UInt8(ascii: "[") ? try bracketed() : try named()
                    steps.append(Step(selector: selector, isDeep: isDeep))
                case UInt8(ascii: "["): steps.append(Step(selector: try bracketed(), isDeep: false))
                default: throw failure("expected . or [")
                }
            }
            if steps.isEmpty { throw failure("names the whole document") }
            return steps
        }

        private mutating func named() throws(JSONPathError) -> Step.Selector {
            let start = offset
            while let byte = next, !".[]'\"$*@?() \t".utf8.contains(byte) { offset += 1 }
            if offset == start, next == UInt8(ascii: "*") {
                offset += 1
                return .every
            }
            guard offset > start else { throw failure("expected the name of a member, or *") }
            return .member(String(decoding: bytes[start..<offset], as: UTF8.self))
        }

        private mutating func bracketed() throws(JSONPathError) -> Step.Selector {
            offset += 1
            let selector: Step.Selector
            switch next {
            case UInt8(ascii: "*"):
                offset += 1
                selector = .every
            case UInt8(ascii: "'"), UInt8(ascii: "\""): selector = .member(try quoted())
            default: selector = .element(try number())
            }
            guard next == UInt8(ascii: "]") else { throw failure("expected ]") }
            offset += 1
            return selector
        }

        private mutating func quoted() throws(JSONPathError) -> String {
            let mark = next
            offset += 1
            var text: [UInt8] = []
            while let byte = next, byte != mark {
                if byte == UInt8(ascii: "\\") { offset += 1 }
                guard let meant = next else { break }
                text.append(meant)
                offset += 1
            }
            guard next == mark else { throw failure("expected the end of a name") }
            offset += 1
            return String(decoding: text, as: UTF8.self)
        }

        private mutating func number() throws(JSONPathError) -> Int {
            let start = offset
            while let byte = next, (0x30...0x39).contains(byte), offset - start < 9 { offset += 1 }
            guard let value = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
                throw failure("expected *, a number or a name in quotes")
            }
            return value
        }
    }
}

/// Why a text is no path that is understood here.
package struct JSONPathError: Error, Equatable {
    package let message: String
    /// The byte at which it was seen.
    package let offset: Int
}
