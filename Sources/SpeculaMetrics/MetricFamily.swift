/// A family of series: one name, one type, one set of label names.
///
/// Families are made in `MetricCatalog` alone.
package struct MetricFamily: Sendable {
    /// The types of the text format that are used here. (Prometheus exposition formats)
    package enum Kind: UInt8, Sendable {
        case counter, gauge, histogram

        /// As a TYPE line has it.
        package var text: StaticString {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// When its series are there.
    package enum Presence: Sendable {
        /// From the start, or as soon as what they are about is configured.
        case always
        /// After the first thing that counts.
        case afterFirstUse
    }

    package let name: StaticString
    package let kind: Kind
    /// The names of the labels, sorted; header labels come on top.
    package let labels: [StaticString]
    /// One sentence, without a line break.
    package let help: StaticString
    /// The unit that ends the name, for OpenMetrics; empty: none.
    package let unit: StaticString
    package let presence: Presence

    init(
        _ name: StaticString, _ kind: Kind, labels: [StaticString] = [], unit: StaticString = "",
        presence: Presence = .afterFirstUse, _ help: StaticString
    ) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
        self.unit = unit
        self.presence = presence
    }
}
