package import SpeculaRouting

/// Turns configurations into what the workers run and what the API shows.
package enum ConfigurationCompiler {
    /// Compiles the configurations of all providers, by provider name (`file`).
    ///
    /// Never fails: what is wrong is disabled, visible in the runtime configuration and reported.
    package static func compile(
        static settings: StaticConfiguration, dynamic: [String: DynamicConfiguration], generation: UInt64
    ) -> (Snapshot, RuntimeConfiguration, [Diagnostic]) {
        (
            Snapshot(generation: generation, routers: [], services: [], transports: [], tables: [:]),
            RuntimeConfiguration(), []
        )
    }
}
