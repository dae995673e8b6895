// Debian's http-parser as an oracle for tests: parses one message and notes what it saw.
#ifndef SPECULA_TESTS_CHTTPPARSER_H
#define SPECULA_TESTS_CHTTPPARSER_H

#include <http_parser.h>
#include <stdint.h>
#include <string.h>

enum { ORACLE_FIELDS = 64 };

struct oracle {
    const char *base;
    // Non-zero when the parser found an error.
    int error;
    int headComplete, messageComplete;
    // Offsets from the message's first byte.
    uint32_t targetStart, targetCount, headEnd, messageEnd;
    uint32_t nameStart[ORACLE_FIELDS], nameCount[ORACLE_FIELDS], valueStart[ORACLE_FIELDS], valueCount[ORACLE_FIELDS];
    int fields, inValue, trailers;
    int method, major, minor, status, keepAlive, chunked, upgrade;
    uint64_t contentLength, payloadCount, payloadHash;
};

static inline int oracle_field(http_parser *p, const char *at, size_t n) {
    struct oracle *o = p->data;
    if (o->inValue || o->fields == 0) {
        if (o->fields == ORACLE_FIELDS) return 1;
        o->fields++;
        o->inValue = 0;
        o->nameStart[o->fields - 1] = at - o->base;
        o->nameCount[o->fields - 1] = 0;
        o->valueStart[o->fields - 1] = 0;
        o->valueCount[o->fields - 1] = 0;
    }
    o->nameCount[o->fields - 1] += n;
    return 0;
}

static inline int oracle_value(http_parser *p, const char *at, size_t n) {
    struct oracle *o = p->data;
    int i = o->fields - 1;
    if (!o->inValue) o->valueStart[i] = at - o->base;
    o->inValue = 1;
    o->valueCount[i] += n;
    return 0;
}

static inline int oracle_url(http_parser *p, const char *at, size_t n) {
    struct oracle *o = p->data;
    if (o->targetCount == 0) o->targetStart = at - o->base;
    o->targetCount += n;
    return 0;
}

static inline int oracle_head(http_parser *p) {
    struct oracle *o = p->data;
    o->headComplete = 1;
    o->method = p->method;
    o->major = p->http_major;
    o->minor = p->http_minor;
    o->status = p->status_code;
    o->chunked = (p->flags & F_CHUNKED) != 0;
    o->contentLength = p->content_length;
    o->upgrade = p->upgrade;
    o->keepAlive = http_should_keep_alive(p);
    o->trailers = o->fields;
    return 0;
}

static inline int oracle_body(http_parser *p, const char *at, size_t n) {
    struct oracle *o = p->data;
    o->payloadCount += n;
    for (size_t i = 0; i < n; i++) o->payloadHash = o->payloadHash * 31 + (uint8_t)at[i];
    return 0;
}

static inline int oracle_message(http_parser *p) {
    struct oracle *o = p->data;
    o->messageComplete = 1;
    http_parser_pause(p, 1);
    return 0;
}

// Parses the first message of `bytes`; `isResponse` chooses its kind.
static inline void oracle_parse(const uint8_t *bytes, size_t count, int isResponse, struct oracle *o) {
    memset(o, 0, sizeof *o);
    o->base = (const char *)bytes;
    http_parser parser;
    http_parser_init(&parser, isResponse ? HTTP_RESPONSE : HTTP_REQUEST);
    parser.data = o;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = oracle_url;
    settings.on_header_field = oracle_field;
    settings.on_header_value = oracle_value;
    settings.on_headers_complete = oracle_head;
    settings.on_body = oracle_body;
    settings.on_message_complete = oracle_message;
    size_t done = http_parser_execute(&parser, &settings, o->base, count);
    int error = HTTP_PARSER_ERRNO(&parser);
    o->error = error == HPE_PAUSED ? 0 : error;
    o->messageEnd = done;
}

#endif
