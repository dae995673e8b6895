/// One field of a head: where its name and value stand in the head's slab, and whether the name means something here.
package struct Field: Sendable {
    /// Offset of the name's first byte.
    package var nameStart: UInt32 = 0
    /// Offset of the value's first byte, blanks before it left out.
    package var valueStart: UInt32 = 0
    /// Bytes of the value without the blanks around it.
    package var valueCount: UInt32 = 0
    package var nameCount: UInt16 = 0
    package var known: KnownField = .other
    /// Peculiarities that some writer must look at.
    var traits: Traits = []

    struct Traits: OptionSet, Sendable {
        var rawValue: UInt8
        /// The name holds an underscore.
        static var underscore: Traits { Traits(rawValue: 1) }
        /// `Name: value CRLF` to the byte: the line can be copied as it is.
        static var tight: Traits { Traits(rawValue: 4) }
        /// Not to be passed on: a response's field with a blank before its colon.
        static var dropped: Traits { Traits(rawValue: 2) }
    }

    @inline(__always)
    var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) &+ Int(nameCount) }
    /// Offset behind the line's end, of a field that is `tight`.
    @inline(__always)
    var lineEnd: Int { Int(valueStart) &+ Int(valueCount) &+ 2 }
    @inline(__always)
    var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) &+ Int(valueCount) }
}
