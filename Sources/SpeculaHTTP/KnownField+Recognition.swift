/// Recognises the names of fields by their length and a few words, in any case, without building strings.
extension KnownField {
    /// Turns letters of a word to lower case; what else it changes is in no name below.
    private static let lower: UInt64 = 0x2020_2020_2020_2020

    /// The field whose name is the `count` bytes at `start`; `.other` for every name that the gateway gives no meaning.
    @inline(__always)
    static func recognise(_ bytes: Span<UInt8>, from start: Int, count: Int) -> KnownField {
        switch count {
        case 2:
            if bytes.load16(start) | 0x2020 == 0x6574 /* te */ { return .te }
        case 4:
            let tail = bytes.load32(start) | 0x2020_2020
            if tail == word32("host") { return .host }
            if tail == word32("date") { return .date }
            if tail == word32("etag") { return .etag }
            if tail == word32("vary") { return .vary }
        case 6:
            let tail = bytes.load32(start &+ 2) | 0x2020_2020
            if tail == word32("pect"), bytes.load32(start) | 0x2020_2020 == word32("expe") { return .expect }
            if tail == word32("okie"), bytes.load32(start) | 0x2020_2020 == word32("cook") { return .cookie }
            if tail == word32("cept"), bytes.load32(start) | 0x2020_2020 == word32("acce") { return .accept }
            if tail == word32("rver"), bytes.load32(start) | 0x2020_2020 == word32("serv") { return .server }
            if tail == word32("igin"), bytes.load32(start) | 0x2020_2020 == word32("orig") { return .origin }
        case 7:
            let tail = bytes.load32(start &+ 3) | 0x2020_2020
            if tail == word32("iler"), bytes.load32(start) | 0x2020_2020 == word32("trai") { return .trailer }
            if tail == word32("rade"), bytes.load32(start) | 0x2020_2020 == word32("upgr") { return .upgrade }
            if tail == word32("erer"), bytes.load32(start) | 0x2020_2020 == word32("refe") { return .referer }
        case 8:
            let tail = bytes.load64(start) | Self.lower
            if tail == word64("x-scheme") { return .xScheme }
            if tail == word64("location") { return .location }
        case 9:
            let tail = bytes.load64(start &+ 1) | Self.lower
            if tail == word64("-real-ip"), bytes.load64(start) | Self.lower == word64("x-real-i") { return .xRealIp }
            if tail == word64("-api-key"), bytes.load64(start) | Self.lower == word64("x-api-ke") { return .xApiKey }
        case 10:
            let tail = bytes.load64(start &+ 2) | Self.lower
            if tail == word64("nnection"),
                bytes.load64(start) | Self.lower == word64("connecti")
            {
                return .connection
            }
            if tail == word64("ep-alive"),
                bytes.load64(start) | Self.lower == word64("keep-ali")
            {
                return .keepAlive
            }
            if tail == word64("t-cookie"),
                bytes.load64(start) | Self.lower == word64("set-cook")
            {
                return .setCookie
            }
            if tail == word64("er-agent"),
                bytes.load64(start) | Self.lower == word64("user-age")
            {
                return .userAgent
            }
            if tail == word64("acestate"),
                bytes.load64(start) | Self.lower == word64("tracesta")
            {
                return .tracestate
            }
        case 11:
            let tail = bytes.load64(start &+ 3) | Self.lower
            if tail == word64("c-status"),
                bytes.load64(start) | Self.lower == word64("grpc-sta")
            {
                return .grpcStatus
            }
            if tail == word64("ceparent"),
                bytes.load64(start) | Self.lower == word64("tracepar")
            {
                return .traceparent
            }
        case 12:
            let tail = bytes.load64(start &+ 4) | Self.lower
            if tail == word64("ent-type"),
                bytes.load64(start) | Self.lower == word64("content-")
            {
                return .contentType
            }
            if tail == word64("quest-id"),
                bytes.load64(start) | Self.lower == word64("x-reques")
            {
                return .xRequestId
            }
        case 13:
            let tail = bytes.load64(start &+ 5) | Self.lower
            if tail == word64("rization"),
                bytes.load64(start) | Self.lower == word64("authoriz")
            {
                return .authorization
            }
            if tail == word64("-control"),
                bytes.load64(start) | Self.lower == word64("cache-co")
            {
                return .cacheControl
            }
            if tail == word64("modified"),
                bytes.load64(start) | Self.lower == word64("last-mod")
            {
                return .lastModified
            }
        case 14:
            let tail = bytes.load64(start &+ 6) | Self.lower
            if tail == word64("t-length"),
                bytes.load64(start) | Self.lower == word64("content-")
            {
                return .contentLength
            }
        case 15:
            let tail = bytes.load64(start &+ 7) | Self.lower
            if tail == word64("rded-for"),
                bytes.load64(start) | Self.lower == word64("x-forwar")
            {
                return .xForwardedFor
            }
            if tail == word64("rded-uri"),
                bytes.load64(start) | Self.lower == word64("x-forwar")
            {
                return .xForwardedUri
            }
            if tail == word64("encoding"),
                bytes.load64(start) | Self.lower == word64("accept-e")
            {
                return .acceptEncoding
            }
            if tail == word64("language"),
                bytes.load64(start) | Self.lower == word64("accept-l")
            {
                return .acceptLanguage
            }
        case 16:
            let tail = bytes.load64(start &+ 8) | Self.lower
            if tail == word64("nnection"),
                bytes.load64(start) | Self.lower == word64("proxy-co")
            {
                return .proxyConnection
            }
            if tail == word64("ded-host"),
                bytes.load64(start) | Self.lower == word64("x-forwar")
            {
                return .xForwardedHost
            }
            if tail == word64("ded-port"),
                bytes.load64(start) | Self.lower == word64("x-forwar")
            {
                return .xForwardedPort
            }
            if tail == word64("encoding"),
                bytes.load64(start) | Self.lower == word64("content-")
            {
                return .contentEncoding
            }
        case 17:
            let tail = bytes.load64(start &+ 9) | Self.lower
            if tail == word64("encoding"),
                bytes.load64(start) | Self.lower == word64("transfer"),
                bytes.load64(start &+ 8) | Self.lower == word64("-encodin")
            {
                return .transferEncoding
            }
            if tail == word64("ed-proto"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-prot")
            {
                return .xForwardedProto
            }
            if tail == word64("cket-key"),
                bytes.load64(start) | Self.lower == word64("sec-webs"),
                bytes.load64(start &+ 8) | Self.lower == word64("ocket-ke")
            {
                return .secWebsocketKey
            }
        case 18:
            let tail = bytes.load64(start &+ 10) | Self.lower
            if tail == word64("enticate"),
                bytes.load64(start) | Self.lower == word64("proxy-au"),
                bytes.load64(start &+ 8) | Self.lower == word64("thentica")
            {
                return .proxyAuthenticate
            }
            if tail == word64("d-scheme"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-sche")
            {
                return .xForwardedScheme
            }
            if tail == word64("d-server"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-serv")
            {
                return .xForwardedServer
            }
            if tail == word64("d-method"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-meth")
            {
                return .xForwardedMethod
            }
            if tail == word64("d-prefix"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-pref")
            {
                return .xForwardedPrefix
            }
            if tail == word64("mirrored"),
                bytes.load64(start) | Self.lower == word64("x-specul"),
                bytes.load64(start &+ 8) | Self.lower == word64("a-mirror")
            {
                return .xSpeculaMirrored
            }
        case 19:
            let tail = bytes.load64(start &+ 11) | Self.lower
            if tail == word64("rization"),
                bytes.load64(start) | Self.lower == word64("proxy-au"),
                bytes.load64(start &+ 8) | Self.lower == word64("thorizat")
            {
                return .proxyAuthorization
            }
        case 20:
            let tail = bytes.load64(start &+ 12) | Self.lower
            if tail == word64("t-accept"),
                bytes.load64(start) | Self.lower == word64("sec-webs"),
                bytes.load64(start &+ 8) | Self.lower == word64("ocket-ac")
            {
                return .secWebsocketAccept
            }
        case 21:
            let tail = bytes.load64(start &+ 13) | Self.lower
            if tail == word64("-version"),
                bytes.load64(start) | Self.lower == word64("sec-webs"),
                bytes.load64(start &+ 8) | Self.lower == word64("ocket-ve")
            {
                return .secWebsocketVersion
            }
        case 22:
            let tail = bytes.load64(start &+ 14) | Self.lower
            if tail == word64("protocol"),
                bytes.load64(start) | Self.lower == word64("sec-webs"),
                bytes.load64(start &+ 8) | Self.lower == word64("ocket-pr")
            {
                return .secWebsocketProtocol
            }
        case 24:
            let tail = bytes.load64(start &+ 16) | Self.lower
            if tail == word64("tensions"),
                bytes.load64(start) | Self.lower == word64("sec-webs"),
                bytes.load64(start &+ 8) | Self.lower == word64("ocket-ex")
            {
                return .secWebsocketExtensions
            }
        case 27:
            let tail = bytes.load64(start &+ 19) | Self.lower
            if tail == word64("ent-cert"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-tls-"),
                bytes.load64(start &+ 16) | Self.lower == word64("client-c")
            {
                return .xForwardedTlsClientCert
            }
        case 32:
            let tail = bytes.load64(start &+ 24) | Self.lower
            if tail == word64("ert-info"),
                bytes.load64(start) | Self.lower == word64("x-forwar"),
                bytes.load64(start &+ 8) | Self.lower == word64("ded-tls-"),
                bytes.load64(start &+ 16) | Self.lower == word64("client-c")
            {
                return .xForwardedTlsClientCertInfo
            }
        default: break
        }
        return .other
    }
}
