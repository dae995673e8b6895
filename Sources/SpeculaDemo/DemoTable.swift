/// The demo's table: primary and mirrors side by side, as lines of text for a terminal.
struct DemoTable {
    /// What stands above and below the columns.
    struct Frame {
        var seconds: Int
        /// Label and address of what can be opened.
        var links: [(String, String)]
        /// Whether colours and bold may be used.
        var isStyled: Bool
        /// Columns of the terminal.
        var width: Int
    }

    private let frame: Frame
    private let labelWidth = 11
    private let cellWidth: Int

    init(frame: Frame, columns: Int) {
        self.frame = frame
        cellWidth = max(18, min(34, (frame.width - labelWidth - 4) / max(1, columns) - 2))
    }

    /// The whole table.
    ///
    /// - Parameters:
    ///   - figures: counters since the start.
    ///   - recent: what happened within the last `window` seconds.
    ///   - window: how long `recent` took, in seconds.
    /// - Returns: lines without their ends.
    func lines(figures: DemoFigures, recent: DemoFigures, window: Double) -> [String] {
        var lines = [
            style("Specula", .bold) + "  a mirroring gateway: one primary answers, two mirrors get copies, "
                + "clients see only the primary", "",
        ]
        lines.append(row("", figures.columns.map { style(cell($0.name), .bold) }))
        lines.append(row("", figures.columns.map { style(cell(role($0)), $0.askedShare == nil ? .primary : .mirror) }))
        lines.append(rule(figures.columns.count))
        lines.append(row("rate", recent.columns.map { cell(Self.rate(Double($0.requests) / window)) }))
        lines.append(row("5xx", recent.columns.map(errorCell)))
        for (label, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            lines.append(row(label, recent.columns.map { cell(Self.time(quantile, $0.buckets, figures.bounds)) }))
        }
        lines.append(rule(figures.columns.count))
        lines.append(row("requests", figures.columns.map { cell(String($0.requests)) }))
        lines += tally("decisions", figures.columns.map(\.decisions))
        lines += tally("outcomes", figures.columns.map(\.outcomes))
        lines.append("")
        for (label, address) in frame.links { lines.append("  " + pad(label, 10) + " " + style(address, .link)) }
        lines.append("")
        lines.append(
            style("  rates and latencies of the last \(Int(window.rounded())) s, \(running); Ctrl-C ends it", .faint))
        return lines
    }

    private var running: String {
        frame.seconds < 60 ? "running for \(frame.seconds) s" : "running for \(frame.seconds / 60) min"
    }

    /// One line for each reason that was ever seen, the columns side by side.
    private func tally(_ label: String, _ counts: [[DemoFigures.Count]]) -> [String] {
        let seen = counts.map { $0.filter { $0.value > 0 } }
        let height = max(1, seen.map(\.count).max() ?? 0)
        return (0..<height).map { line in
            let cells = seen.enumerated().map { index, column -> String in
                guard line < column.count else { return cell(line == 0 && counts[index].isEmpty ? "-" : "") }
                let name = column[line].name.split(separator: "_").joined(separator: " ")
                let number = String(column[line].value)
                return cell(pad(name, max(1, cellWidth - number.count - 1)) + " " + number)
            }
            return row(line == 0 ? label : "", cells)
        }
    }

    private func role(_ column: DemoFigures.Column) -> String {
        guard let share = column.askedShare else { return "primary" }
        return "mirror of \(Self.percent(share))"
    }

    private func errorCell(_ column: DemoFigures.Column) -> String {
        guard column.requests > 0 else { return cell("-") }
        let share = Double(column.serverErrors) / Double(column.requests)
        let text = cell(Self.percent(share))
        return share > 0.1 ? style(text, .bad) : share > 0.01 ? style(text, .warning) : text
    }

    // MARK: Text

    enum Style: String {
        case bold = "1"
        case faint = "2"
        case primary = "34"
        case mirror = "36"
        case link = "4"
        case warning = "33"
        case bad = "31"
    }

    private func style(_ text: String, _ style: Style) -> String {
        frame.isStyled ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    private func row(_ label: String, _ cells: [String]) -> String {
        "  " + pad(label, labelWidth) + cells.joined(separator: "  ")
    }

    private func rule(_ columns: Int) -> String {
        style("  " + String(repeating: "─", count: labelWidth + columns * (cellWidth + 2) - 2), .faint)
    }

    private func cell(_ text: String) -> String { pad(text, cellWidth) }

    private func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? String(text.prefix(width)) : text + String(repeating: " ", count: width - text.count)
    }

    static func rate(_ perSecond: Double) -> String { "\(decimal(perSecond, 1)) /s" }

    static func percent(_ share: Double) -> String { "\(decimal(share * 100, 1)) %" }

    static func time(_ quantile: Double, _ buckets: [UInt64], _ bounds: [Double]) -> String {
        guard let seconds = BucketQuantile.value(quantile, buckets: buckets, bounds: bounds) else { return "-" }
        guard seconds.isFinite else { return "> \(decimal((bounds.last ?? 0) * 1000, 0)) ms" }
        return seconds < 1 ? "\(decimal(seconds * 1000, 1)) ms" : "\(decimal(seconds, 2)) s"
    }

    /// A number with that many decimals, its trailing zeros cut.
    static func decimal(_ value: Double, _ places: Int) -> String {
        let scale = [1, 10, 100][min(places, 2)]
        let scaled = Int((value * Double(scale)).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: scale)
        guard rest > 0 else { return String(whole) }
        var digits = String(rest + scale).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
