/* Processes that do a part of their parent's work. */
#ifndef POLLER_BASE_CHILD_H
#define POLLER_BASE_CHILD_H

#include <sys/types.h>

/* fork(2), as it returns. The child ends with its parent, however that ends, and leaves SIGINT,
 * SIGTERM and SIGHUP to it from its first moment: a signal to the whole group is the parent's
 * business, and what follows from it comes from there. */
pid_t child_fork(void);

#endif
