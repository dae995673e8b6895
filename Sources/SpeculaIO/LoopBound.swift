/// Something that belongs to one loop, carried through other threads back to it.
///
/// `@unchecked Sendable` holds because the value can be had only by naming the loop, and `EventLoop` cannot leave its thread:
/// whoever has it is on it. Copies and releases on other threads touch only the reference count, which is atomic.
package struct LoopBound<Value: AnyObject>: @unchecked Sendable {
    private let stored: Value

    package init(_ value: Value) { stored = value }

    package func value(on loop: EventLoop) -> Value {
        // To have the loop is to be on its thread.
        _ = loop
        return stored
    }
}
