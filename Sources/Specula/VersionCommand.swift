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

/// `specula help`.
internal enum HelpCommand {
    static func run() -> Int32 {
        Terminal.out(
            """
            specula                         runs the gateway: configuration from a file, flags or TRAEFIK_ variables, as Traefik
              --configFile=FILE             the static configuration: .yml, .yaml or .toml, or a ConfigMap that holds one
              --entryPoints.web.address=:80 any static key as a flag
            specula demo                    runs a gateway with a primary, two mirrors and some traffic, to look at
            specula check FILE…             reads configuration without starting; exit status 1 on errors
            specula migrate FILE…           says line by line what a Traefik set-up means for Specula
            specula healthcheck             asks a running gateway's ping; exit status 1 when it does not answer
            specula metrics --table         prints the table of all metric families
            specula version                 prints what this build is
            """)
        return 0
    }
}
