/// Which requests a mirror of some percent gets, as a pure function of the request's ticket.
package enum MirrorSample {
    /// Equal to Traefik's counter at every whole percent: the first request is chosen, and after n requests
    /// n · ratio of them, rounded up; exact whatever the number of workers.
    ///
    /// Tickets count from 1; the ratio goes from 0 to 1,000,000: 12.5 % is 125,000.
    package static func isChosen(ticket: UInt64, ratioMillionths: Int32) -> Bool {
        guard ratioMillionths > 0 else { return false }
        let whole: UInt64 = 1_000_000
        let ratio = min(UInt64(ratioMillionths), whole)
        // The product of both may pass 64 bits; only its remainder counts.
        let remainder = ((ticket &- 1) % whole) * ratio % whole
        return remainder == 0 || remainder + ratio > whole
    }
}
