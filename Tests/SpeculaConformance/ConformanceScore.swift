/// How many steps came out as Traefik's and as Specula's, by theme.
package struct ConformanceScore {
    private struct Theme {
        var steps = 0, traefik = 0, specula = 0
    }
    private var themes: [String: Theme] = [:]
    /// What came out differently from both.
    package private(set) var details = ""

    package init(_ results: [CasePlayer.Result]) {
        for result in results {
            var theme = themes[result.played.theme] ?? Theme()
            for (index, step) in result.played.steps.enumerated() {
                theme.steps += 1
                let isTraefik = result.fits(index, step.traefik), isSpecula = result.fits(index, step.specula)
                if isTraefik { theme.traefik += 1 }
                if isSpecula { theme.specula += 1 }
                if !isTraefik, !isSpecula { details += ConformanceScore.difference(result, index) }
            }
            themes[result.played.theme] = theme
        }
    }

    /// Whether every step is as Traefik's.
    package var isTraefik: Bool { themes.values.allSatisfy { $0.traefik == $0.steps } }
    /// Whether every step is as Specula's.
    package var isSpecula: Bool { themes.values.allSatisfy { $0.specula == $0.steps } }

    /// A line for each theme, and one for all.
    package var table: String {
        var text = ConformanceScore.row("theme", "steps", "as Traefik", "as Specula")
        var all = Theme()
        for (name, theme) in themes.sorted(by: { $0.key < $1.key }) {
            text += ConformanceScore.row(name, "\(theme.steps)", "\(theme.traefik)", "\(theme.specula)")
            all.steps += theme.steps
            all.traefik += theme.traefik
            all.specula += theme.specula
        }
        return text + ConformanceScore.row("all", "\(all.steps)", "\(all.traefik)", "\(all.specula)")
    }

    /// What was expected of a step, and what came.
    package static func difference(_ result: CasePlayer.Result, _ index: Int) -> String {
        let step = result.played.steps[index]
        var text = "\n\(result.played.name), line \(step.line) \(step.about)\n"
        for line in step.specula { text += "  expected  \(line)\n" }
        guard index < result.lines.count else { return text + "  not reached: \(result.failure ?? "")\n" }
        for line in result.lines[index] { text += "  came      \(line)\n" }
        return text
    }

    private static func row(_ cells: String...) -> String {
        let padded = cells.enumerated().map { index, cell in
            let space = String(repeating: " ", count: max(0, 12 - cell.count))
            return index == 0 ? cell + space : space + cell
        }
        return padded.joined() + "\n"
    }
}
