/* The definitions of config/platforms/, built into the program by config/embed.sh. */
#ifndef POLLER_MODEL_PLATFORM_BUILTIN_H
#define POLLER_MODEL_PLATFORM_BUILTIN_H

#include "base/builtin.h"

extern const struct builtin_file platform_builtins[];
extern const size_t platform_builtins_n;

#endif
