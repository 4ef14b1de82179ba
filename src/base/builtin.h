/* Files of config/ that config/embed.sh builds into a program, so that it needs none beside it. */
#ifndef POLLER_BASE_BUILTIN_H
#define POLLER_BASE_BUILTIN_H

#include <stddef.h>

struct builtin_file {
    const char *name; /* without ".yaml" */
    const char *text; /* NUL-terminated */
    size_t len;
};

#endif
