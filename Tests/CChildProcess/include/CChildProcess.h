#pragma once
#include <sys/types.h>

/* Starts a program with these two descriptors as its standard ones and no other, as from a shell: nothing blocked, nothing ignored.
 * A folder of NULL is this process's own. Returns 0 or an errno. */
int child_start(
    const char *path, char *const arguments[], char *const environment[], const char *folder, int input, int output, pid_t *id);

/* Gives the calling thread a table of descriptors of its own, a copy, which ends with it. Returns 0 or an errno. */
int child_own_descriptors(void);
