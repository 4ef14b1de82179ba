#include "base/shared.h"

#include <sys/mman.h>

void *shared_new(size_t n)
{
    void *memory =
        mmap(NULL, n > 0 ? n : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void shared_free(void *memory, size_t n)
{
    if (memory)
        munmap(memory, n > 0 ? n : 1);
}
