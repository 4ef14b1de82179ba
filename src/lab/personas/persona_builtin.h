/* The files of config/personas/, built into the program by config/embed.sh. */
#ifndef POLLER_LAB_PERSONAS_PERSONA_BUILTIN_H
#define POLLER_LAB_PERSONAS_PERSONA_BUILTIN_H

#include "base/builtin.h"

extern const struct builtin_file persona_builtins[];
extern const size_t persona_builtins_n;

#endif
