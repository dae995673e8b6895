/// The books of mirrors: one decision per request and mirror, one outcome per copy.
extension MetricShard {
    /// Counts what was decided about one request and one mirror.
    package func decision(_ mirror: MirrorScope, _ decision: MirrorDecision) {
        cells(of: mirror).add(1, at: MirrorLayout.decisions + Int(decision.rawValue))
    }

    /// Counts how a copy that was sent has ended.
    ///
    /// Call it on the worker that decided to send it.
    package func outcome(_ mirror: MirrorScope, _ outcome: MirrorOutcome) {
        cells(of: mirror).addAfterwards(1, at: MirrorLayout.outcomes + Int(outcome.rawValue))
    }

    /// Counts what came of one pair of answers.
    ///
    /// Call it on the worker that counted the copy's outcome, after that.
    package func compared(_ mirror: MirrorScope, _ result: ComparisonResult) {
        cells(of: mirror).addAfterwards(1, at: MirrorLayout.compared + Int(result.rawValue))
    }

    /// Counts a finished copy by what both sides answered.
    ///
    package func statusPair(_ mirror: MirrorScope, primary: StatusClass, replica: StatusClass) {
        let pair = Int(primary.rawValue) * MirrorLayout.statusClasses + Int(replica.rawValue)
        cells(of: mirror).add(1, at: MirrorLayout.pairs + pair)
    }

    /// Records the time of a mirror divided by the primary's time for the same request; what is no such number is left out.
    package func latencyRatio(_ mirror: MirrorScope, _ ratio: Double) {
        guard ratio >= 0, ratio.isFinite else { return }
        let millionths = UInt64(min(ratio, 1e9) * 1e6)
        let cells = cells(of: mirror)
        cells.add(1, at: MirrorLayout.ratio + HistogramBounds.latencyRatio.bucket(of: millionths))
        cells.add(millionths, at: MirrorLayout.ratioSum)
    }

    private func cells(of mirror: MirrorScope) -> Cells {
        Self.numbered(Int(mirror.number), in: &mirrors, &mirrorLog)
    }
}
