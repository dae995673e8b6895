internal import Glibc
internal import SpeculaIO

// Signals are blocked before any thread exists, so that none but the thread that waits for them gets one.
Signals.block()
exit(await CommandLineTool.run(Array(CommandLine.arguments.dropFirst())))
