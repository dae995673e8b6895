internal import KubernetesStandIn

/// `apiserver PORT`: the stand-in on 127.0.0.1, until it is killed; for trying it with kubectl.
let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 0
let standIn = try await StandIn.start(port: port)
FileOutput.line("http://127.0.0.1:\(standIn.port)")
while true { try await Task.sleep(for: .seconds(3600)) }
