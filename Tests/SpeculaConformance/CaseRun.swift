internal import Foundation
internal import Synchronization

/// Plays many cases beside each other.
package enum CaseRun {
    /// Results in the order of the cases; `lanes` of them are played at a time, since they wait more than they work.
    ///
    /// `more` are lines added to every YAML static configuration; `patience` is for each step that does not come out as
    /// expected, in seconds; `each` is called as a case ends.
    package static func play(
        _ cases: [ConformanceCase], binary: String, more: String = "", expecting: CasePlayer.Expecting,
        patience: Double, lanes: Int = 6,
        each: @escaping @Sendable (CasePlayer.Result) -> Void = { _ in }
    ) -> [CasePlayer.Result] {
        let results = Mutex<[Int: CasePlayer.Result]>([:]), next = Mutex(0)
        let group = DispatchGroup()
        for _ in 0..<lanes {
            group.enter()
            Thread.detachNewThread {
                while true {
                    let index = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard index < cases.count else { break }
                    let result = CasePlayer.play(
                        cases[index], binary: binary, more: more, expecting: expecting, patience: patience)
                    results.withLock { $0[index] = result }
                    each(result)
                }
                group.leave()
            }
        }
        group.wait()
        return results.withLock { results in cases.indices.compactMap { results[$0] } }
    }
}
