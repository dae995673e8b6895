/// What Swift does not see of Linux: each system call of Specula once, with plain integers and errors as negative numbers.
///
/// Every function that can fail returns `-errno`, so that nothing between the call and the caller can change the error.
/// Calls that a signal interrupted are begun again here.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/// An internet address as 16 bytes in network order (IPv4 mapped: `::ffff:a.b.c.d`) and a port in host order.
struct linux_address {
    uint8_t bytes[16];
    uint16_t port;
    bool is_ipv4;
};

/// One report of the poll: what was registered with the descriptor, and `EPOLL…` bits.
struct linux_event {
    uint64_t data;
    uint32_t bits;
};

enum {
    LINUX_READABLE = 0x001,
    LINUX_WRITABLE = 0x004,
    LINUX_FAILED = 0x008,
    LINUX_HUNG_UP = 0x010,
    LINUX_PEER_FINISHED = 0x2000,
};

// Polling.
int linux_poll_create(void);
int linux_poll_add(int poll, int descriptor, uint32_t bits, uint64_t data);
/// Edge-triggered, both directions and the peer's FIN: the only registration a connection ever gets.
int linux_poll_add_connection(int poll, int descriptor, uint64_t data);
/// Edge-triggered, reading only: listeners and the wake descriptor.
int linux_poll_add_reader(int poll, int descriptor, uint64_t data);
int linux_poll_remove(int poll, int descriptor);
/// At most 256 events; `milliseconds` -1 waits without end.
int linux_poll_wait(int poll, struct linux_event *events, int capacity, int milliseconds);
int linux_wake_create(void);
void linux_wake(int descriptor);

// Sockets. All are non-blocking and close-on-exec.
enum {
    LINUX_LISTEN_SHARED = 1,     // SO_REUSEPORT
    LINUX_LISTEN_DUAL_STACK = 2, // `::` that takes IPv4 as well
};
int linux_listen(const struct linux_address *address, int flags, int backlog);
int linux_accept(int listener, struct linux_address *peer);
/// A socket that is connecting or, rarely, connected.
/// Both limits are off when 0.
int linux_connect(const struct linux_address *address, int user_timeout_milliseconds, int probe_seconds);
/// Reads and clears SO_ERROR: 0 or an errno, positive.
int linux_take_socket_error(int descriptor);
ssize_t linux_receive(int descriptor, void *buffer, size_t count);
ssize_t linux_send(int descriptor, const void *bytes, size_t count);
ssize_t linux_send_vectors(int descriptor, struct iovec *vectors, int count);
int linux_finish_writing(int descriptor);
int linux_close(int descriptor);
/// Closes so that the peer sees a reset.
int linux_reset(int descriptor);
int linux_local_address(int descriptor, struct linux_address *address);
int linux_socket_option(int descriptor, int which);
enum { LINUX_OPTION_NODELAY = 0, LINUX_OPTION_REUSEPORT = 1, LINUX_OPTION_PROBE_SECONDS = 2 };
/// A descriptor kept for hard times.
int linux_open_spare(void);

// Names.
/// Blocks: getaddrinfo for streams. Returns how many addresses were found, or `-1000 + EAI_…` (always below -1000 + 1).
int linux_resolve(const char *host, struct linux_address *addresses, int capacity);

// Time, chance, memory.
uint64_t linux_monotonic_nanoseconds(void);
void linux_wall_clock(int64_t *seconds, int32_t *nanoseconds);
uint64_t linux_random(void);
/// Zeroed pages of our own, or null.
void *linux_map(size_t count);
void linux_unmap(void *base, size_t count);
/// The pages go back to the system and read as zero afterwards.
void linux_release_pages(void *base, size_t count);

// The process.
/// Blocks TERM, INT, HUP, USR1 and USR2 in the calling thread (and all it starts) and ignores PIPE.
int linux_block_signals(void);
int linux_signal_descriptor(void);
/// Blocks until a signal comes; its number.
int linux_next_signal(int descriptor);
/// Soft limit of open descriptors raised to the hard one. Returns the limit now in force.
int64_t linux_raise_descriptor_limit(void);
/// Makes the table of open descriptors large enough for so many, or for as many as the process may have.
int linux_grow_descriptor_table(int size);
int linux_allowed_processors(void);
int linux_start_thread(const char *name, void (*body)(void *), void *argument, uint64_t *thread);
int linux_join_thread(uint64_t thread);
void linux_pause(void);
/// Lets threads run that wait for this core, if there are any.
void linux_yield(void);
uint64_t linux_current_thread(void);
/* malloc: bytes in use; free pages go back to the system. */
uint64_t linux_heap_in_use(void);
void linux_heap_trim(void);
/* The nice value of the calling thread alone: set, and read. */
void linux_set_thread_nice(int value);
int linux_thread_nice(void);
int linux_notify_supervisor(const char *socket_path, const char *message, size_t count);

// Watching folders.
int linux_watch_create(void);
int linux_watch_folder(int watch, const char *path);
/// Waits for a change or the time to pass: 1 changed, 0 not; all pending changes are taken together.
int linux_watch_wait(int watch, int wake, int milliseconds);

#endif
