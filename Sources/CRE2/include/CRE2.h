#ifndef SPECULA_CRE2_H
#define SPECULA_CRE2_H

// RE2 behind a C face: compile once, then ask whether some bytes match, and where. An object is for one thread.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CRE2Expression CRE2Expression;

/// Compiles a pattern. NULL when it is refused; then `message` holds the reason, cut to `capacity` and ended by a zero byte.
CRE2Expression *CRE2Compile(const uint8_t *pattern, size_t count, char *message, size_t capacity);

/// True if the expression matches somewhere in the text. Bytes that are no UTF-8 count as U+FFFD each, as in Go.
bool CRE2Matches(const CRE2Expression *expression, const uint8_t *text, size_t count);

/// How many groups an expression captures, the whole match not counted.
size_t CRE2GroupCount(const CRE2Expression *expression);

/// The number of the group of that name; 0: there is none.
size_t CRE2GroupNamed(const CRE2Expression *expression, const uint8_t *name, size_t count);

/// True if the expression matches at `from` or behind it; what is before counts for `^` and `\b`. The text must be UTF-8.
/// `bounds` takes the begin and the end of the match and of each group, -1 and -1 where a group took no part.
bool CRE2Find(
    const CRE2Expression *expression, const uint8_t *text, size_t count, size_t from, ptrdiff_t *bounds,
    size_t boundCount);

void CRE2Destroy(CRE2Expression *expression);

#ifdef __cplusplus
}
#endif

#endif
