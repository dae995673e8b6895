/* What the bench's C programs share: sockets on 127.0.0.1, the clock, a decent way to give up. */
#ifndef SPECULA_BENCH_NET_H
#define SPECULA_BENCH_NET_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Ends by itself after `seconds`, and with the thread that started it unless `tied` (to standard input) says how else. */
static inline void bound_life(unsigned seconds, int tied) {
    if (!tied) prctl(PR_SET_PDEATHSIG, SIGTERM);
    alarm(seconds);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((uint16_t)port);
    return a;
}

/* A listening socket on 127.0.0.1; `*port` 0 is replaced by the one the kernel picked. */
static inline int listen_on(int *port, int backlog, int shared) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    struct sockaddr_in a = loopback(*port);
    socklen_t n = sizeof a;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0) die("bind");
    if (backlog >= 0 && listen(fd, backlog) < 0) die("listen");
    getsockname(fd, (struct sockaddr *)&a, &n);
    *port = ntohs(a.sin_port);
    return fd;
}

static inline void no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* A non-blocking connection under way to 127.0.0.1:port, or -1. */
static inline int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    no_delay(fd);
    struct sockaddr_in a = loopback(port);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void watch(int epoll, int fd, uint32_t events, void *data) {
    struct epoll_event e = {.events = events, .data.ptr = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0) die("epoll_ctl");
}

/* The value of a header field in a head (not NUL-terminated), or NULL. `name` in lower case. */
static inline const char *field(const char *head, size_t n, const char *name) {
    size_t k = strlen(name);
    for (const char *p = head, *end = head + n; p < end;) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        if (!line_end) break;
        if ((size_t)(line_end - p) > k && p[k] == ':' && strncasecmp(p, name, k) == 0) {
            p += k + 1;
            while (*p == ' ') p++;
            return p;
        }
        p = line_end + 1;
    }
    return NULL;
}

/* The body every peer sends and every client checks: byte i is the letter i mod 26. */
#define PATTERN_PERIOD 26
#define PATTERN_BYTES (PATTERN_PERIOD * 10082) /* about 256 KiB */
static char pattern[PATTERN_BYTES + PATTERN_PERIOD];
static inline void make_pattern(void) {
    for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (char)('a' + i % PATTERN_PERIOD);
}
#endif
