import SpeculaRouting
import Testing

@testable import SpeculaUpstream

@Suite struct ServerHealthTests {
    @Test func passiveCheckTakesAServerDownWhenItsWindowIsFull() {
        let health = ServerHealth()
        #expect(!health.passiveFailure(atSecond: 1, windowSeconds: 10, limit: 3))
        #expect(!health.passiveFailure(atSecond: 2, windowSeconds: 10, limit: 3))
        #expect(health.passiveFailure(atSecond: 3, windowSeconds: 10, limit: 3))
    }

    @Test func failuresOutsideTheWindowAreForgotten() {
        let health = ServerHealth()
        #expect(!health.passiveFailure(atSecond: 1, windowSeconds: 10, limit: 2))
        #expect(!health.passiveFailure(atSecond: 11, windowSeconds: 10, limit: 2))
        #expect(health.passiveFailure(atSecond: 12, windowSeconds: 10, limit: 2))
    }

    @Test func healthOutlivesAReloadAndGoesWithItsServer() {
        let book = HealthBook()
        let first = book.health(service: "a", url: "http://127.0.0.1:1")
        _ = first.set(isUp: false)
        book.keep(only: Snapshots.of([("a", Snapshots.balancer([1]))]))
        #expect(!book.health(service: "a", url: "http://127.0.0.1:1").isUp)
        book.keep(only: Snapshots.of([("a", Snapshots.balancer([2]))]))
        #expect(book.health(service: "a", url: "http://127.0.0.1:1").isUp)
    }

    @Test func ticketsGoOnOverReloads() {
        let book = TicketBook()
        #expect(book.ticket("a").next() == 1)
        #expect(book.ticket("a").next() == 2)
        book.keep(only: ["b"])
        #expect(book.ticket("a").next() == 1)
    }
}
