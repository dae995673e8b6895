/* The limit: a relay that copies bytes with the same system calls as a proxy and looks at nothing.
 *
 *   relay PORT UPSTREAM [MIRROR] [WORKERS]
 *
 * One upstream connection for each client connection; with MIRROR the client's bytes are sent there too and what comes back
 * is thrown away. One epoll set a worker, edge-triggered, armed once; a read shorter than the buffer ends the reading.
 */
#include "net.h"
#include <sys/wait.h>

enum { BUFFER = 64 * 1024 };
static char scratch[BUFFER];
static int epoll, upstream_port, mirror_port;

typedef struct End End;
typedef struct Pair Pair;
struct End {
    int fd, is_mirror, connected, finished;
    Pair *pair;
    End *other;      /* where received bytes go; NULL for the mirror's */
    char *unsent;    /* what the socket did not take */
    size_t start, count, room;
};
struct Pair {
    End client, upstream, mirror;
    int closed;
    Pair *next;
};
static Pair *condemned;

static void close_pair(Pair *p) {
    if (p->closed) return;
    p->closed = 1;
    End *ends[] = {&p->client, &p->upstream, &p->mirror};
    for (int i = 0; i < 3; i++)
        if (ends[i]->fd >= 0) close(ends[i]->fd);
    p->next = condemned;
    condemned = p;
}

static void keep(End *e, const char *bytes, size_t n) {
    if (e->start + e->count + n > e->room) {
        if (e->count > 0) memmove(e->unsent, e->unsent + e->start, e->count);
        e->start = 0;
        if (e->count + n > e->room) e->unsent = realloc(e->unsent, e->room = (e->count + n) * 2);
    }
    memcpy(e->unsent + e->start + e->count, bytes, n);
    e->count += n;
}

static void transmit(End *e, const char *bytes, size_t n) {
    if (e->fd < 0) return;
    if (e->count == 0 && e->connected) {
        ssize_t sent = send(e->fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0) sent = 0;
        bytes += sent;
        n -= (size_t)sent;
    }
    if (n > 0) keep(e, bytes, n);
}

static void receive(End *e) {
    Pair *p = e->pair;
    while (!p->closed && !(e->other && e->other->count > 0)) {
        ssize_t n = recv(e->fd, scratch, BUFFER, 0);
        if (n <= 0) {
            if (n < 0 && errno == EAGAIN) return;
            if (!e->is_mirror) close_pair(p);
            return;
        }
        if (e->other) transmit(e->other, scratch, (size_t)n);
        if (e == &p->client && mirror_port) transmit(&p->mirror, scratch, (size_t)n);
        if (n < BUFFER && !e->finished) return;
    }
}

static void flush(End *e) {
    e->connected = 1;
    if (e->count > 0) {
        ssize_t sent = send(e->fd, e->unsent + e->start, e->count, MSG_NOSIGNAL);
        if (sent <= 0) return;
        e->start += (size_t)sent;
        e->count -= (size_t)sent;
        if (e->count == 0) e->start = 0;
    }
    if (e->count == 0 && !e->is_mirror) receive(e == &e->pair->client ? &e->pair->upstream : &e->pair->client);
}

static void serve(int listener) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN, NULL);
    const uint32_t both = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    for (struct epoll_event events[256];;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            End *e = events[i].data.ptr;
            if (!e) {
                for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                    Pair *p = calloc(1, sizeof *p);
                    no_delay(fd);
                    p->client = (End){.fd = fd, .pair = p, .other = &p->upstream, .connected = 1};
                    p->upstream = (End){.fd = connect_to(upstream_port), .pair = p, .other = &p->client};
                    p->mirror = (End){.fd = mirror_port ? connect_to(mirror_port) : -1, .pair = p, .is_mirror = 1};
                    if (p->upstream.fd < 0) { close_pair(p); continue; }
                    watch(epoll, fd, both, &p->client);
                    watch(epoll, p->upstream.fd, both, &p->upstream);
                    if (p->mirror.fd >= 0) watch(epoll, p->mirror.fd, both, &p->mirror);
                }
                continue;
            }
            if (e->pair->closed) continue;
            if (events[i].events & EPOLLRDHUP) e->finished = 1;
            if (events[i].events & EPOLLOUT && (e->count > 0 || !e->connected)) flush(e);
            if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) && !e->pair->closed) receive(e);
        }
        while (condemned) {
            Pair *p = condemned;
            condemned = p->next;
            free(p->client.unsent);
            free(p->upstream.unsent);
            free(p->mirror.unsent);
            free(p);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 3) { fprintf(stderr, "usage: relay PORT UPSTREAM [MIRROR] [WORKERS]\n"); return 2; }
    bound_life(3600, 0);
    int port = atoi(argv[1]), workers = argc > 4 ? atoi(argv[4]) : 1;
    upstream_port = atoi(argv[2]);
    mirror_port = argc > 3 ? atoi(argv[3]) : 0;
    int first = listen_on(&port, 4096, 1);
    for (int i = 1; i < workers; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            close(first);
            serve(listen_on(&port, 4096, 1));
        }
    }
    serve(first);
}
