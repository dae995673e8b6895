#include "CRE2.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <re2/re2.h>

struct CRE2Expression {
    RE2 re;
    CRE2Expression(const re2::StringPiece &pattern, const RE2::Options &options) : re(pattern, options) {}
};

namespace {

// What one expression may hold, its caches included: a small share first, more for patterns that need it to be compiled at all.
constexpr int64_t smallBudget = 1 << 20;
constexpr int64_t largeBudget = 64 << 20;

// Bytes of the UTF-8 sequence at `p`, or 0 if there is none (RFC 3629: no overlong form, no surrogate).
size_t sequenceCount(const uint8_t *p, const uint8_t *end) {
    uint8_t b = p[0];
    if (b < 0x80) return 1;
    size_t n = b >= 0xC2 && b <= 0xDF ? 2 : (b & 0xF0) == 0xE0 ? 3 : b >= 0xF0 && b <= 0xF4 ? 4 : 0;
    if (n == 0 || size_t(end - p) < n) return 0;
    uint8_t low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    uint8_t high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    return n;
}

bool isValid(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        size_t n = sequenceCount(p, end);
        if (n == 0) return false;
        p += n;
    }
    return true;
}

// The text with U+FFFD in place of each byte that is no UTF-8.
std::string repaired(const uint8_t *p, const uint8_t *end) {
    std::string out;
    while (p < end) {
        size_t n = sequenceCount(p, end);
        if (n == 0) {
            out.append("\xEF\xBF\xBD", 3);
            p += 1;
        } else {
            out.append(reinterpret_cast<const char *>(p), n);
            p += n;
        }
    }
    return out;
}

}  // namespace

CRE2Expression *CRE2Compile(const uint8_t *pattern, size_t count, char *message, size_t capacity) {
    re2::StringPiece piece(reinterpret_cast<const char *>(pattern), count);
    RE2::Options options;
    options.set_log_errors(false);
    CRE2Expression *expression = nullptr;
    for (int64_t budget : {smallBudget, largeBudget}) {
        options.set_max_mem(budget);
        delete expression;
        expression = new (std::nothrow) CRE2Expression(piece, options);
        if (expression == nullptr || expression->re.error_code() != RE2::ErrorPatternTooLarge) break;
    }
    if (expression != nullptr && expression->re.ok()) return expression;
    if (capacity > 0) {
        std::string reason = expression == nullptr ? std::string("no memory") : expression->re.error();
        size_t n = std::min(reason.size(), capacity - 1);
        std::memcpy(message, reason.data(), n);
        message[n] = 0;
    }
    delete expression;
    return nullptr;
}

bool CRE2Matches(const CRE2Expression *expression, const uint8_t *text, size_t count) {
    const uint8_t *end = text + count;
    re2::StringPiece piece(reinterpret_cast<const char *>(text), count);
    if (isValid(text, end)) return expression->re.Match(piece, 0, count, RE2::UNANCHORED, nullptr, 0);
    std::string sound = repaired(text, end);
    return expression->re.Match(sound, 0, sound.size(), RE2::UNANCHORED, nullptr, 0);
}

size_t CRE2GroupCount(const CRE2Expression *expression) { return size_t(expression->re.NumberOfCapturingGroups()); }

size_t CRE2GroupNamed(const CRE2Expression *expression, const uint8_t *name, size_t count) {
    const auto &groups = expression->re.NamedCapturingGroups();
    auto found = groups.find(std::string(reinterpret_cast<const char *>(name), count));
    return found == groups.end() ? 0 : size_t(found->second);
}

bool CRE2Find(
    const CRE2Expression *expression, const uint8_t *text, size_t count, size_t from, ptrdiff_t *bounds,
    size_t boundCount) {
    // No null pointer, even for nothing: a group that took no part is told by one.
    const char *base = text == nullptr ? "" : reinterpret_cast<const char *>(text);
    std::vector<re2::StringPiece> found(boundCount / 2);
    if (!expression->re.Match(
            re2::StringPiece(base, count), from, count, RE2::UNANCHORED, found.data(), int(found.size())))
        return false;
    for (size_t i = 0; i < found.size(); i++) {
        bool took = found[i].data() != nullptr;
        bounds[2 * i] = took ? found[i].data() - base : -1;
        bounds[2 * i + 1] = took ? bounds[2 * i] + ptrdiff_t(found[i].size()) : -1;
    }
    return true;
}

void CRE2Destroy(CRE2Expression *expression) { delete expression; }
