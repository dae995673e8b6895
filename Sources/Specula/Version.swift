/// What this build calls itself.
internal enum Version {
    static let number = "0.1.0"
    static let codename = "specula"
    static let revision = "unknown"
    #if swift(>=6.4)
        static let swift = "6.4+"
    #else
        static let swift = "6.3"
    #endif
}
