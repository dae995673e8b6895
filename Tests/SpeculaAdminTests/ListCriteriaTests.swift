import Testing

@testable import SpeculaAdmin

@Test(arguments: [
    ("", 5, 0..<5, 1), ("per_page=2", 5, 0..<2, 2), ("per_page=2&page=2", 5, 2..<4, 3),
    ("per_page=2&page=3", 5, 4..<5, 1), ("per_page=5", 5, 0..<5, 1), ("", 0, 0..<0, 1), ("", 250, 0..<100, 2),
    ("page=3", 250, 200..<250, 1), ("per_page=9223372036854775807", 5, 0..<5, 1),
])
func pageShowsItsPartAndNamesTheNext(query: String, total: Int, items: Range<Int>, next: Int) throws {
    let page = try ListCriteria(query: query).page(of: total).get()
    #expect(page.items == items)
    #expect(page.next == next)
}

@Test(arguments: [
    ("page=3&per_page=2", 4, "invalid request: page: 3, per_page: 2"),
    ("page=2", 0, "invalid request: page: 2, per_page: 100"),
    ("page=0", 5, "invalid request: page: 0"), ("per_page=-1", 5, "invalid request: per_page: -1"),
    ("page=x", 5, "invalid request: page: 0"),
    (
        "page=9223372036854775807&per_page=9223372036854775807", 5,
        "invalid request: page: 9223372036854775807, per_page: 9223372036854775807"
    ),
])
func pageThatIsNotThereIsRefusedInTraefiksWords(query: String, total: Int, message: String) {
    #expect(throws: PageError(message: message)) { try ListCriteria(query: query).page(of: total).get() }
}

@Test(arguments: [
    ("status=DISABLED", true), ("status=enabled", false), ("search=Shop", true), ("search=nothing", false),
    ("serviceName=shop@file", true), ("serviceName=shop@docker", true), ("serviceName=other@file", false),
    ("middlewareName=auth@file", true), ("middlewareName=auth", false), ("", true),
])
func routerIsKeptByItsFilters(query: String, isKept: Bool) {
    let criteria = ListCriteria(query: query)
    let kept =
        criteria.accepts(status: "disabled") && criteria.finds(in: "PathPrefix(`/shop`)", "web@file")
        && criteria.accepts(service: "shop") && criteria.accepts(middlewares: ["auth@file"])
    #expect(kept == isKept)
}

@Test func qualifiedServiceMustBeEqual() {
    #expect(ListCriteria(query: "serviceName=shop@file").accepts(service: "shop@file"))
    #expect(!ListCriteria(query: "serviceName=shop@docker").accepts(service: "shop@file"))
}

@Test(arguments: [
    ("", [1, 3, 2]), ("direction=asc", [1, 3, 2]), ("direction=desc", [2, 3, 1]), ("direction=down", [2, 3, 1]),
])
func listIsOrderedByKeyThenName(query: String, order: [Int]) {
    let items = [(1, "b", 5), (2, "c", 7), (3, "c0", 5)]
    let sorted = ListCriteria(query: query).sorted(items) {
        .number($0.2)
    } name: {
        $0.1
    }
    #expect(sorted.map(\.0) == order)
}

@Test(arguments: [
    ("a=1&b=2", "b", "2"), ("a=1&a=2", "a", "1"), ("a=%41+b%2B", "a", "A b+"), ("a=%4", "a", ""), ("a;b=1", "a;b", ""),
    ("a", "a", ""), ("=x", "", "x"), ("a=b=c", "a", "b=c"),
])
func parametersAreReadAsGoReadsThem(query: String, name: String, value: String) {
    #expect(QueryParameters(query)[name] == value)
}

@Test func allValuesOfOneNameAreKept() {
    #expect(QueryParameters("name[]=a&x=1&name%5B%5D=b").all("name[]") == ["a", "b"])
}
