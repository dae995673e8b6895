internal import CRE2

/// A regular expression in the syntax of Go, checked: a value that can go anywhere.
struct RegexPattern: Hashable, Sendable {
    /// What RE2 is given.
    let bytes: [UInt8]
    /// The empty text matches.
    let matchesEmpty: Bool

    /// - Throws: `RegexError` when Go would refuse the pattern.
    init(_ pattern: [UInt8]) throws(RegexError) {
        bytes = try RegexSyntax.translated(pattern)
        matchesEmpty = try RegularExpression(bytes).matches([UInt8]().span)
    }
}

/// Why a pattern is refused.
package struct RegexError: Error {
    package let message: String
}

/// A compiled expression: RE2's, whose time is linear in the text, whatever the pattern.
///
/// Its caches take a lock, so each worker owns its own.
@safe final class RegularExpression {
    private let expression: OpaquePointer

    /// Compiles what `RegexPattern` has compiled before.
    ///
    /// Nil when there is no memory for it.
    convenience init?(checked pattern: RegexPattern) {
        do throws(RegexError) { try self.init(pattern.bytes) } catch { return nil }
    }

    init(_ bytes: [UInt8]) throws(RegexError) {
        var message = [CChar](repeating: 0, count: 256)
        let compiled = unsafe bytes.withUnsafeBufferPointer { pattern in
            unsafe message.withUnsafeMutableBufferPointer { reason in
                unsafe CRE2Compile(pattern.baseAddress, pattern.count, reason.baseAddress, reason.count)
            }
        }
        guard let compiled = unsafe compiled else {
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw RegexError(message: String(decoding: text, as: UTF8.self))
        }
        unsafe expression = compiled
    }

    deinit { unsafe CRE2Destroy(expression) }

    /// True if the expression matches somewhere in the text; bytes that are no UTF-8 count as U+FFFD, as in Go.
    func matches(_ text: Span<UInt8>) -> Bool {
        unsafe text.withUnsafeBufferPointer { unsafe CRE2Matches(expression, $0.baseAddress, $0.count) }
    }

    /// How many groups it captures, the whole match not counted.
    var groupCount: Int { unsafe CRE2GroupCount(expression) }

    /// The number of a named group; nil: there is none.
    func group(named name: [UInt8]) -> Int? {
        let number = unsafe name.withUnsafeBufferPointer {
            unsafe CRE2GroupNamed(expression, $0.baseAddress, $0.count)
        }
        return number > 0 ? number : nil
    }

    /// Where the first match at `start` or behind it is, and its groups; nil: there is none.
    ///
    /// The text must be UTF-8; what is before `start` counts for `^` and `\b`.
    func find(in text: [UInt8], from start: Int) -> [Range<Int>?]? {
        var bounds = [Int](repeating: -1, count: 2 * (groupCount + 1))
        let isFound = unsafe text.withUnsafeBufferPointer { text in
            unsafe bounds.withUnsafeMutableBufferPointer { bounds in
                unsafe CRE2Find(expression, text.baseAddress, text.count, start, bounds.baseAddress, bounds.count)
            }
        }
        guard isFound else { return nil }
        return stride(from: 0, to: bounds.count, by: 2).map { place in
            bounds[place] < 0 ? nil : bounds[place]..<bounds[place + 1]
        }
    }
}

@available(*, unavailable)
extension RegularExpression: Sendable {}
