import SpeculaSimulation
import Testing

/// The campaign's runs once more, with TLS on every connection of the gateway.
@Suite(.timeLimit(.minutes(60)))
struct SecureCampaignTests {
    /// Random keys make bytes of other lengths each time: what clients see is held against their requests, not against a run without mirrors.
    @Test(arguments: SimulationSeeds.chosen(default: 24))
    func everySeedIsSurvivedOverTLS(seed: UInt64) throws {
        let veil = try Veil()
        let (world, _) = try Run(seed: seed).play(isMirrored: true, veil: veil)
        for complaint in world.complaints { Issue.record("\(complaint)") }
    }

    @Test func handshakesAreMetAndSessionsGoOn() throws {
        var handshakes = 0
        var resumptions = 0
        for seed in 1...UInt64(6) {
            let veil = try Veil()
            _ = try Run(seed: seed).play(isMirrored: true, veil: veil)
            handshakes += veil.handshakes
            resumptions += veil.resumptions
        }
        #expect(handshakes > 20)
        #expect(resumptions > 0)
    }
}
