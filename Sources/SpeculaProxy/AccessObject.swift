internal import SpeculaLogging

/// The object of a JSON line being written: its commas, and which of the fields it takes.
internal struct AccessObject {
    let modes: AccessFieldModes
    private var isFirst = true

    init(modes: AccessFieldModes, _ text: inout LineText) {
        self.modes = modes
        text.append("{")
    }

    mutating func comma(_ text: inout LineText) {
        if !isFirst { text.append(",") }
        isFirst = false
    }

    /// Writes a field's name; whether its value is to follow.
    mutating func opens(_ field: AccessField, _ text: inout LineText) -> Bool {
        let mode = modes[field]
        guard mode != .drop else { return false }
        comma(&text)
        text.append("\"")
        text.append(field.name)
        text.append("\":")
        if mode == .redact { text.append("\"REDACTED\"") }
        return mode == .keep
    }

    mutating func number(_ field: AccessField, _ value: UInt64, _ text: inout LineText) {
        if opens(field, &text) { text.append(decimal: value) }
    }

    mutating func string(_ field: AccessField, _ value: Span<UInt8>, _ text: inout LineText) {
        guard opens(field, &text) else { return }
        text.append("\"")
        text.append(json: value)
        text.append("\"")
    }

    mutating func string(_ field: AccessField, _ value: StaticString, _ text: inout LineText) {
        guard opens(field, &text) else { return }
        text.append("\"")
        text.append(value)
        text.append("\"")
    }

    /// Members that were composed before, commas between them.
    mutating func members(_ members: Span<UInt8>, _ text: inout LineText) {
        guard !members.isEmpty else { return }
        comma(&text)
        text.append(members)
    }
}
