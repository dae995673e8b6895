internal import Glibc
internal import SpeculaIO

// Signals are blocked in the first line, before any thread exists, so that none but the thread that waits for them gets
// one. The main thread itself only sleeps: were it to run the main queue, as top-level `await` has it, the runtime would
// unblock its signals, and the first of them would kill the process.
Signals.block()
Task.detached { exit(await CommandLineTool.run(Array(CommandLine.arguments.dropFirst()))) }
while true { pause() }
