/* A client for benches and tests: as fast as it can (closed loop), or at a fixed rate whatever the answers do (open loop).
 *
 *   load --port P [--path /b/100] [--host NAME] [--method GET] [--body N] [--chunked] [--connections 32] [--pipeline 1] [--fresh]
 *        [--requests N] [--seconds S] [--rate R] [--warmup N] [--timeout S] [--verify] [--idle] [--touch] [--hosts N] [--field N] [--gzip]
 *
 * Prints one line of JSON. With --rate a request's latency counts from the instant it was due, not from when a connection was free
 * for it, so a stall is felt by every request that it delays. --verify checks each answer: 200 and the pattern of peer.c, every byte.
 * --field N adds a field of N bytes to each head. --gzip asks for compressed answers, which it takes as they are.
 * --hosts N asks host-1.test to host-N.test in turn, in heads of one length. --fresh opens a connection per request. --idle opens the connections (with --touch: one request on each), prints "ready" and holds
 * them until standard input ends. Always bounded: by --requests or --seconds (default 5), and each request by --timeout (default 10 s).
 */
#include "net.h"
#include <strings.h>

typedef struct Connection {
    int fd, open, connected, status, in_head, chunked, keep;
    uint64_t born[64];          /* when each request in flight was due */
    int first, in_flight;
    uint64_t to_send, sent;     /* bytes of the batch being written */
    int64_t body_left;          /* -1: until the end of the stream */
    uint64_t body_seen, chunk_left;
    int chunk_state, mismatch;
    size_t have;
    const char *asks;           /* the request being sent, which with --hosts is another each time */
    char head[16384];
} Connection;

static struct { uint64_t done, connect, reset, status, timeout, mismatch, bytes; uint64_t *latency, count, room; } result;
static int port, connections = 32, pipeline = 1, fresh, verify, chunked, idle, touch, gzip, epoll;
static const char *path = "/b/100", *host = "bench.test", *method = "GET";
static uint64_t body_bytes, field_bytes, requests, warmup, started, issued;
static double seconds = 5, rate, patience = 10;
static char *request;           /* the whole request when it is small, else its head */
static size_t request_bytes, request_head;
static uint64_t whole_bytes, hosts;
static char **requests_by_host;
static char scratch[256 * 1024];
static Connection *all;
static uint64_t begin_at, end_at, give_up;

static void record(uint64_t ns) {
    if (result.done++ < warmup) return;
    if (result.count == result.room) result.latency = realloc(result.latency, (result.room = result.room ? result.room * 2 : 1 << 16) * sizeof *result.latency);
    result.latency[result.count++] = ns;
}

static void make_request(void) {
    size_t room = 4096 + strlen(path) + field_bytes + (body_bytes < (16u << 20) ? body_bytes + body_bytes / 8192 * 16 + 64 : 0);
    request = malloc(room);
    request_head = (size_t)snprintf(request, room, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\n%s%s", method, path, host, fresh ? "Connection: close\r\n" : "",
        gzip ? "Accept-Encoding: gzip\r\n" : "");
    if (field_bytes) {
        request_head += (size_t)sprintf(request + request_head, "X-Field: ");
        memset(request + request_head, 'x', field_bytes);
        request_head += field_bytes;
        request_head += (size_t)sprintf(request + request_head, "\r\n");
    }
    if (chunked) request_head += (size_t)sprintf(request + request_head, "Transfer-Encoding: chunked\r\n\r\n");
    else if (body_bytes) request_head += (size_t)sprintf(request + request_head, "Content-Length: %llu\r\n\r\n", (unsigned long long)body_bytes);
    else request_head += (size_t)sprintf(request + request_head, "\r\n");
    request_bytes = request_head;
    whole_bytes = request_head + body_bytes;
    if (chunked) {
        for (uint64_t at = 0; at < body_bytes;) {
            size_t n = body_bytes - at < 8192 ? (size_t)(body_bytes - at) : 8192;
            request_bytes += (size_t)sprintf(request + request_bytes, "%zx\r\n", n);
            memcpy(request + request_bytes, pattern + at % PATTERN_PERIOD, n);
            request_bytes += n;
            at += n;
            memcpy(request + request_bytes, "\r\n", 2);
            request_bytes += 2;
        }
        memcpy(request + request_bytes, "0\r\n\r\n", 5);
        whole_bytes = request_bytes += 5;
    } else if (body_bytes < (16u << 20)) {
        for (uint64_t at = 0; at < body_bytes; at++) request[request_bytes++] = pattern[at % PATTERN_PERIOD];
    }
}

/* A request for each host, all of one length: what a shorter number lacks, the User-Agent has more. */
static void make_requests_by_host(void) {
    requests_by_host = calloc(hosts, sizeof *requests_by_host);
    for (uint64_t i = 0; i < hosts; i++) {
        char name[32];
        int digits = snprintf(name, sizeof name, "%llu", (unsigned long long)i + 1), room = (int)strlen(path) + (int)strlen(method) + 160;
        requests_by_host[i] = malloc((size_t)room);
        request_bytes = request_head = (size_t)snprintf(requests_by_host[i], (size_t)room, "%s %s HTTP/1.1\r\nHost: host-%s.test\r\nUser-Agent: load%.*s\r\nAccept: */*\r\n\r\n",
            method, path, name, 20 - digits, "--------------------");
    }
    whole_bytes = request_bytes;
}

static void end(Connection *c) {
    if (!c->open) return;
    close(c->fd);
    c->open = c->connected = 0;
    c->to_send = c->sent = 0;
}

static void start(Connection *c) {
    c->fd = connect_to(port);
    if (c->fd < 0) { result.connect++; return; }
    c->open = 1;
    c->in_head = 1;
    c->have = 0;
    watch(epoll, c->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
}

static void send_more(Connection *c) {
    while (c->open && c->connected && c->sent < c->to_send) {
        uint64_t at = c->sent % whole_bytes;
        const char *p;
        size_t n;
        if (at < request_bytes) p = (hosts ? c->asks : request) + at, n = request_bytes - (size_t)at;
        else {
            uint64_t in_body = at - request_head;
            p = pattern + in_body % PATTERN_PERIOD;
            n = PATTERN_BYTES;
            if (n > whole_bytes - at) n = (size_t)(whole_bytes - at);
        }
        ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);
        if (k < 0) return; /* EAGAIN: the edge comes; anything else: the reading side tells. */
        c->sent += (uint64_t)k;
        if ((size_t)k < n) return;
    }
}

static int more(uint64_t now) { return requests ? issued < requests : now < end_at; }

static void issue(Connection *c, uint64_t due) {
    c->born[(c->first + c->in_flight++) % 64] = due;
    c->to_send += whole_bytes;
    if (hosts) c->asks = requests_by_host[issued % hosts];
    issued++;
}

/* Closed loop: the next batch as soon as the last is answered. */
static void next(Connection *c, uint64_t now) {
    if (rate > 0 || idle) return;
    if (c->in_flight == 0)
        for (int i = 0; i < pipeline && more(now); i++) issue(c, now);
    if (c->in_flight == 0) return;
    if (!c->open) start(c);
    send_more(c);
}

static void failed(Connection *c, uint64_t *counter) {
    *counter += c->in_flight > 0 ? (uint64_t)c->in_flight : 1;
    c->in_flight = 0;
    end(c);
}

static void answered(Connection *c, uint64_t now) {
    uint64_t due = c->born[c->first];
    c->first = (c->first + 1) % 64;
    c->in_flight--;
    if (c->status != 200) result.status++;
    else if (c->mismatch) result.mismatch++;
    else record(now - due);
    c->in_head = 1;
    c->have = 0;
    if (!c->keep || fresh) { if (c->in_flight > 0) failed(c, &result.reset); end(c); }
}

static void check(Connection *c, const char *p, size_t n) {
    if (verify && n > 0) {
        uint64_t at = c->body_seen;
        for (size_t done = 0; done < n;) {
            size_t k = n - done < PATTERN_BYTES ? n - done : PATTERN_BYTES;
            if (memcmp(p + done, pattern + (at + done) % PATTERN_PERIOD, k) != 0) { c->mismatch = 1; break; }
            done += k;
        }
    }
    c->body_seen += n;
    result.bytes += n;
}

static int head_done(Connection *c) {
    c->status = c->have > 12 ? atoi(c->head + 9) : 0;
    if (c->status / 100 == 1) { c->have = 0; return 0; }
    const char *length = field(c->head, c->have, "content-length"), *close_it = field(c->head, c->have, "connection");
    c->chunked = field(c->head, c->have, "transfer-encoding") != NULL;
    c->keep = !(close_it && strncasecmp(close_it, "close", 5) == 0) && (length || c->chunked);
    c->body_left = length ? strtoll(length, NULL, 10) : c->chunked ? 0 : -1;
    c->in_head = 0;
    c->body_seen = c->chunk_left = 0;
    c->chunk_state = c->mismatch = 0;
    return !c->chunked && c->body_left == 0;
}

static void take(Connection *c, const char *p, size_t n, uint64_t now) {
    while (n > 0 && c->open) {
        if (c->in_flight == 0) { end(c); result.mismatch++; return; } /* bytes nobody asked for */
        if (c->in_head) {
            size_t before = c->have, k = n < sizeof c->head - before ? n : sizeof c->head - before;
            if (k == 0) { failed(c, &result.mismatch); return; }
            memcpy(c->head + before, p, k);
            size_t from = before > 3 ? before - 3 : 0;
            char *e = memmem(c->head + from, before + k - from, "\r\n\r\n", 4);
            if (!e) { c->have += k; return; }
            c->have = (size_t)(e + 4 - c->head);
            p += c->have - before;
            n -= c->have - before;
            if (head_done(c)) answered(c, now);
        } else if (!c->chunked) {
            size_t k = c->body_left < 0 || (uint64_t)c->body_left > n ? n : (size_t)c->body_left;
            check(c, p, k);
            p += k;
            n -= k;
            if (c->body_left > 0 && (c->body_left -= (int64_t)k) == 0) answered(c, now);
        } else if (c->chunk_state == 1) {
            size_t k = c->chunk_left < n ? (size_t)c->chunk_left : n;
            check(c, p, k);
            p += k;
            n -= k;
            if ((c->chunk_left -= k) == 0) c->chunk_state = 2;
        } else {
            char b = *p++;
            n--;
            if (c->chunk_state == 0) {
                if (b == '\n') c->chunk_state = c->chunk_left ? 1 : 3;
                else if (b != '\r') c->chunk_left = c->chunk_left * 16 + (uint64_t)(b <= '9' ? b - '0' : (b | 32) - 'a' + 10);
            } else if (b == '\n') {
                if (c->chunk_state == 2) c->chunk_state = 0;
                else answered(c, now);
            }
        }
    }
}

static void event(Connection *c, uint32_t events) {
    if (!c->open) return;
    if (!c->connected) {
        int error = 0;
        socklen_t n = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
        if (error) { failed(c, &result.connect); return; }
        if (!(events & EPOLLOUT)) return;
        c->connected = 1;
    }
    send_more(c);
    while (c->open) {
        ssize_t n = recv(c->fd, scratch, sizeof scratch, 0);
        uint64_t now = now_ns();
        if (n > 0) take(c, scratch, (size_t)n, now);
        if (c->in_flight > 0 && now - c->born[c->first] > give_up) { failed(c, &result.timeout); return; } /* an endless answer */
        if (n == (ssize_t)sizeof scratch) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n > 0 && !(events & EPOLLRDHUP)) break;
        if (n > 0) continue;
        if (n == 0 && c->in_flight == 1 && !c->in_head && c->body_left < 0 && !c->chunked) { c->keep = 0; answered(c, now_ns()); return; }
        if (c->in_flight > 0) failed(c, &result.reset);
        else end(c);
    }
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double p) {
    if (result.count == 0) return 0;
    uint64_t i = (uint64_t)(p * (double)result.count);
    return (double)result.latency[i < result.count ? i : result.count - 1] / 1000;
}

static uint64_t in_flight(void) {
    uint64_t n = 0;
    for (int i = 0; i < connections; i++) n += (uint64_t)all[i].in_flight;
    return n;
}

/* Open loop: everything due by now goes to a connection with room, or waits for one; its clock runs either way. */
static void dispatch(uint64_t now) {
    static int turn;
    double interval = 1e9 / rate;
    while (more(now)) {
        uint64_t due = begin_at + (uint64_t)((double)issued * interval);
        if (due > now) return;
        Connection *free_one = NULL;
        for (int i = 0; i < connections && !free_one; i++) {
            Connection *c = &all[(turn + i) % connections];
            if (c->in_flight == 0) free_one = c, turn = (turn + i + 1) % connections;
        }
        if (!free_one) return;
        for (int i = 0; i < pipeline && more(now); i++) issue(free_one, due); /* a pipeline is due at once */
        if (!free_one->open) start(free_one);
        send_more(free_one);
    }
}

static void hold(void) {
    struct epoll_event events[256];
    int want = connections, ready = 0, opened = 0;
    uint64_t last = now_ns() + give_up;
    while (ready < want && now_ns() < last) {
        for (int i = 0; i < 100 && opened < want && opened - ready < 500; i++) start(&all[opened++]);
        int n = epoll_wait(epoll, events, 256, 10);
        for (int i = 0; i < n; i++) event(events[i].data.ptr, events[i].events);
        ready = 0;
        for (int i = 0; i < opened; i++) {
            Connection *c = &all[i];
            if (touch && c->connected && c->to_send == 0) { issue(c, now_ns()); send_more(c); }
            if (c->connected && (!touch || (c->to_send > 0 && c->in_flight == 0))) ready++;
        }
    }
    printf("ready %d\n", ready);
    fflush(stdout);
    while (read(0, scratch, sizeof scratch) > 0) {}
}

static const char *text(int argc, char **argv, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < argc; i++) if (!strcmp(argv[i], name)) return argv[i + 1];
    return otherwise;
}
static int flag(int argc, char **argv, const char *name) {
    for (int i = 1; i < argc; i++) if (!strcmp(argv[i], name)) return 1;
    return 0;
}
static double number(int argc, char **argv, const char *name, double otherwise) {
    const char *t = text(argc, argv, name, NULL);
    return t ? atof(t) : otherwise;
}

int main(int argc, char **argv) {
    port = (int)number(argc, argv, "--port", 0);
    if (!port) { fprintf(stderr, "usage: load --port P ... (see the head of load.c)\n"); return 2; }
    path = text(argc, argv, "--path", path);
    host = text(argc, argv, "--host", host);
    body_bytes = (uint64_t)number(argc, argv, "--body", 0);
    field_bytes = (uint64_t)number(argc, argv, "--field", 0);
    chunked = flag(argc, argv, "--chunked");
    if (chunked && body_bytes >= (16u << 20)) { fprintf(stderr, "--chunked takes bodies under 16 MiB\n"); return 2; }
    method = text(argc, argv, "--method", body_bytes || chunked ? "POST" : "GET");
    connections = (int)number(argc, argv, "--connections", connections);
    pipeline = (int)number(argc, argv, "--pipeline", 1);
    fresh = flag(argc, argv, "--fresh");
    requests = (uint64_t)number(argc, argv, "--requests", 0);
    seconds = number(argc, argv, "--seconds", 5);
    rate = number(argc, argv, "--rate", 0);
    warmup = (uint64_t)number(argc, argv, "--warmup", 0);
    patience = number(argc, argv, "--timeout", 10);
    verify = flag(argc, argv, "--verify");
    idle = flag(argc, argv, "--idle");
    touch = flag(argc, argv, "--touch");
    gzip = flag(argc, argv, "--gzip");
    if (pipeline < 1 || pipeline > 32 || connections < 1) return 2;
    bound_life(1800, idle);
    prctl(PR_SET_TIMERSLACK, 1000);
    give_up = (uint64_t)(patience * 1e9);
    make_pattern();
    make_request();
    hosts = (uint64_t)number(argc, argv, "--hosts", 0);
    if (hosts && (pipeline > 1 || body_bytes || chunked || fresh)) { fprintf(stderr, "--hosts takes one plain GET at a time\n"); return 2; }
    if (hosts) make_requests_by_host();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    all = calloc((size_t)connections, sizeof *all);
    if (idle) { hold(); return 0; }
    started = begin_at = now_ns();
    end_at = begin_at + (uint64_t)(seconds * 1e9);
    uint64_t swept = begin_at;
    for (int i = 0; i < connections; i++) { if (rate > 0) start(&all[i]); else next(&all[i], begin_at); }
    for (struct epoll_event events[256];;) {
        uint64_t now = now_ns();
        if (rate > 0) dispatch(now);
        if (!more(now) && in_flight() == 0) break;
        struct timespec pause = {0, 50000000};
        if (rate > 0 && more(now)) {
            uint64_t due = begin_at + (uint64_t)((double)issued * 1e9 / rate);
            uint64_t ns = due > now ? due - now : 50000000; /* overdue: all connections are busy, an event will come */
            pause.tv_nsec = (long)(ns < 50000000 ? ns : 50000000);
        }
        int n = epoll_pwait2(epoll, events, 256, &pause, NULL);
        for (int i = 0; i < n; i++) {
            Connection *c = events[i].data.ptr;
            event(c, events[i].events);
            if (rate == 0) next(c, now_ns());
        }
        now = now_ns();
        if (now - swept > 20000000) {
            swept = now;
            for (int i = 0; i < connections; i++) {
                Connection *c = &all[i];
                if (c->in_flight > 0 && now - c->born[c->first] > give_up) failed(c, &result.timeout);
                if (rate == 0) next(c, now);
            }
        }
    }
    double took = (double)(now_ns() - started) / 1e9;
    if (result.count > 1) qsort(result.latency, result.count, sizeof *result.latency, by_value);
    uint64_t errors = result.connect + result.reset + result.status + result.timeout + result.mismatch;
    printf("{\"requests\":%llu,\"ok\":%llu,\"errors\":%llu,\"connect\":%llu,\"reset\":%llu,\"status\":%llu,\"timeout\":%llu,\"mismatch\":%llu,\"seconds\":%.3f,"
           "\"rate\":%.1f,\"bytes\":%llu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}\n",
           (unsigned long long)issued, (unsigned long long)result.done, (unsigned long long)errors, (unsigned long long)result.connect, (unsigned long long)result.reset,
           (unsigned long long)result.status, (unsigned long long)result.timeout, (unsigned long long)result.mismatch, took, (double)result.done / took, (unsigned long long)result.bytes,
           percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999), percentile(1));
    return 0;
}
