/// `specula version`: what this build is, in the shape of `traefik version`.
internal enum VersionCommand {
    static func run() -> Int32 {
        Terminal.out(
            """
            Version:      \(Version.number)
            Codename:     \(Version.codename)
            Swift version: \(Version.swift)
            OS/Arch:      linux/\(Version.architecture)
            """)
        return 0
    }
}
