/// A value out of a closed set of words, written in any case.
package protocol Word: ConfigurationValue, RawRepresentable, CaseIterable where RawValue == String {}

extension Word {
    package static func decode(_ node: Node, onto base: Self?, _ context: inout DecodingContext) -> Self? {
        let text = node.text
        if let word = allCases.first(where: { ASCII.equalFolded($0.rawValue.utf8, text.utf8) }) { return word }
        let words = allCases.map(\.rawValue).filter { !$0.isEmpty }
        context.error(
            node, "expected \(words.joined(separator: ", ")), found \(node.kindName)",
            suggestion: Spelling.nearest(to: text, in: words))
        return nil
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        omittingEmpty && rawValue.isEmpty ? nil : .string(rawValue)
    }

    package static var shape: Shape {
        .scalar(allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: " or "))
    }
}
