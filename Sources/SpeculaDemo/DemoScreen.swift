internal import Glibc
internal import SpeculaIO
internal import Synchronization

/// Draws the demo's table on standard output, on a thread of its own, so that a terminal that stalls holds up nothing else.
final class DemoScreen: Sendable {
    /// Figures are compared with those of so many seconds ago.
    static let window = 10

    private let links: [(String, String)]
    private let read: @Sendable () -> DemoFigures?
    private let isEnding = Atomic(false)
    private let thread = Mutex<WorkerThread?>(nil)

    init(links: [(String, String)], read: @escaping @Sendable () -> DemoFigures?) {
        self.links = links
        self.read = read
    }

    func start() {
        thread.withLock { $0 = WorkerThread.start(name: "demo-table") { [self] in draw() } }
    }

    /// Ends the thread after a last table.
    func stop() {
        isEnding.store(true, ordering: .relaxed)
        thread.withLock { $0 }?.join()
    }

    private func draw() {
        let isTerminal = isatty(1) == 1
        let refusesColour = unsafe getenv("NO_COLOR") != nil
        let isStyled = isTerminal && !refusesColour
        let started = Self.now()
        var history: [(time: Double, figures: DemoFigures)] = []
        var drawn = 0
        var nextPrint = started + 2
        while true {
            let isLast = isEnding.load(ordering: .relaxed)
            let time = Self.now()
            if let figures = read() {
                history.append((time, figures))
                while history.count > 2, time - history[0].time > Double(Self.window) + 0.5 { history.removeFirst() }
                if isTerminal || isLast || time >= nextPrint {
                    nextPrint = time + 10
                    let table = DemoTable(
                        frame: .init(
                            seconds: Int(time - started), links: links, isStyled: isStyled, width: Self.width()),
                        columns: figures.columns.count)
                    let lines = table.lines(
                        figures: figures, recent: figures.since(history[0].figures),
                        window: max(1, time - history[0].time))
                    Self.write(isTerminal ? Self.redraw(lines, over: drawn) : lines.joined(separator: "\n") + "\n\n")
                    drawn = lines.count
                }
            }
            if isLast { return }
            // Short steps, so that the end is not waited for.
            for _ in 0..<10 where !isEnding.load(ordering: .relaxed) { usleep(100_000) }
        }
    }

    /// Moves up over the table before and writes each line over the old one.
    private static func redraw(_ lines: [String], over drawn: Int) -> String {
        (drawn > 0 ? "\u{1B}[\(drawn)A\r" : "") + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    private static func width() -> Int {
        var size = winsize()
        guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(1, buffer.baseAddress.map { unsafe $0 + offset }, buffer.count - offset)
            }
            if count > 0 { offset += count } else if errno != EINTR { return }
        }
    }
}
