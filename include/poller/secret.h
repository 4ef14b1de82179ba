/* Secrets by reference: `env:NAME`, `file:PATH`, `cmd:PROGRAM`, `ask`, or a plain string.
 *
 * A reference is read from the inventory and kept; its value is fetched once, before the first
 * thread or fork, and wiped when the store is freed. A value is never put in argv, a log line, a
 * record, a frame between processes, or a core dump (its pages are locked where the limit allows
 * and left out of dumps). */
#ifndef POLLER_SECRET_H
#define POLLER_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct secret;
struct secret_store;

/* Most bytes of a value. */
#define SECRET_VALUE_MAX 4096

struct secret_store *secret_store_new(void);
void secret_store_free(struct secret_store *store); /* wipes every value; NULL allowed */

/* The reference that text spells; equal texts give the same pointer, so `ask` under one label asks
 * once and `cmd:` runs once. label is what a question names ("password", "enable secret"). where
 * is "file:line:column" for messages (copied). NULL: memory is out. Owned by the store. */
const struct secret *secret_intern(struct secret_store *store, const char *text, const char *label,
                                   const char *where);

/* True for a plain string: what makes a world-readable inventory worth a warning. */
bool secret_is_plain(const struct secret *s);

/* Every reference is wanted at first. What no device that is visited needs must not be asked for,
 * nor fail the run: none makes all unwanted, then each needed one is wanted again (NULL allowed).
 * Before secret_resolve_all. */
void secret_want_none(struct secret_store *store);
void secret_want(struct secret_store *store, const struct secret *wanted);

/* Asks a person, without echo, on /dev/tty. Writes at most size-1 bytes and a NUL; 0, or -1 with
 * err set (no terminal). */
typedef int secret_ask_fn(void *ctx, const char *question, char *out, size_t size, struct err *e);

/* Fetches every wanted value. -1 with err (FAIL_USAGE, position first) when one cannot be had: an
 * unset variable, an unreadable file, a program that fails or takes over 30 s, a value that is
 * empty or has a second line. A file that others may read is a warning. One trailing newline is
 * dropped. Bounded at SECRET_VALUE_MAX bytes. `cmd:` is run by /bin/sh -c, in the working
 * directory, without standard input; a relative `file:` is beneath the working directory, "~/"
 * beneath HOME. Call once, before any thread or fork. */
int secret_resolve_all(struct secret_store *store, secret_ask_fn *ask, void *ask_ctx,
                       struct err *e);

/* As above, but only what costs nothing and does nothing: variables and files. No program is run
 * and nobody is asked. */
int secret_check_all(struct secret_store *store, struct err *e);

/* The value, NUL-terminated; "" for NULL s. Valid while the store lives. Thread-safe (read only).
 */
const char *secret_value(const struct secret *s);

#endif
