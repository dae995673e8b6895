import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

private func object(_ name: String, version: Int) throws -> KubernetesObject {
    let text = "{apiVersion: v1, kind: Service, metadata: {name: \(name), resourceVersion: '\(version)'}}"
    let tree = try #require(ConfigurationDocument.parseAll(Array(text.utf8), path: "o.yml").trees.first)
    return try #require(KubernetesObject(tree.root))
}

@Test func listingThenWatchingFollowsEventsAndBookmarks() throws {
    var watch = KindWatch()
    #expect(watch.start() == .list(resourceVersion: "0"))
    let (order, changes) = watch.listed([try object("a", version: 1)], resourceVersion: "10000000000")
    #expect(order == .watch(resourceVersion: "10000000000"))
    #expect(changes == [.put(try object("a", version: 1).key)])
    #expect(watch.changed(try object("b", version: 2), isDeleted: false).count == 1)
    watch.bookmarked(resourceVersion: "9")
    #expect(watch.closed(sawNothing: false) == .watch(resourceVersion: "9"))
    #expect(watch.changed(try object("a", version: 11), isDeleted: true) == [.removed(try object("a", version: 1).key)])
    #expect(watch.objects.count == 1)
}

@Test func forgottenVersionIsListedAnewAsADifference() throws {
    var watch = KindWatch()
    _ = watch.start()
    _ = watch.listed([try object("a", version: 1), try object("b", version: 2)], resourceVersion: "2")
    #expect(watch.expired() == .list(resourceVersion: ""))
    #expect(watch.objects.count == 2, "what is known stays until the new list is whole")
    let (_, changes) = watch.listed([try object("b", version: 2), try object("c", version: 3)], resourceVersion: "3")
    #expect(changes == [.removed(try object("a", version: 1).key), .put(try object("c", version: 3).key)])
}

@Test func serverThatForgetsItsOwnListIsNotAskedWithoutEnd() throws {
    var watch = KindWatch()
    _ = watch.start()
    _ = watch.listed([try object("a", version: 1)], resourceVersion: "1")
    #expect(watch.expired() == .list(resourceVersion: ""))
    _ = watch.listed([try object("a", version: 1)], resourceVersion: "1")
    #expect(watch.expired() == .rest(.milliseconds(800)))
    #expect(watch.rested() == .list(resourceVersion: ""))
    _ = watch.listed([try object("a", version: 1)], resourceVersion: "1")
    watch.stood()
    #expect(watch.expired() == .list(resourceVersion: ""))
}

@Test func eventThatCannotBeReadLeadsToANewList() throws {
    var watch = KindWatch()
    _ = watch.start()
    _ = watch.listed([try object("a", version: 1)], resourceVersion: "1")
    #expect(watch.distrusted() == .rest(.milliseconds(800)))
    #expect(watch.rested() == .list(resourceVersion: ""))
    #expect(watch.objects.count == 1)
}

@Test func failuresRestLongerEachTimeAndKeepTheObjects() throws {
    var watch = KindWatch()
    _ = watch.start()
    _ = watch.listed([try object("a", version: 1)], resourceVersion: "1")
    #expect(watch.failed() == .rest(.milliseconds(800)))
    #expect(watch.failed() == .none, "one rest at a time")
    #expect(watch.rested() == .watch(resourceVersion: "1"))
    #expect(watch.closed(sawNothing: true) == .rest(.milliseconds(1600)))
    _ = watch.rested()
    for _ in 0..<10 {
        _ = watch.failed()
        _ = watch.rested()
    }
    #expect(watch.failed() == .rest(.seconds(30)))
    #expect(watch.rested() == .watch(resourceVersion: "1"))
    #expect(watch.failed(retryAfter: .seconds(60)) == .rest(.seconds(60)))
    #expect(watch.objects.count == 1)
}

/// Any order of events and relists ends in what a fresh list would say.
@Test(arguments: 0..<50)
func randomEventsEndLikeAFreshList(seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }
    var server: [String: KubernetesObject] = [:]
    var watch = KindWatch()
    var version = 1
    _ = watch.start()
    _ = watch.listed([], resourceVersion: "1")
    for _ in 0..<100 {
        version += 1
        let name = "s\(random(8))"
        let isDeleted = random(3) == 0
        let changed = try object(name, version: version)
        server[name] = isDeleted ? nil : changed
        switch random(5) {
        case 0:
            if case .rest = watch.expired() { _ = watch.rested() }
            _ = watch.listed(Array(server.values), resourceVersion: "\(version)")
        case 1:
            _ = watch.failed()
            _ = watch.rested()
            _ = watch.changed(changed, isDeleted: isDeleted)
        default: _ = watch.changed(changed, isDeleted: isDeleted)
        }
    }
    #expect(Set(watch.objects.values.map(\.resourceVersion)) == Set(server.values.map(\.resourceVersion)))
}
