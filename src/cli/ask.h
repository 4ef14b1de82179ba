/* Questions to the person at the terminal. */
#ifndef POLLER_CLI_ASK_H
#define POLLER_CLI_ASK_H

#include <stddef.h>

struct err;

/* Fills secret_ask_fn: asks on /dev/tty without echo; restores the terminal on every path. */
int ask_person(void *ctx, const char *question, char *out, size_t size, struct err *e);

#endif
