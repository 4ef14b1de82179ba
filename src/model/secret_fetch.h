/* Where a secret's value comes from: private to the rooms secret*. */
#ifndef POLLER_MODEL_SECRET_FETCH_H
#define POLLER_MODEL_SECRET_FETCH_H

#include "base/buf.h"

#include <poller/secret.h>

struct err;

/* Most bytes that are fetched: a value and the line end that is dropped. */
#define SECRET_FETCH_MAX (SECRET_VALUE_MAX + 2)

/* Appends the value that argument names to out: the rest of `env:NAME`, `file:PATH`, `cmd:PROGRAM`.
 * 0, or -1 with err (FAIL_USAGE; no position, no value in it). */
int secret_fetch_env(const char *argument, struct buf *out, struct err *e);
int secret_fetch_file(const char *argument, struct buf *out, struct err *e);
int secret_fetch_program(const char *argument, struct buf *out, struct err *e);

#endif
