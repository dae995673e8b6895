internal import SpeculaIO

// Signals are blocked before any thread exists, so that no thread but the one that waits for them gets one.
Signals.blockAll()
let status = await CommandLine.run(Array(Swift.CommandLine.arguments.dropFirst()))
Process.exit(status)
