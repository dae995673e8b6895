import Foundation

/// Starts a real nginx with these `server` blocks; it runs until the bench is let go.
func startNginx(_ servers: String, ports: [UInt16], in bench: Bench) throws {
    let folder = bench.file("nginx")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
    let file = folder.appendingPathComponent("nginx.conf")
    let text = """
        daemon off; master_process off; pid \(folder.path)/pid; error_log stderr warn; events {}
        http { \(temporary) client_max_body_size 0; keepalive_requests 1000000;
        \(servers)
        }
        """
    try Data(text.utf8).write(to: file)
    let child = try bench.start("nginx", ["-e", "stderr", "-p", folder.path, "-c", file.path], log: "nginx-log")
    for port in ports {
        try eventually("nginx listens on \(port)") {
            guard child.isRunning else { throw Missing(what: "nginx ended: \(child.output)") }
            return try run("curl", ["-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/ready"], in: bench).status == 0
        }
    }
}
