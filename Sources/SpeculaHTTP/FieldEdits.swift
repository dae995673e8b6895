/// Fields removed from a request and fields put into it, whoever wrote them. (ours: a mirror's `headers` and `credentials`)
package struct FieldEdits: Sendable {
    /// Names in lower case; a field that is set is removed first.
    let removed: [[UInt8]]
    /// The lines that are put in.
    let lines: [UInt8]

    /// What decides where a message ends, for whom it is and how its connection goes on is nobody's to edit.
    private static let untouchable: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect",
    ]

    /// Whether a field of this name may be removed and set.
    package static func mayEdit(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(ASCIISet.token.contains) && !untouchable.contains(name.lowercased())
    }

    /// Takes names and values as an operator wrote them: names that may not be edited are left out, a control character in a value
    /// becomes a blank.
    ///
    /// What is `added` stands beside those of the same name that are there.
    package init(
        removed: [String] = [], set: [(name: String, value: String)] = [], added: [(name: String, value: String)] = []
    ) {
        let set = set.filter { Self.mayEdit($0.name) }
        let removed = removed.filter(Self.mayEdit)
        self.removed = (removed + set.map(\.name)).map { $0.utf8.map(Byte.lowercased) }
        lines = (set + added.filter { Self.mayEdit($0.name) }).flatMap { field in
            let value = field.value.utf8.map {
                $0 < Byte.space && $0 != Byte.tab || $0 == Byte.delete ? Byte.space : $0
            }
            return Array(field.name.utf8) + Array(": ".utf8) + value + Array("\r\n".utf8)
        }
    }

    /// Whether a whole line is one of a removed field.
    func removes(_ line: Span<UInt8>) -> Bool {
        for name in removed where line.count > name.count && line[name.count] == UInt8(ascii: ":") {
            if line.spells(name, 0..<name.count) { return true }
        }
        return false
    }
}
