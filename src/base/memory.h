/* What the allocator keeps, given back. The programs are linked with gperftools' tcmalloc where it
 * is installed (Makefile, MALLOC), tests and builds under sanitizers are not: both are served. */
#ifndef POLLER_BASE_MEMORY_H
#define POLLER_BASE_MEMORY_H

/* Free memory goes back to the system: after something that needed much and is over. Any thread. */
void memory_trim(void);

/* The calling thread will wait for long: free memory that is kept for it alone goes to the others.
 * What it allocates next costs a little more. */
void memory_thread_rests(void);

/* The allocator, with its version where it has one: "gperftools 2.10", "the C library's". */
const char *memory_allocator(void);

#endif
