/// How the names of `Host` meet the name of a request; a name may end in a dot on either side.
enum HostRule {
    static func matches(_ host: Span<UInt8>, name: Span<UInt8>) -> Bool {
        guard !host.isEmpty else { return false }
        switch host.count - name.count {
        case 0: return host.isEqual(to: name)
        case 1: return host.endsInDot && host.starts(with: name)
        case -1: return name.endsInDot && name.starts(with: host)
        default: return false
        }
    }

    /// True for one label and the suffix, which begins with a dot and does not end in one.
    static func matches(_ host: Span<UInt8>, oneLabelBefore suffix: Span<UInt8>) -> Bool {
        let host = host.endsInDot ? host.extracting(droppingLast: 1) : host
        let labelCount = host.count - suffix.count
        guard labelCount > 0, host.extracting(last: suffix.count).isEqual(to: suffix) else { return false }
        return host.firstIndex(of: UInt8(ascii: ".")) == labelCount
    }
}
