/// The system calls behind CLinux.h.
#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(LINUX_READABLE == EPOLLIN && LINUX_WRITABLE == EPOLLOUT, "bits are epoll's");
_Static_assert(LINUX_FAILED == EPOLLERR && LINUX_HUNG_UP == EPOLLHUP, "bits are epoll's");
_Static_assert(LINUX_PEER_FINISHED == EPOLLRDHUP, "bits are epoll's");

// MARK: Polling

int linux_poll_create(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

int linux_poll_add(int poll, int descriptor, uint32_t bits, uint64_t data) {
    struct epoll_event event = {.events = bits, .data.u64 = data};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int linux_poll_add_connection(int poll, int descriptor, uint64_t data) {
    return linux_poll_add(poll, descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, data);
}

int linux_poll_add_reader(int poll, int descriptor, uint64_t data) {
    return linux_poll_add(poll, descriptor, EPOLLIN | EPOLLET, data);
}

int linux_poll_remove(int poll, int descriptor) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL) < 0 ? -errno : 0;
}

int linux_poll_wait(int poll, struct linux_event *events, int capacity, int milliseconds) {
    struct epoll_event reported[256];
    int count = (int)syscall(SYS_epoll_pwait, poll, reported, capacity < 256 ? capacity : 256, milliseconds, NULL, 0);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].data = reported[i].data.u64;
        events[i].bits = reported[i].events;
    }
    return count;
}

int linux_wake_create(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void linux_wake(int descriptor) {
    uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;
}

// MARK: Addresses

static void from_socket(struct linux_address *to, const struct sockaddr_storage *from) {
    memset(to, 0, sizeof *to);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)from;
        to->bytes[10] = to->bytes[11] = 0xff;
        memcpy(to->bytes + 12, &four->sin_addr, 4);
        to->port = ntohs(four->sin_port);
        to->is_ipv4 = true;
    } else if (from->ss_family == AF_INET6) {
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
        memcpy(to->bytes, &six->sin6_addr, 16);
        to->port = ntohs(six->sin6_port);
        to->is_ipv4 = memcmp(to->bytes, mapped, 12) == 0;
    }
}

static socklen_t to_socket(struct sockaddr_storage *to, const struct linux_address *from) {
    memset(to, 0, sizeof *to);
    if (from->is_ipv4) {
        struct sockaddr_in *four = (struct sockaddr_in *)to;
        four->sin_family = AF_INET;
        four->sin_port = htons(from->port);
        memcpy(&four->sin_addr, from->bytes + 12, 4);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(from->port);
    memcpy(&six->sin6_addr, from->bytes, 16);
    return sizeof *six;
}

// MARK: Sockets

static const int on = 1, off = 0;

/// A peer that is gone without a word is found out after nine unanswered probes.
static void probe_when_idle(int descriptor, int seconds) {
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

int linux_listen(const struct linux_address *address, int flags, int backlog) {
    struct sockaddr_storage storage;
    socklen_t length = to_socket(&storage, address);
    int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0) return -errno;
    int failed = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0;
    if (!failed && storage.ss_family == AF_INET6)
        failed = setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, flags & LINUX_LISTEN_DUAL_STACK ? &off : &on,
                            sizeof on) < 0;
    if (!failed && (flags & LINUX_LISTEN_SHARED))
        failed = setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0;
    // Accepted sockets inherit both, which saves calls for every connection.
    if (!failed) failed = setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0;
    if (!failed) probe_when_idle(descriptor, 15);
    if (!failed) failed = bind(descriptor, (struct sockaddr *)&storage, length) < 0;
    // A probe has to listen as well: two sockets that only bind with SO_REUSEADDR do not disturb each other.
    if (!failed) failed = listen(descriptor, backlog) < 0;
    if (!failed) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

int linux_accept(int listener, struct linux_address *peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    int descriptor;
    do descriptor = accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        int error = errno;
        /* The kernel looks for a descriptor before it looks who is there: want of one is none while nobody waits. */
        struct pollfd waiting = {.fd = listener, .events = POLLIN};
        if ((error == EMFILE || error == ENFILE) && poll(&waiting, 1, 0) == 0) return -EAGAIN;
        return -error;
    }
    from_socket(peer, &storage);
    return descriptor;
}

int linux_connect(const struct linux_address *address, int user_timeout_milliseconds, int probe_seconds) {
    struct sockaddr_storage storage;
    socklen_t length = to_socket(&storage, address);
    int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0) return -errno;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (user_timeout_milliseconds > 0)
        setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_milliseconds,
                   sizeof user_timeout_milliseconds);
    if (probe_seconds > 0) probe_when_idle(descriptor, probe_seconds);
    int result;
    do result = connect(descriptor, (struct sockaddr *)&storage, length);
    while (result < 0 && errno == EINTR);
    if (result == 0 || errno == EINPROGRESS) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

int linux_take_socket_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

// The calls of every request go past the C library's own, which are cancellation points: in a process with threads each of
// those costs two atomic exchanges, and no thread here is ever cancelled.

ssize_t linux_receive(int descriptor, void *buffer, size_t count) {
    ssize_t received;
    do received = syscall(SYS_recvfrom, descriptor, buffer, count, 0, NULL, NULL);
    while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
}

ssize_t linux_send(int descriptor, const void *bytes, size_t count) {
    ssize_t sent;
    do sent = syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t linux_send_vectors(int descriptor, struct iovec *vectors, int count) {
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = (size_t)count};
    ssize_t sent;
    do sent = syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int linux_finish_writing(int descriptor) { return shutdown(descriptor, SHUT_WR) < 0 ? -errno : 0; }

// Linux has let go of the descriptor even when close is interrupted: never again.
int linux_close(int descriptor) { return close(descriptor) < 0 ? -errno : 0; }

int linux_reset(int descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    return linux_close(descriptor);
}

int linux_local_address(int descriptor, struct linux_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    from_socket(address, &storage);
    return 0;
}

int linux_socket_option(int descriptor, int which) {
    int value = 0;
    socklen_t length = sizeof value;
    int result = which == LINUX_OPTION_NODELAY     ? getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &length)
                 : which == LINUX_OPTION_REUSEPORT ? getsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &value, &length)
                                                   : getsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &value, &length);
    return result < 0 ? -errno : value;
}

int linux_open_spare(void) {
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

// MARK: Names

int linux_resolve(const char *host, struct linux_address *addresses, int capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error == EAI_BADFLAGS || (error == EAI_NONAME && strcmp(host, "localhost") == 0)) {
        hints.ai_flags = 0;
        error = getaddrinfo(host, NULL, &hints, &found);
    }
    if (error != 0) return -1000 + error;
    int count = 0;
    for (struct addrinfo *entry = found; entry && count < capacity; entry = entry->ai_next) {
        struct sockaddr_storage storage;
        if (entry->ai_addrlen > sizeof storage) continue;
        memcpy(&storage, entry->ai_addr, entry->ai_addrlen);
        if (storage.ss_family == AF_INET || storage.ss_family == AF_INET6) from_socket(&addresses[count++], &storage);
    }
    freeaddrinfo(found);
    return count;
}

// MARK: Time, chance, memory

uint64_t linux_monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void linux_wall_clock(int64_t *seconds, int32_t *nanoseconds) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    *seconds = time.tv_sec;
    *nanoseconds = (int32_t)time.tv_nsec;
}

uint64_t linux_random(void) {
    uint64_t value = 0;
    ssize_t got;
    do got = getrandom(&value, sizeof value, 0);
    while (got < 0 && errno == EINTR);
    return value;
}

void *linux_map(size_t count) {
    void *base = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return NULL;
    // Huge pages would keep 2 MiB resident for the first byte touched.
    madvise(base, count, MADV_NOHUGEPAGE);
    return base;
}

void linux_unmap(void *base, size_t count) { munmap(base, count); }

void linux_release_pages(void *base, size_t count) { madvise(base, count, MADV_DONTNEED); }

// MARK: The process

static void handled_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
    sigaddset(set, SIGUSR2);
}

int linux_block_signals(void) {
    sigset_t set;
    handled_signals(&set);
    signal(SIGPIPE, SIG_IGN);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int linux_signal_descriptor(void) {
    sigset_t set;
    handled_signals(&set);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int linux_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t got;
    do got = read(descriptor, &information, sizeof information);
    while (got < 0 && errno == EINTR);
    return got == sizeof information ? (int)information.ssi_signo : -errno;
}

int64_t linux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return (int64_t)limit.rlim_cur;
}

int linux_grow_descriptor_table(int size) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if ((rlim_t)size > limit.rlim_cur) size = (int)limit.rlim_cur;
    int low = linux_open_spare();
    if (low < 0) return low;
    // The table reaches as far as the highest descriptor that there ever was.
    int high = fcntl(low, F_DUPFD_CLOEXEC, size - 1), error = high < 0 ? -errno : 0;
    if (high >= 0) close(high);
    close(low);
    return error;
}

int linux_allowed_processors(void) {
    // Larger than cpu_set_t, for machines with more than 1,024 processors.
    size_t size = CPU_ALLOC_SIZE(16384);
    cpu_set_t *set = CPU_ALLOC(16384);
    int count = -1;
    if (set && sched_getaffinity(0, size, set) == 0) count = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    return count;
}

struct thread_start {
    void (*body)(void *);
    void *argument;
};

static void *run_thread(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.argument);
    return NULL;
}

int linux_start_thread(const char *name, void (*body)(void *), void *argument, uint64_t *thread) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct thread_start){body, argument};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 8 << 20);
    pthread_t id;
    int error = pthread_create(&id, &attributes, run_thread, start);
    pthread_attr_destroy(&attributes);
    if (error) {
        free(start);
        return -error;
    }
    pthread_setname_np(id, name);
    *thread = (uint64_t)id;
    return 0;
}

int linux_join_thread(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }

void linux_pause(void) { usleep(1000); }

void linux_yield(void) { (void)sched_yield(); }

uint64_t linux_current_thread(void) { return (uint64_t)pthread_self(); }

uint64_t linux_heap_in_use(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

void linux_heap_trim(void) { (void)malloc_trim(0); }

// On Linux a process id of zero means the calling thread, not its process (setpriority(2), "C library/kernel differences").
void linux_set_thread_nice(int value) { (void)setpriority(PRIO_PROCESS, 0, value); }

int linux_thread_nice(void) { return getpriority(PRIO_PROCESS, 0); }

int linux_notify_supervisor(const char *socket_path, const char *message, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(socket_path);
    if (length == 0 || length >= sizeof address.sun_path) return -EINVAL;
    memcpy(address.sun_path, socket_path, length);
    // A leading @ means an abstract name, which begins with a zero byte and has no end mark.
    if (socket_path[0] == '@') address.sun_path[0] = 0;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    ssize_t sent = sendto(descriptor, message, count, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    int result = sent < 0 ? -errno : 0;
    close(descriptor);
    return result;
}

// MARK: Watching folders

int linux_watch_create(void) {
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return watch < 0 ? -errno : watch;
}

int linux_watch_folder(int watch, const char *path) {
    int entry = inotify_add_watch(watch, path,
                                  IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
    return entry < 0 ? -errno : entry;
}

int linux_watch_wait(int watch, int wake, int milliseconds) {
    struct pollfd polled[2] = {{.fd = watch, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    int ready = poll(polled, 2, milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    if (watch < 0 || !(polled[0].revents & POLLIN)) return 0;
    char buffer[4096];
    int changed = 0;
    for (ssize_t got; (got = read(watch, buffer, sizeof buffer)) > 0;) changed = 1;
    return changed;
}
