/// The dashboard as one HTML document: nothing is fetched but the figures, from the API beside it.
package enum DashboardPage {
    /// The whole document, UTF-8.
    package static let bytes: [UInt8] = Array(document.utf8)

    /// What the browser may do on the page: its own style and script, and questions to the gateway it came from.
    package static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

    private static var document: String {
        let (head, afterStyle) = split(DashboardMarkup.text, at: DashboardMarkup.styleMark)
        let (body, tail) = split(afterStyle, at: DashboardMarkup.scriptMark)
        let script =
            DashboardModel.text + DashboardNumbers.text + DashboardParts.text + DashboardLegs.text
            + DashboardSteering.text
        return head + DashboardStyle.text + body + script + tail
    }

    private static func split(_ text: String, at mark: String) -> (String, String) {
        guard let range = text.firstRange(of: mark) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}
