/* Drives one transport to an answer with poll(2), for tests: what session/ and drive do in earnest.
 * Every wait is bounded by DRIVE_LIMIT_MS; past it the call answers IO_AGAIN. */
#ifndef TESTS_LIB_SSH_DRIVE_H
#define TESTS_LIB_SSH_DRIVE_H

#include "base/buf.h"

#include <poller/transport.h>

#define DRIVE_LIMIT_MS 10000

/* A configuration for a device: a wide pty, no password. */
struct transport_config drive_config(const struct transport_env *env, const struct device *device,
                                     const char *username);

/* Waits for what the transport wants, at most limit_ms; false when the time is over. */
bool drive_wait(struct transport *t, int limit_ms);

enum io_result drive_step(struct transport *t, struct err *e);
enum io_result drive_start(struct transport *t, const char *command, struct err *e);
enum io_result drive_close(struct transport *t);

/* Receives into out (and err_out, or NULL) until the text has come, or with NULL until the stream
 * ends: IO_OK, or IO_END, IO_FAIL. */
enum io_result drive_read(struct transport *t, const char *until, struct buf *out,
                          struct buf *err_out, struct err *e);

/* Sends all of text, receiving into nothing meanwhile. */
enum io_result drive_send(struct transport *t, const char *text, size_t n, struct err *e);

#endif
