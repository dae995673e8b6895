/* Counts a program's allocations: cc -shared -fPIC -o allocations.so allocations.c, then LD_PRELOAD it.
 *
 * The file that SPECULA_ALLOCATIONS names is mapped and holds one 64-bit count, so that a test can read it while the program runs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
static uint64_t before_start;
static uint64_t *count = &before_start;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("SPECULA_ALLOCATIONS");
    int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    if (fd < 0 || ftruncate(fd, sizeof *count) != 0) return;
    void *page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) count = page;
    close(fd);
}

static void one_more(void) { __atomic_fetch_add(count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t n) { one_more(); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { one_more(); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { one_more(); return __libc_realloc(p, n); }
void *memalign(size_t a, size_t n) { one_more(); return __libc_memalign(a, n); }
void *aligned_alloc(size_t a, size_t n) { one_more(); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { one_more(); *p = __libc_memalign(a, n); return *p ? 0 : 12; }
