internal import SpeculaRouting

/// Sticky cookies as Traefik names and prints them.
enum StickyCookieCompiler {
    /// The cookie's name when none is given: made of the qualified service name.
    static func defaultName(for service: String) -> String {
        "_" + Digest.sha1("_TRAEFIK_BACKEND_" + service, digits: 5)
    }

    /// The cookie value that means a server or a child.
    static func value(for name: String) -> String { Digest.sha256(name, digits: 16) }

    /// The plan of a sticky section; nil without a cookie.
    static func plan(_ sticky: StickyConfiguration?, service: String) -> StickyCookiePlan? {
        guard let cookie = sticky?.cookie else { return nil }
        let name = cookie.name.isEmpty ? defaultName(for: service) : cookie.name
        return StickyCookiePlan(name: name, attributes: attributes(cookie))
    }

    /// In the order of Go's `http.Cookie`.
    private static func attributes(_ cookie: StickyConfiguration.Cookie) -> String {
        var text = ""
        if let path = cookie.path, !path.isEmpty { text += "; Path=\(path)" }
        if !cookie.domain.isEmpty { text += "; Domain=\(cookie.domain.drop { $0 == "." })" }
        if cookie.maxAge > 0 { text += "; Max-Age=\(cookie.maxAge)" }
        if cookie.maxAge < 0 { text += "; Max-Age=0" }
        if cookie.httpOnly { text += "; HttpOnly" }
        if cookie.secure { text += "; Secure" }
        switch cookie.sameSite {
        case .unset: break
        case .none: text += "; SameSite=None"
        case .lax: text += "; SameSite=Lax"
        case .strict: text += "; SameSite=Strict"
        }
        return text
    }

    /// What makes a cookie unusable in a `Set-Cookie` field.
    static func problem(_ sticky: StickyConfiguration?) -> String? {
        guard let cookie = sticky?.cookie else { return nil }
        let isToken = cookie.name.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
        }
        guard isToken else { return "invalid cookie name \"\(cookie.name)\"" }
        for value in [cookie.path ?? "", cookie.domain] {
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") }) else {
                return "invalid character in the cookie's attributes"
            }
        }
        return nil
    }
}
