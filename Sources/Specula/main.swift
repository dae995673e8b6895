internal import Glibc
internal import SpeculaIO

// Signals are blocked before any thread exists, so that none but the thread that waits for them gets one.
Signals.block()
// And as long as there is one thread, the table of descriptors grows without a wait.
_ = ProcessLimits.raiseDescriptorLimit()
DescriptorTable.makeFirstRoom()

let arguments = Array(CommandLine.arguments.dropFirst())
// Lives as long as the process. Not on the main thread: the runtime would wait there with all signals let through.
Task.detached {
    let status = await CommandLineTool.run(arguments)
    // Not `exit`: what libraries tidy up there is still in use by tasks and threads that nobody waits for, a provider that reads its
    // files again among them. All that was to be written is written.
    _exit(status)
}
while true { pause() }
