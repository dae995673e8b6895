/// Counts the allocations of a thread, for tests that promise none.
#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Blocks that this thread has asked for since it started.
uint64_t allocations_of_this_thread(void);

/// Whether allocations are counted: not under a sanitizer, which has an allocator of its own.
bool allocations_are_counted(void);

#endif
