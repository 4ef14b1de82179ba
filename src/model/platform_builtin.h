/* The definitions of config/platforms/, built into the program by config/embed.sh. */
#ifndef POLLER_MODEL_PLATFORM_BUILTIN_H
#define POLLER_MODEL_PLATFORM_BUILTIN_H

#include <stddef.h>

struct platform_builtin {
    const char *name; /* without ".yaml" */
    const char *text; /* NUL-terminated */
    size_t len;
};

extern const struct platform_builtin platform_builtins[];
extern const size_t platform_builtins_n;

#endif
