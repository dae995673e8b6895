#ifndef SPECULA_CRE2_H
#define SPECULA_CRE2_H

// RE2 behind a C face: compile once, then ask whether some bytes match. An object is for one thread.

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

void CRE2Destroy(CRE2Expression *expression);

#ifdef __cplusplus
}
#endif

#endif
