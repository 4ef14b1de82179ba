/* links: base/memory tests/lib/failing_malloc */

/* What the allocator keeps goes back to the system; here it is the C library's. */
#include "base/memory.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS     20000
#define BLOCK_SIZE 1000

static long resident_kib(void)
{
    char line[128];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    fclose(status);
    return kib;
}

/* The last block keeps the heap from shrinking by itself. */
static void freed_memory_goes_back(void **state)
{
    (void)state;
    static char *blocks[BLOCKS];
    if (!failing_malloc_works()) /* a sanitizer's allocator keeps what was freed */
        skip();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_SIZE);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, BLOCK_SIZE);
    }
    for (size_t i = 0; i + 1 < BLOCKS; i++)
        free(blocks[i]);
    long before = resident_kib();
    memory_trim();
    assert_true(resident_kib() < before - BLOCKS * BLOCK_SIZE / 1024 / 2);
    free(blocks[BLOCKS - 1]);
}

static void a_thread_may_rest_at_any_time(void **state)
{
    (void)state;
    char *kept = malloc(BLOCK_SIZE);
    assert_non_null(kept);
    memset(kept, 7, BLOCK_SIZE);
    memory_thread_rests();
    assert_int_equal(kept[BLOCK_SIZE - 1], 7);
    free(kept);
}

static void the_allocator_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(memory_allocator(), "the C library's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_memory_goes_back),
        cmocka_unit_test(a_thread_may_rest_at_any_time),
        cmocka_unit_test(the_allocator_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
