/* Memory that runs out when a test says so, and that is looked at when it is freed. Linking this
 * replaces malloc, calloc, realloc and free of the whole program; under a sanitizer, which has its
 * own, it does nothing. For tests of one thread. */
#ifndef TESTS_LIB_FAILING_MALLOC_H
#define TESTS_LIB_FAILING_MALLOC_H

#include <stdbool.h>

/* False under a sanitizer: such a test has nothing to try then. */
bool failing_malloc_works(void);

/* The nth allocation from now (1 is the next) fails, the others do not; 0: none fails. */
void failing_malloc_at(long nth);

/* Whether it has come to that; none fails any more. */
bool failing_malloc_stop(void);

/* From now on, counts the blocks that are freed while they still hold secret; NULL: none. The
 * secret is a static text of the test. Returns what was counted before. */
unsigned freed_with(const char *secret);

#endif
