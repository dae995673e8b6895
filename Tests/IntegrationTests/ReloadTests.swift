import Foundation
import Glibc
import Testing

extension RealSocketTests {
    /// A file that changes is picked up, in whatever way it changes.
    @Suite(.serialized)
    struct Reload {
        enum Way: String, CaseIterable {
            case inPlace, rename
            /// The file is a link: to another one now; to one that changes where it lies; through a folder that is swapped.
            case linkSwap, targetInPlace, targetByRename, folderSwap
            /// As Kubernetes mounts a ConfigMap.
            case volume
        }

        @Test(arguments: Way.allCases)
        func everyChangeIsPickedUp(way: Way) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let ports = try Bench.freePorts(2)
            let files = ChangingFile(way, in: bench.folder)
            func text(_ generation: Int) -> String {
                mirroring(primary, []) + "    generation-\(generation): {loadBalancer: {servers: []}}\n"
            }
            try files.put(text(0), generation: 0)
            let main = try bench.write(
                "traefik.yml",
                """
                entryPoints: {web: {address: "127.0.0.1:\(ports[0])"}, traefik: {address: "127.0.0.1:\(ports[1])"}}
                providers:
                  providersThrottleDuration: 0s
                  file: {\(way == .volume ? "directory" : "filename"): \(files.named.path)}
                ping: {}
                api: {insecure: true}

                """)
            let gateway = try Gateway(configFile: main, web: ports[0], admin: ports[1], in: bench)
            // Again and again: what is watched afterwards is what is there afterwards.
            for generation in 1...3 {
                try files.put(text(generation), generation: generation)
                try eventually("change \(generation) \(way) is in force") {
                    try gateway.get("/api/http/services/generation-\(generation)@file", from: gateway.admin).status
                        == 200
                }
                #expect(
                    try gateway.get("/api/http/services/generation-\(generation - 1)@file", from: gateway.admin).status
                        == 404)
                #expect(try gateway.get("/b/3").body == "abc")
            }
        }
    }
}

/// A file, or a folder of files, that is changed in one way.
private struct ChangingFile {
    /// What the configuration names.
    let named: URL
    private let way: RealSocketTests.Reload.Way
    private let folder: URL

    init(_ way: RealSocketTests.Reload.Way, in folder: URL) {
        self.way = way
        self.folder = folder
        let conf = folder.appendingPathComponent("conf")
        named = way == .volume ? conf : conf.appendingPathComponent("routes.yml")
    }

    /// Makes it hold this text; generation 0 is the first.
    func put(_ text: String, generation: Int) throws {
        let files = FileManager.default
        let release = folder.appendingPathComponent(way == .volume ? "conf/..\(generation)" : "release-\(generation)")
        switch way {
        case .inPlace: try write(text, named)
        case .rename:
            let fresh = folder.appendingPathComponent("fresh.yml")
            try write(text, fresh)
            try rename(fresh, to: named)
        case .linkSwap:
            try write(text, release.appendingPathComponent("routes.yml"))
            try link(named, to: release.appendingPathComponent("routes.yml").path)
        case .targetInPlace, .targetByRename:
            let target = folder.appendingPathComponent("elsewhere/routes.yml")
            if generation == 0 {
                try write(text, target)
                try link(named, to: "../elsewhere/routes.yml")
            } else if way == .targetInPlace {
                try write(text, target)
            } else {
                let fresh = folder.appendingPathComponent("fresh.yml")
                try write(text, fresh)
                try rename(fresh, to: target)
            }
        case .folderSwap:
            try write(text, release.appendingPathComponent("routes.yml"))
            let current = folder.appendingPathComponent("releases/current")
            try link(current, to: release.path)
            if generation == 0 { try link(named, to: current.appendingPathComponent("routes.yml").path) }
        case .volume:
            try write(text, release.appendingPathComponent("routes.yml"))
            try link(named.appendingPathComponent("..data"), to: release.lastPathComponent)
            if generation == 0 {
                try link(named.appendingPathComponent("routes.yml"), to: "..data/routes.yml")
            } else {
                try files.removeItem(at: named.appendingPathComponent("..\(generation - 1)"))
            }
        }
    }

    private func write(_ text: String, _ url: URL) throws {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func rename(_ old: URL, to new: URL) throws {
        try FileManager.default.createDirectory(at: new.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard unsafe Glibc.rename(old.path, new.path) == 0 else { throw Missing(what: "rename: errno \(errno)") }
    }

    /// Makes a link, in the place of one that is there, at one stroke.
    private func link(_ url: URL, to target: String) throws {
        let fresh = folder.appendingPathComponent("link-\(url.lastPathComponent)")
        try FileManager.default.createSymbolicLink(atPath: fresh.path, withDestinationPath: target)
        try rename(fresh, to: url)
    }
}
