/// What this build calls itself.
internal enum Version {
    static let number = "0.1.0"
    static let codename = "specula"
    static let revision = "unknown"
    #if swift(>=6.4)
        static let swift = "6.4 or newer"
    #else
        static let swift = "6.3"
    #endif
    #if arch(x86_64)
        static let architecture = "amd64"
    #elseif arch(arm64)
        static let architecture = "arm64"
    #else
        static let architecture = "unknown"
    #endif
}
