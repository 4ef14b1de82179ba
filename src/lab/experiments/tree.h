/* A process and all its descendants, as the kernel shows them in /proc. */
#ifndef POLLER_LAB_EXPERIMENTS_TREE_H
#define POLLER_LAB_EXPERIMENTS_TREE_H

#include <sys/types.h>

struct tree {
    unsigned processes, threads;
    double cpu_ms; /* of those that live, user and system */
    long pss_kib;  /* memory in proportion: a page that k processes share counts 1/k in each */
    long sockets;
};

enum tree_look { TREE_CPU, TREE_MEMORY }; /* memory and sockets cost some time to look at */

/* Adds up what there is of it; zeros where it is gone or pid is 0. */
struct tree tree_look(pid_t pid, enum tree_look what);

#endif
