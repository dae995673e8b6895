internal import SpeculaConfiguration

/// A request as the stand-in needs it.
struct StandInRequest {
    var method = ""
    var path = ""
    var query: [String: String] = [:]
    var fields: [String: String] = [:]
    var body: [UInt8] = []

    /// Takes the first whole request away from what came; bodies by `Content-Length` alone.
    static func take(from bytes: inout [UInt8]) -> StandInRequest? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let end = (0...(bytes.count - 4)).first(where: { Array(bytes[$0..<($0 + 4)]) == mark })
        else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        var request = StandInRequest()
        let words = (lines.first ?? "").split(separator: " ")
        request.method = String(words.first ?? "")
        let target = (words.count > 1 ? words[1] : "").split(separator: "?", maxSplits: 1)
        request.path = String(target.first ?? "")
        for pair in (target.count > 1 ? target[1] : "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            request.query[decoded(parts[0])] = parts.count > 1 ? decoded(parts[1]) : ""
        }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.fields[line[..<colon].lowercased()] = String(value)
        }
        let length = request.fields["content-length"].flatMap { Int($0) } ?? 0
        guard bytes.count >= end + 4 + length else { return nil }
        request.body = Array(bytes[(end + 4)..<(end + 4 + length)])
        bytes.removeFirst(end + 4 + length)
        return request
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a path means: a kind, perhaps a namespace, perhaps one object.
struct StandInTarget {
    let kind: StandInKind
    let namespace: String?
    let name: String

    init?(_ path: String) {
        var words = path.split(separator: "/").map(String.init)[...]
        var group = "", version = ""
        switch words.popFirst() {
        case "api": version = words.popFirst() ?? ""
        case "apis":
            group = words.popFirst() ?? ""
            version = words.popFirst() ?? ""
        default: return nil
        }
        if words.first == "namespaces", words.count > 2 {
            words = words.dropFirst()
            namespace = words.popFirst()
        } else {
            namespace = nil
        }
        let plural = words.popFirst() ?? ""
        guard
            let found = StandInKind.all.first(where: {
                $0.group == group && $0.version == version && $0.plural == plural
            })
        else { return nil }
        kind = found
        name = words.popFirst() ?? ""
        // `…/status` writes the same object.
        guard words.isEmpty || Array(words) == ["status"] else { return nil }
    }

    var key: StandInStore.Key {
        StandInStore.Key(kind: kind, namespace: kind.isNamespaced ? namespace ?? "default" : "", name: name)
    }
}

/// What `kubectl` asks before it asks for anything.
enum StandInDiscovery {
    static func document(_ path: String) -> JSONValue? {
        switch path {
        case "/version": return ["major": "1", "minor": "33", "gitVersion": "v1.33.0"]
        case "/api": return ["kind": "APIVersions", "versions": ["v1"]]
        case "/apis":
            let groups = Set(StandInKind.all.map { "\($0.group)/\($0.version)" }).filter { !$0.hasPrefix("/") }.sorted()
            return [
                "kind": "APIGroupList", "apiVersion": "v1",
                "groups": .array(
                    Dictionary(grouping: groups) { $0.split(separator: "/")[0] }.sorted { $0.key < $1.key }.map {
                        let versions = $0.value.map { version -> JSONValue in
                            [
                                "groupVersion": .string(version),
                                "version": .string(String(version.split(separator: "/")[1])),
                            ]
                        }
                        return [
                            "name": .string(String($0.key)), "versions": .array(versions),
                            "preferredVersion": versions[0],
                        ]
                    }),
            ]
        default:
            let apiVersion =
                path.hasPrefix("/apis/") ? path.dropFirst(6) : path.hasPrefix("/api/") ? path.dropFirst(5) : ""
            let kinds = StandInKind.all.filter { $0.apiVersion == apiVersion }
            guard !kinds.isEmpty else { return nil }
            return [
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(String(apiVersion)),
                "resources": .array(
                    kinds.map { kind in
                        [
                            "name": .string(kind.plural), "singularName": .string(kind.kind.lowercased()),
                            "namespaced": .bool(kind.isNamespaced), "kind": .string(kind.kind),
                            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
                        ]
                    }),
            ]
        }
    }
}
