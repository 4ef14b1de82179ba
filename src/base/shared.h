/* Memory that this process, its threads and all that it forks afterwards have in common. */
#ifndef POLLER_BASE_SHARED_H
#define POLLER_BASE_SHARED_H

#include <stddef.h>

/* n bytes of zeros, aligned for anything; NULL: there is no memory. */
void *shared_new(size_t n);
/* With the same n; NULL is none. */
void shared_free(void *memory, size_t n);

#endif
