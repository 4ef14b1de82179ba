#include "tests/lib/failing_malloc.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>

/* Allocations until the one that fails; 0 when none does. */
static long until;
static bool failed;
static const char *watched;
static unsigned found;

void failing_malloc_at(long nth)
{
    failed = false;
    until = nth;
}

bool failing_malloc_stop(void)
{
    until = 0;
    return failed;
}

unsigned freed_with(const char *secret)
{
    unsigned before = found;
    watched = secret;
    found = 0;
    return before;
}

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || defined __clang__

bool failing_malloc_works(void)
{
    return false;
}

#else

/* glibc's own, under the names that it keeps for programs that replace them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);
void *malloc(size_t n);
void *calloc(size_t count, size_t n);
void *realloc(void *p, size_t n);
void free(void *p);

bool failing_malloc_works(void)
{
    return true;
}

static bool fails_now(void)
{
    if (until == 0 || --until > 0)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return fails_now() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    return fails_now() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __libc_realloc(p, n);
}

void free(void *p)
{
    if (p && watched && memmem(p, malloc_usable_size(p), watched, strlen(watched)))
        found++;
    __libc_free(p);
}

#endif
