internal import Glibc
internal import SpeculaIO

// Signals are blocked before any thread exists, so that none but the thread that waits for them gets one.
Signals.block()

let arguments = Array(CommandLine.arguments.dropFirst())
// Lives as long as the process. Not on the main thread: the runtime would wait there with all signals let through.
Task.detached { exit(await CommandLineTool.run(arguments)) }
while true { pause() }
