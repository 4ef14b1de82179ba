/* The record of one device and the run object, as JSON values: their keys are a promise. */
#ifndef POLLER_OUTPUT_RECORD_H
#define POLLER_OUTPUT_RECORD_H

#include "model/record_head.h"
#include "output/sink.h"

#include <jansson.h>

#define RECORD_SCHEMA 1

/* dumps with this print times with one decimal as they were rounded */
#define RECORD_DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* A new value, the caller's (json_decref); NULL when memory is out. files: NULL, or one name for
 * each command (the -O directory): then "file" stands beside "output". */
json_t *record_json(const struct sink_options *options, const struct device *device,
                    const struct job *job, const struct result *result, const char *const *files);

json_t *run_summary_json(const struct run_summary *run);

/* Milliseconds with one decimal, as everywhere; null for what is negative or no number. */
json_t *record_ms(double ms);

/* "2026-11-20T10:00:00.123Z" into out; "" for 0. */
const char *record_time(int64_t wall_ms, char out[32]);

/* "ok" or "failed". */
const char *record_status(const struct result *result);

/* value into out as JSON, without a line end. 0, or -1: memory is out, and nothing was added. */
int record_write(struct out *out, const json_t *value);

#endif
