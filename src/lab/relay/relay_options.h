/* The command line of `poller-lab relay`. */
#ifndef POLLER_LAB_RELAY_OPTIONS_H
#define POLLER_LAB_RELAY_OPTIONS_H

#include "lab/relay/relay_count.h"
#include "lab/wire/delay_line.h"

#include <netinet/in.h>
#include <poller/err.h>
#include <stdio.h>

enum relay_fault {
    FAULT_NONE,
    FAULT_CUT,       /* both sides are closed, in order */
    FAULT_STALL,     /* nothing moves any more, either way, and nobody is told */
    FAULT_RESET,     /* both sides are reset; what was not taken yet is lost */
    FAULT_HALF_CLOSE /* this direction ends, the other goes on */
};

#define RELAY_NEVER UINT64_MAX

struct relay_options {
    struct sockaddr_in listen, to;
    int64_t rtt_ns;
    struct wire_settings wire; /* one way */
    enum relay_fault fault;    /* at most one */
    uint64_t fault_after;      /* bytes delivered in one direction */
    uint64_t corrupt_at;       /* offset of the byte whose lowest bit is turned; RELAY_NEVER */
    bool one_byte;
    bool spoils[RELAY_DIRECTIONS]; /* where fault, corrupt_at and one_byte hold */
    bool count;
    bool help;
    uint64_t connections; /* that close before the relay ends; RELAY_NEVER */
};

/* 0, or -1 with e. */
int relay_options_parse(struct relay_options *out, int argc, const char **argv, struct err *e);

void relay_options_help(FILE *to);

#endif
