/// toml++ behind a C face: one walk over a document, events in the order of the text.
#ifndef CTOML_H
#define CTOML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What `ctoml_read` reports.
enum ctoml_kind {
    CTOML_TABLE_START = 0,
    CTOML_TABLE_END = 1,
    CTOML_ARRAY_START = 2,
    CTOML_ARRAY_END = 3,
    CTOML_KEY = 4,
    /// A string: its text.
    CTOML_STRING = 5,
    /// Any other value, spelled as text.
    CTOML_LITERAL = 6,
    /// The document is not TOML: the description.
    CTOML_ERROR = 7,
};

/// Called for every event; `text` is lent for the call. Lines and columns count from 1.
typedef void (*ctoml_handler)(
    void *context, int32_t kind, const char *text, size_t length, uint32_t line, uint32_t column);

/// Reads a whole document. Returns 0, or 1 after one `CTOML_ERROR`.
int ctoml_read(const char *text, size_t length, void *context, ctoml_handler handler);

#ifdef __cplusplus
}
#endif

#endif
