internal import SpeculaIO

/// The demo's configuration as a user would write it: two files, Traefik's keys.
package struct DemoConfiguration: Sendable {
    /// Qualified names, as in the books.
    package static let mirroring = "shop@file"
    package static let primary = "production@file"
    package static let mirrors = ["steady@file", "shaky@file"]

    let primary: SocketAddress
    let steady: SocketAddress
    let shaky: SocketAddress

    /// The static file.
    ///
    /// - Parameters:
    ///   - webPort: where clients come in.
    ///   - adminPort: where dashboard, API and metrics are.
    ///   - dynamicFile: the path of the other file.
    /// - Returns: YAML, comments included.
    package func staticFile(webPort: UInt16, adminPort: UInt16, dynamicFile: String) -> String {
        """
        # The static configuration of the demo: read once, at the start.
        entryPoints:
          web:
            address: "127.0.0.1:\(webPort)"
          traefik:
            address: "127.0.0.1:\(adminPort)"
        providers:
          file:
            filename: "\(dynamicFile)"
            watch: true
        api:
          insecure: true
          dashboardName: demo
        ping: {}
        metrics:
          prometheus:
            addRoutersLabels: true
            # Finer than Traefik's four, so that single milliseconds can be told apart.
            buckets: [0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.2, 5]
        log:
          level: WARN

        """
    }

    /// The dynamic file: change it while the demo runs, it is read again.
    package var dynamicFile: String {
        """
        # The dynamic configuration of the demo: change it while the demo runs, and it is read again.
        http:
          routers:
            shop:
              entryPoints: [web]
              rule: PathPrefix(`/`)
              service: shop
          services:
            shop:
              mirroring:
                service: production
                maxBodySize: 1048576
                mirrors:
                  # What each server says of itself does not count.
                  - name: steady
                    percent: 100
                    compare: {body: json, ignore: [$.server]}
                  - name: shaky
                    percent: 25
                    compare: {body: json, ignore: [$.server]}
            production:
              loadBalancer:
                servers:
                  - url: http://\(primary)
            steady:
              loadBalancer:
                servers:
                  - url: http://\(steady)
            # Slower, and wrong in about one answer of ten.
            shaky:
              loadBalancer:
                servers:
                  - url: http://\(shaky)

        """
    }
}
