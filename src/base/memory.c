#include "base/memory.h"

#include <malloc.h>
#include <stddef.h>

/* As gperftools/malloc_extension_c.h has them; NULL where its library is not linked. */
extern void MallocExtension_ReleaseFreeMemory(void) __attribute__((weak));
extern void MallocExtension_MarkThreadTemporarilyIdle(void) __attribute__((weak));
extern const char *tc_version(int *major, int *minor, const char **patch) __attribute__((weak));

void memory_trim(void)
{
    if (MallocExtension_ReleaseFreeMemory)
        MallocExtension_ReleaseFreeMemory();
    else
        malloc_trim(0);
}

void memory_thread_rests(void)
{
    if (MallocExtension_MarkThreadTemporarilyIdle)
        MallocExtension_MarkThreadTemporarilyIdle();
}

const char *memory_allocator(void)
{
    return tc_version ? tc_version(NULL, NULL, NULL) : "the C library's";
}
