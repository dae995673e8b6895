package import SpeculaRouting

/// `mirroring.mirrors[].compare`: what of a mirror's answers is held against the primary's.
package struct MirrorCompareConfiguration: ConfigurationSection {
    package enum Body: String, Word { case none, length, exact, json }

    package var status = true
    package var headers: [String] = []
    package var body = Body.none
    package var ignore: [String] = []
    package var percent = Percent(millionths: 1_000_000)
    package var maxBytes = 64 << 10

    package init() {}

    package static let schema = Schema<Self>(
        Field("status", \.status, ours: true, omitsEmpty: false, "Statuses are compared."),
        Field("headers", \.headers, ours: true, "Fields that are compared; of `Set-Cookie` the names of the cookies."),
        Field(
            "body", \.body, ours: true,
            "`length`: how long bodies are; `exact`: their bytes; `json`: what JSON says, whatever the order of members and the "
                + "spelling of numbers and strings."),
        Field(
            "ignore", \.ignore, ours: true,
            "Paths that do not count in JSON: `$.requestId`, `$.items[*].id`, `$..timestamp`, `$['a b']`."),
        Field("percent", \.percent, ours: true, "How many of a hundred copies are compared; decimals are allowed."),
        Field("maxBytes", \.maxBytes, ours: true, "Bytes of a JSON body; of pairs with a longer one it is skipped.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        func fault(_ key: String, _ message: String) {
            let place = node.value(named: key) ?? node
            context.within(key) { $0.error(place, message) }
        }
        if !status, headers.isEmpty, body == .none {
            context.error(node, "compares nothing: there is neither status nor headers nor body")
        }
        for name in headers where !FieldName.isValid(name) { fault("headers", "\"\(name)\" is no name of a field") }
        if !ignore.isEmpty, body != .json { fault("ignore", "only JSON has paths that can be left out: body: json") }
        var steps = 0
        for path in ignore {
            do throws(JSONPathError) {
                steps += try JSONPath(parsing: path).steps.count
            } catch {
                fault("ignore", "\"\(path)\" at \(error.offset): \(error.message)")
            }
        }
        if steps > Self.maxSteps {
            fault("ignore", "the paths have \(steps) steps together, more than \(Self.maxSteps)")
        }
        if !(1...1_000_000).contains(percent.millionths) { fault("percent", "must be more than 0, and at most 100") }
        if !(1...(8 << 20)).contains(maxBytes) { fault("maxBytes", "must be between 1 and \(8 << 20)") }
    }

    /// All paths are followed at once, each step a bit of a word.
    private static let maxSteps = 64

    /// As the data plane reads it.
    package var plan: MirrorComparisonPlan {
        var plan = MirrorComparisonPlan()
        plan.status = status
        plan.fields = headers.map { Array($0.lowercased().utf8) }
        plan.body =
            switch body {
            case .none: .none
            case .length: .length
            case .exact: .exact
            case .json: .json
            }
        plan.ignored = ignore.compactMap { try? JSONPath(parsing: $0) }
        plan.ratioMillionths = Int32(percent.millionths)
        plan.maxBodyBytes = maxBytes
        return plan
    }
}
