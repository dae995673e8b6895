/* A server for benches and tests: a fast healthy one, or one that is broken in one exact way.
 *
 *   peer KIND [--port N] [--delay MS] [--hash] [--life SECONDS] [--tied]
 *
 * Prints "port P stats S". P serves HTTP/1.1: GET /b/N answers N bytes of the pattern, /c/N the same chunked, anything else 100 bytes;
 * a request body is read to its end first. S answers any GET with one line of JSON: what has arrived so far.
 * With --hash it also sums a hash of each whole request (its line and body; its whole head), so that two servers that got
 * the same requests in any order show the same sums. With --tied it ends when its standard input does.
 *
 * KIND: healthy, delay (answers after --delay, default 5000 ms), slow-body (one byte each 100 ms), backlog (listens, its
 * queue is full), blackhole (connection attempts are swallowed), refuse, reset-accept, reset-body, never-read, early-413,
 * endless, storm-1xx, garbage, mixed (each connection one of these), silent-names (a name server on UDP that never answers).
 */
#include "net.h"
#include <linux/filter.h>
#include <strings.h>

enum Kind { HEALTHY, DELAY, SLOW_BODY, BACKLOG, BLACKHOLE, REFUSE, RESET_ACCEPT, RESET_BODY, NEVER_READ, EARLY_413, ENDLESS, STORM, GARBAGE, MIXED, SILENT_NAMES, KINDS };
static const char *const kind_names[KINDS] = {"healthy", "delay", "slow-body", "backlog", "blackhole", "refuse", "reset-accept", "reset-body", "never-read", "early-413", "endless", "storm-1xx", "garbage", "mixed", "silent-names"};
/* What `mixed` draws from: the kinds that show after a connection was accepted. */
static const enum Kind drawn[] = {HEALTHY, HEALTHY, HEALTHY, DELAY, SLOW_BODY, RESET_ACCEPT, RESET_BODY, EARLY_413, STORM, GARBAGE};

typedef struct Connection Connection;
struct Connection {
    int fd, closed, waiting, hang;   /* hang: nothing more is read */
    enum Kind kind;
    enum { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER } state;
    size_t have;                     /* bytes of the head so far */
    uint64_t left, hash, head_hash;  /* body bytes to come */
    uint64_t answer, sent_body;      /* body bytes of the answer still to write; where in the pattern */
    int answer_chunked, close_after;
    char *held;                      /* received behind a request whose answer is not out yet */
    size_t held_count;
    char *out;
    size_t out_start, out_count, out_room;
    uint64_t due;
    Connection *next, *timed;
    char head[32 * 1024];
};
static struct { uint64_t connections, open, started, whole, body_bytes, digest, head_digest; } books;
static Connection *condemned, *timed;
static enum Kind kind;
static unsigned delay_ms = 5000;
static int hashing, epoll;
static char scratch[256 * 1024];

static uint64_t fnv(uint64_t h, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)p[i]) * 0x100000001b3u;
    return h;
}

static void drop(Connection *c, int reset) {
    if (c->closed) return;
    struct linger l = {1, 0};
    if (reset) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(c->fd);
    c->closed = 1;
    c->next = condemned;
    condemned = c;
    books.open--;
}

static void out(Connection *c, const char *bytes, size_t n) {
    if (c->out_start + c->out_count + n > c->out_room) {
        if (c->out_count > 0) memmove(c->out, c->out + c->out_start, c->out_count);
        c->out_start = 0;
        if (c->out_count + n > c->out_room) c->out = realloc(c->out, c->out_room = (c->out_count + n) * 2);
    }
    memcpy(c->out + c->out_start + c->out_count, bytes, n);
    c->out_count += n;
}

static void wait_until(Connection *c, uint64_t due) {
    c->due = due;
    if (c->waiting) return;
    c->waiting = 1;
    c->timed = timed;
    timed = c;
}

/* Writes what is queued, then the rest of a big answer; returns 1 when all is out. */
static int flush(Connection *c) {
    for (;;) {
        if (c->out_count > 0) {
            ssize_t n = send(c->fd, c->out + c->out_start, c->out_count, MSG_NOSIGNAL);
            if (n < 0) { if (errno != EAGAIN) drop(c, 0); return 0; }
            c->out_start += (size_t)n;
            if ((c->out_count -= (size_t)n) > 0) return 0;
            c->out_start = 0;
        }
        if (c->answer == 0) {
            if (c->close_after) drop(c, c->kind == RESET_BODY);
            return !c->closed;
        }
        if (c->kind == SLOW_BODY) { wait_until(c, now_ns() + 100000000u); return 0; }
        if (c->kind == STORM) { for (int i = 0; i < 100; i++) out(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 41); continue; }
        size_t at = (size_t)(c->sent_body % PATTERN_PERIOD), n = sizeof pattern - PATTERN_PERIOD;
        if (n > c->answer) n = (size_t)c->answer;
        if (c->answer_chunked) {
            char size[24];
            if (n > 8192) n = 8192;
            out(c, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", n));
            out(c, pattern + at, n);
            out(c, n == c->answer ? "\r\n0\r\n\r\n" : "\r\n", n == c->answer ? 7 : 2);
            c->sent_body += n;
            if (c->kind != ENDLESS) c->answer -= n;
            continue;
        }
        ssize_t sent = send(c->fd, pattern + at, n, MSG_NOSIGNAL);
        if (sent < 0) { if (errno != EAGAIN) drop(c, 0); return 0; }
        c->sent_body += (uint64_t)sent;
        if (c->kind != ENDLESS) c->answer -= (uint64_t)sent;
        if ((size_t)sent < n) return 0;
    }
}

static void answer(Connection *c) {
    char text[256];
    uint64_t size = 100;
    const char *space = memchr(c->head, ' ', c->have);
    int chunked = 0, is_head = strncmp(c->head, "HEAD ", 5) == 0;
    if (space && space[1] == '/' && (space[2] == 'b' || space[2] == 'c') && space[3] == '/') {
        size = strtoull(space + 4, NULL, 10);
        chunked = space[2] == 'c';
    }
    if (c->kind == GARBAGE) { out(c, "\x16\x03\x01 this is no http\r\n\r\n", 23); c->close_after = 1; return; }
    if (c->kind == EARLY_413) {
        out(c, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly", 78);
        c->close_after = 1;
        return;
    }
    if (c->kind == ENDLESS) chunked = 1;
    if (c->kind == STORM) { c->answer = 1; return; }
    if (c->kind == SLOW_BODY && size < 1000) size = 1000;
    int n = chunked ? snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
                    : snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %llu\r\n\r\n", (unsigned long long)size);
    out(c, text, (size_t)n);
    c->sent_body = 0;
    c->answer_chunked = chunked;
    c->answer = is_head ? 0 : size;
    if (chunked && !size && !is_head && c->kind != ENDLESS) out(c, "0\r\n\r\n", 5);
    if (c->kind == ENDLESS) c->answer = 1 << 20;
    if (c->kind == RESET_BODY) { out(c, pattern, c->answer / 2 < 4096 ? (size_t)c->answer / 2 : 4096); c->answer = 0; c->close_after = 1; return; }
    if (!chunked && c->answer > 0 && c->answer <= 16384 && c->kind != SLOW_BODY) {
        out(c, pattern, (size_t)c->answer);
        c->answer = 0;
    }
}

static void whole(Connection *c) {
    books.whole++;
    if (hashing) { books.digest += c->hash; books.head_digest += c->head_hash; }
    c->state = HEAD;
    if (c->kind == DELAY) { c->hang = 1; wait_until(c, now_ns() + delay_ms * 1000000ull); return; }
    answer(c);
    c->have = 0;
}

/* A whole head has arrived: what kind of body follows? Returns 0 when the connection is not to be read on. */
static int begin(Connection *c) {
    books.started++;
    if (hashing) {
        const char *line_end = memchr(c->head, '\r', c->have);
        c->hash = fnv(0xcbf29ce484222325u, c->head, line_end ? (size_t)(line_end - c->head) : c->have);
        c->head_hash = fnv(0xcbf29ce484222325u, c->head, c->have);
    }
    const char *length = field(c->head, c->have, "content-length"), *coding = field(c->head, c->have, "transfer-encoding");
    if (field(c->head, c->have, "expect")) out(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    c->left = length ? strtoull(length, NULL, 10) : 0;
    if (c->kind == EARLY_413) { answer(c); flush(c); return 0; }
    if (c->kind == RESET_BODY && (coding || c->left > 0)) { drop(c, 1); return 0; }
    if (coding) c->state = CHUNK_SIZE, c->left = 0;
    else if (c->left > 0) c->state = LENGTH;
    else whole(c);
    return 1;
}

/* Takes received bytes until they are used up or the connection must wait for its answer to leave; returns how many. */
static size_t take(Connection *c, const char *bytes, size_t n) {
    size_t at = 0;
    while (at < n && !c->closed && !c->hang && c->answer == 0 && !c->close_after) {
        const char *p = bytes + at;
        size_t rest = n - at;
        switch (c->state) {
        case HEAD: {
            size_t before = c->have, room = sizeof c->head - c->have;
            if (room == 0) { drop(c, 1); return n; }
            size_t k = rest < room ? rest : room;
            memcpy(c->head + before, p, k);
            char *end = memmem(c->head + (before > 3 ? before - 3 : 0), before + k - (before > 3 ? before - 3 : 0), "\r\n\r\n", 4);
            if (!end) { c->have += k; at += k; break; }
            c->have = (size_t)(end + 4 - c->head);
            at += c->have - before;
            if (!begin(c)) return n;
            break;
        }
        case LENGTH:
        case CHUNK_DATA: {
            size_t k = rest < c->left ? rest : (size_t)c->left;
            if (hashing) c->hash = fnv(c->hash, p, k);
            books.body_bytes += k;
            at += k;
            if ((c->left -= k) == 0) {
                if (c->state == LENGTH) whole(c);
                else c->state = CHUNK_END;
            }
            break;
        }
        case CHUNK_SIZE:
            at++;
            if (*p == '\n') c->state = c->left ? CHUNK_DATA : TRAILER;
            else if (*p != '\r') c->left = c->left * 16 + (uint64_t)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
            break;
        case CHUNK_END:
            at++;
            if (*p == '\n') c->state = CHUNK_SIZE;
            break;
        case TRAILER: /* nobody sends trailers here: an empty line ends it */
            at++;
            if (*p == '\n') whole(c);
            break;
        }
    }
    return at;
}

static void receive(Connection *c) {
    while (!c->closed && !c->hang && c->kind != NEVER_READ && c->answer == 0 && c->out_count == 0) {
        const char *bytes = c->held;
        ssize_t n = (ssize_t)c->held_count;
        if (n == 0) {
            n = recv(c->fd, scratch, sizeof scratch, 0);
            if (n <= 0) {
                if (n == 0 || errno != EAGAIN) drop(c, 0);
                return;
            }
            bytes = scratch;
        }
        size_t used = take(c, bytes, (size_t)n), rest = (size_t)n - used;
        if (c->closed) return;
        char *held = rest ? memcpy(malloc(rest), bytes + used, rest) : NULL;
        free(c->held);
        c->held = held;
        c->held_count = rest;
        if (!flush(c)) return;
        if (rest == 0 && n < (ssize_t)sizeof scratch && bytes == scratch) return;
    }
}

/* What is left of a connection's answer when its time has come. Returns 1 while it keeps a timer. */
static int tick(Connection *c, uint64_t now) {
    if (c->closed) return 0;
    if (c->due > now) return 1;
    if (c->kind == SLOW_BODY && c->answer > 0) {
        c->due = now + 100000000u;
        if (send(c->fd, "s", 1, MSG_NOSIGNAL) == 1) c->answer--;
        else if (errno != EAGAIN) { drop(c, 0); return 0; }
        if (c->answer > 0) return 1;
        c->waiting = 0;
        receive(c);
        return 0;
    }
    c->waiting = 0;
    if (c->kind == DELAY && c->hang) {
        c->hang = 0;
        answer(c);
        c->have = 0;
        if (flush(c)) receive(c);
    }
    return 0;
}

static void turn(Connection **list, uint64_t now) {
    Connection *old = *list;
    *list = NULL;
    while (old) {
        Connection *c = old, *next = c->timed;
        c->timed = NULL;
        if (tick(c, now)) { c->timed = *list; *list = c; }
        old = next;
    }
}

static void accepted(int fd) {
    static uint64_t dice = 88172645463325252u;
    Connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    c->kind = kind;
    books.connections++;
    books.open++;
    if (kind == MIXED) {
        dice ^= dice << 13; dice ^= dice >> 7; dice ^= dice << 17;
        c->kind = drawn[dice % (sizeof drawn / sizeof *drawn)];
    }
    no_delay(fd);
    if (c->kind == RESET_ACCEPT) { drop(c, 1); return; }
    watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
}

static void report(int listener) {
    char text[512];
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        struct timeval patience = {0, 200000};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (recv(fd, scratch, sizeof scratch, 0) <= 0) { close(fd); continue; }
        int n = snprintf(text, sizeof text, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"connections\":%llu,\"open\":%llu,\"started\":%llu,\"whole\":%llu,\"body_bytes\":%llu,\"digest\":%llu,\"head_digest\":%llu}\n",
            (unsigned long long)books.connections, (unsigned long long)books.open, (unsigned long long)books.started, (unsigned long long)books.whole,
            (unsigned long long)books.body_bytes, (unsigned long long)books.digest, (unsigned long long)books.head_digest);
        if (write(fd, text, (size_t)n) < 0) perror("stats");
        close(fd);
    }
}

/* Makes the kernel drop every connection attempt to this listener, as a host that is not there would. */
static void swallow(int fd) {
    struct sock_filter none = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog program = {1, &none};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) die("filter");
}

int main(int argc, char **argv) {
    int port = 0, stats_port = 0, life = 3600, tied = 0;
    kind = KINDS;
    for (int i = 0; argc > 1 && i < KINDS; i++) if (!strcmp(argv[1], kind_names[i])) kind = (enum Kind)i;
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--hash")) hashing = 1;
        else if (!strcmp(argv[i], "--tied")) tied = 1;
        else if (!strcmp(argv[i], "--port") && i + 1 < argc) port = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--delay") && i + 1 < argc) delay_ms = (unsigned)atoi(argv[++i]);
        else if (!strcmp(argv[i], "--life") && i + 1 < argc) life = atoi(argv[++i]);
        else kind = KINDS;
    }
    if (kind == KINDS) { fprintf(stderr, "usage: peer KIND [--port N] [--delay MS] [--hash] [--life SECONDS] [--tied]\n"); return 2; }
    bound_life((unsigned)life, tied);
    make_pattern();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int stats = listen_on(&stats_port, 64, 0), listener = -1;
    if (kind == SILENT_NAMES) {
        listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in a = loopback(port ? port : 53);
        a.sin_addr.s_addr = htonl(0x7f000055); /* 127.0.0.85 */
        if (bind(listener, (struct sockaddr *)&a, sizeof a) < 0) die("bind 127.0.0.85:53");
        port = ntohs(a.sin_port);
    } else {
        listener = listen_on(&port, kind == REFUSE ? -1 : kind == BACKLOG ? 0 : 4096, 0);
        if (kind == NEVER_READ) { int small = 4096; setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small); }
        if (kind == BLACKHOLE) swallow(listener);
        if (kind == BACKLOG) for (int i = 0; i < 4; i++) connect_to(port);
    }
    watch(epoll, stats, EPOLLIN, &stats);
    if (tied) watch(epoll, 0, EPOLLIN, &tied);
    if (kind != BACKLOG && kind != REFUSE && kind != BLACKHOLE && kind != SILENT_NAMES) watch(epoll, listener, EPOLLIN, &listener);
    printf("port %d stats %d\n", port, stats_port);
    fflush(stdout);
    for (struct epoll_event events[256];;) {
        int n = epoll_wait(epoll, events, 256, timed ? 5 : -1);
        for (int i = 0; i < n; i++) {
            void *who = events[i].data.ptr;
            if (who == &tied) { if (read(0, scratch, 64) <= 0) return 0; continue; }
            if (who == &stats) { report(stats); continue; }
            if (who == &listener) {
                for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) accepted(fd);
                continue;
            }
            Connection *c = who;
            if (c->closed) continue;
            if (events[i].events & (EPOLLHUP | EPOLLERR)) { drop(c, 0); continue; }
            if (events[i].events & EPOLLRDHUP && c->kind == NEVER_READ) { drop(c, 0); continue; }
            if (events[i].events & EPOLLOUT && (c->out_count > 0 || c->answer > 0) && !c->waiting && !flush(c)) continue;
            receive(c);
        }
        if (timed) turn(&timed, now_ns());
        for (Connection *c = condemned, *next; c; c = next) {
            next = c->next;
            Connection **p = &timed;
            while (*p && *p != c) p = &(*p)->timed;
            if (*p) *p = c->timed;
            free(c->out);
            free(c->held);
            free(c);
        }
        condemned = NULL;
    }
}
