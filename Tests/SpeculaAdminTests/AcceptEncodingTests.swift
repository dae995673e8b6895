import Testing

@testable import SpeculaAdmin

@Test(arguments: [
    ([], false), (["gzip"], true), (["gzip, deflate, br"], true), (["deflate"], false), (["gzip;q=0"], false),
    (["gzip;q=0.5, identity;q=0.8"], false), (["identity;q=0.5, gzip;q=0.8"], true), (["*"], true),
    (["*;q=0"], false), (["*;q=0, gzip"], true), (["identity"], false), (["GZIP ; Q=1"], true),
    (["br", "x-gzip;q=0.1"], true), (["gzip;q=nonsense"], false), (["gzip;q=2"], false), (["identity;q=0"], false),
])
func gzipIsTakenWhereItIsWelcome(values: [String], isGzip: Bool) {
    #expect(AcceptEncoding.prefersGzip(values) == isGzip)
}
