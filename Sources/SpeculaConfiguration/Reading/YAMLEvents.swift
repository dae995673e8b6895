internal import CYAML

/// libyaml's event stream over a text in memory: the only place that touches its pointers.
///
/// `yaml_parser_t` points at itself and the input must stay where it is, so both live on the heap until `deinit`.
@safe
final class YAMLEvents {
    enum Kind {
        case scalar, alias, sequenceStart, sequenceEnd, mappingStart, mappingEnd, documentStart, end, other, failure
    }

    private(set) var kind = Kind.other
    /// From 1.
    private(set) var line = 1
    private(set) var column = 1
    /// A plain scalar without a tag that makes it text.
    private(set) var isPlain = false
    /// The parser's words, after `failure`.
    private(set) var problem = ""

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var holdsEvent = false

    init(_ text: [UInt8]) {
        unsafe parser = .allocate(capacity: 1)
        unsafe event = .allocate(capacity: 1)
        unsafe input = .allocate(capacity: max(1, text.count))
        _ = unsafe input.initialize(from: text)
        unsafe event.initialize(to: yaml_event_t())
        unsafe parser.initialize(to: yaml_parser_t())
        if unsafe yaml_parser_initialize(parser) == 0 {
            kind = .failure
            problem = "out of memory"
            return
        }
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, text.count)
    }

    deinit {
        if holdsEvent { unsafe yaml_event_delete(event) }
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe event.deallocate()
        unsafe input.deallocate()
    }

    /// Goes to the next event; nothing follows `end` and `failure`.
    func advance() {
        guard kind != .end, kind != .failure else { return }
        if holdsEvent { unsafe yaml_event_delete(event) }
        holdsEvent = unsafe yaml_parser_parse(parser, event) != 0
        guard holdsEvent else { return fail() }
        let mark = unsafe event.pointee.start_mark
        line = mark.line + 1
        column = mark.column + 1
        switch unsafe event.pointee.type {
        case YAML_SCALAR_EVENT:
            kind = .scalar
            let isUntagged = unsafe event.pointee.data.scalar.tag == nil
            isPlain = unsafe event.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && isUntagged
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SEQUENCE_START_EVENT: kind = .sequenceStart
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT: kind = .mappingStart
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_STREAM_END_EVENT: kind = .end
        default: kind = .other
        }
    }

    private func fail() {
        kind = .failure
        unsafe line = max(0, parser.pointee.problem_mark.line) + 1
        unsafe column = max(0, parser.pointee.problem_mark.column) + 1
        problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "unreadable"
        // libyaml does not say which character: nearly always it is this one.
        if unsafe parser.pointee.error == YAML_SCANNER_ERROR {
            if problem.hasSuffix("cannot start any token"), byteAtProblem == UInt8(ascii: "\t") {
                problem = "a tab, where YAML wants blanks: indent with blanks only"
            }
        }
        if unsafe parser.pointee.error == YAML_READER_ERROR {
            let offset = unsafe parser.pointee.problem_offset
            let before = unsafe Array(input.prefix(min(offset, input.count)))
            let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            line = before.count { $0 == UInt8(ascii: "\n") } + 1
            column = before.count - lineStart + 1
        }
    }

    /// What stands at `line` and `column`, where nothing but ASCII stands before it on its line.
    private var byteAtProblem: UInt8? {
        let lines = unsafe input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard unsafe line <= lines.count else { return nil }
        return unsafe lines[line - 1].dropFirst(column - 1).first
    }

    /// The bytes of a scalar.
    func withValue<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard kind == .scalar else { return unsafe body(UnsafeBufferPointer(start: nil, count: 0)) }
        return unsafe body(
            UnsafeBufferPointer(start: event.pointee.data.scalar.value, count: event.pointee.data.scalar.length))
    }

    /// The anchor that the node carries, or that the alias names.
    var anchor: String? {
        let name: UnsafeMutablePointer<yaml_char_t>?
        switch kind {
        case .scalar: unsafe name = event.pointee.data.scalar.anchor
        case .alias: unsafe name = event.pointee.data.alias.anchor
        case .sequenceStart: unsafe name = event.pointee.data.sequence_start.anchor
        case .mappingStart: unsafe name = event.pointee.data.mapping_start.anchor
        default: unsafe name = nil
        }
        guard let name = unsafe name else { return nil }
        return unsafe String(cString: name)
    }
}
