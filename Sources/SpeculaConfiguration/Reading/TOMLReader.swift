internal import CTOML

/// Reads a TOML document into a tree with positions.
struct TOMLReader {
    private var builder = SourceTreeBuilder()
    private var diagnostics: [Diagnostic] = []
    private var frames: [Frame] = []
    private var pending: [UInt32] = []
    private var root: UInt32?
    private let source: String

    private struct Frame {
        var firstChild: Int
        var line: Int
        var column: Int
    }

    private init(source: String) { self.source = source }

    /// The tree, nil when the text is not TOML.
    static func read(_ text: [UInt8], source: String) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        var reader = TOMLReader(source: source)
        reader.builder.reserve(textBytes: text.count)
        _ = unsafe text.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe withUnsafeMutablePointer(to: &reader) { reader in
                unsafe ctoml_read(start, bytes.count, reader) { context, kind, text, length, line, column in
                    guard let context = unsafe context else { return }
                    let value = unsafe UnsafeRawBufferPointer(start: text, count: length)
                    unsafe context.assumingMemoryBound(to: TOMLReader.self).pointee
                        .take(ctoml_kind(UInt32(kind)), value, line: Int(line), column: Int(column))
                }
            }
        }
        guard !reader.diagnostics.containsErrors, let root = reader.root else { return (nil, reader.diagnostics) }
        return (reader.builder.finish(source: source, root: root), reader.diagnostics)
    }

    private mutating func take(_ kind: ctoml_kind, _ text: UnsafeRawBufferPointer, line: Int, column: Int) {
        switch kind {
        case CTOML_TABLE_START, CTOML_ARRAY_START:
            frames.append(Frame(firstChild: pending.count, line: line, column: column))
            if frames.count == YAMLReader.maxDepth + 1 {
                report("nested deeper than \(YAMLReader.maxDepth)", line: line, column: column)
            }
        case CTOML_TABLE_END, CTOML_ARRAY_END:
            guard let frame = frames.popLast() else { return }
            let index =
                kind == CTOML_TABLE_END
                ? builder.mapping(pending, from: frame.firstChild, line: frame.line, column: frame.column)
                : builder.sequence(pending, from: frame.firstChild, line: frame.line, column: frame.column)
            pending.removeLast(pending.count - frame.firstChild)
            place(index)
        case CTOML_KEY, CTOML_STRING: place(unsafe builder.scalar(text, quoted: true, line: line, column: column))
        case CTOML_LITERAL: place(unsafe builder.scalar(text, quoted: false, line: line, column: column))
        default: report(unsafe String(decoding: text, as: UTF8.self), line: line, column: column)
        }
    }

    private mutating func place(_ index: UInt32) {
        if frames.isEmpty { root = index } else { pending.append(index) }
    }

    private mutating func report(_ message: String, line: Int, column: Int) {
        diagnostics.append(
            Diagnostic(.error, at: Location(source: source, line: line, column: column), message))
    }
}
