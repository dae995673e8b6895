import Testing

@testable import SpeculaRouting

struct RuleTests {
    @Test func unknownMatcherNamesTheNearest() {
        #expect(throws: RuleError(offset: 0, message: "unknown matcher \"PathPerfix\" (did you mean PathPrefix?)")) {
            try Rule(parsing: "PathPerfix(`/`)")
        }
    }
}
