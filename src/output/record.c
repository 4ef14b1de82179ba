#include "output/record.h"

#include "output/out.h"
#include "output/utf8.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *record_time(int64_t wall_ms, char out[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    out[0] = '\0';
    if (wall_ms <= 0 || !gmtime_r(&seconds, &tm))
        return out;
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 32 - n, ".%03dZ", (int)(wall_ms % 1000));
    return out;
}

const char *record_status(const struct result *result)
{
    return result->class == FAIL_NONE ? "ok" : "failed";
}

/* -1 where o or the value could not be made: no key is lost in silence. One call a statement, since
 * the keys' order is part of the promise. */
static int put(json_t *o, const char *key, json_t *value)
{
    return json_object_set_new(o, key, value);
}

/* o itself, or NULL where something of it is missing. */
static json_t *whole(json_t *o, int rc)
{
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *clean_text(const char *bytes, size_t n)
{
    struct buf clean;
    buf_init(&clean, SIZE_MAX / 2);
    json_t *value = NULL;
    if (utf8_clean(&clean, bytes, n) == 0)
        value = json_stringn_nocheck(buf_bytes(&clean), clean.len);
    buf_free(&clean);
    return value;
}

static json_t *text_or_null(const char *text)
{
    return text ? clean_text(text, strlen(text)) : json_null();
}

static json_t *class_json(enum fail_class c)
{
    return text_or_null(fail_name(c));
}

/* Milliseconds with one decimal; null for what was never reached. */
json_t *record_ms(double ms)
{
    return ms < 0 || !isfinite(ms) ? json_null() : json_real(round(ms * 10) / 10);
}

static json_t *timing_json(const struct result *r)
{
    json_t *timing = json_object();
    int rc = 0;
    for (int p = 0; p < PHASE_COUNT; p++)
        rc |= put(timing, phase_name((enum phase)p), record_ms(r->phase_ms[p]));
    rc |= put(timing, "total", record_ms(r->total_ms));
    return whole(timing, rc);
}

static json_t *proofs_json(unsigned proofs)
{
    json_t *list = json_array();
    int rc = list ? 0 : -1;
    for (int i = 0; i < PROOF_KINDS; i++)
        if (proofs & (1u << i))
            rc |= json_array_append_new(list, json_string(proof_name(i)));
    return whole(list, rc);
}

static json_t *command_status_json(enum command_status status)
{
    static const char *const names[] = {
        [COMMAND_NOT_RUN] = NULL, [COMMAND_OK] = "ok", [COMMAND_FAILED] = "failed"};
    return text_or_null(names[status]);
}

static json_t *command_json(const struct command *command, const struct command_result *c,
                            const char *file)
{
    json_t *o = json_object();
    int rc = put(o, "command", text_or_null(command->text));
    rc |= put(o, "status", command_status_json(c->status));
    rc |= put(o, "class", class_json(c->class));
    if (c->error)
        rc |= put(o, "error", text_or_null(c->error));
    if (file)
        rc |= put(o, "file", json_string(file));
    rc |= put(o, "output", c->output ? clean_text(c->output, c->output_len) : json_null());
    rc |= put(o, "proofs", proofs_json(c->proofs));
    rc |= put(o, "doubt", text_or_null(c->doubt));
    if (c->exit_status >= 0)
        rc |= put(o, "exit_status", json_integer(c->exit_status));
    rc |= put(o, "bytes", json_integer((json_int_t)c->output_len));
    rc |= put(o, "ms", record_ms(c->ms));
    return whole(o, rc);
}

static json_t *commands_json(const struct job *job, const struct result *r,
                             const char *const *files)
{
    json_t *list = json_array();
    int rc = list ? 0 : -1;
    for (size_t i = 0; i < r->n_commands && rc == 0; i++)
        rc = json_array_append_new(
            list, command_json(&job->commands.items[i], &r->commands[i], files ? files[i] : NULL));
    return whole(list, rc);
}

static int put_device(json_t *o, const struct device *d)
{
    int rc = put(o, "device", text_or_null(d->name));
    rc |= put(o, "host", text_or_null(d->host));
    rc |= put(o, "port", json_integer(d->port));
    rc |= put(o, "transport", json_string(transport_kind_name(d->transport)));
    rc |= put(o, "platform", text_or_null(d->platform_name));
    return rc;
}

json_t *record_json(const struct sink_options *options, const struct device *device,
                    const struct job *job, const struct result *r, const char *const *files)
{
    char time_text[32];
    json_t *o = json_object();
    record_time(r->started_at_ms, time_text);
    int rc = put(o, "schema", json_integer(RECORD_SCHEMA));
    rc |= put(o, "run_id", json_string(options->run_id));
    rc |= put_device(o, device);
    rc |= put(o, "mode", json_string(options->mode));
    rc |= put(o, "process", json_integer(r->process));
    rc |= put(o, "worker", json_integer(r->worker));
    rc |= put(o, "attempt", json_integer(r->attempt));
    rc |= put(o, "status", json_string(record_status(r)));
    rc |= put(o, "class", class_json(r->class));
    rc |= put(o, "error", r->class ? text_or_null(r->err.text) : json_null());
    rc |= put(o, "started_at", text_or_null(time_text[0] ? time_text : NULL));
    rc |= put(o, "timing_ms", timing_json(r));
    rc |= put(o, "commands", commands_json(job, r, files));
    rc |= put(o, "host_key", text_or_null(r->host_key));
    if (r->note)
        rc |= put(o, "note", text_or_null(r->note));
    if (files)
        rc |= put(o, "prompt", text_or_null(r->prompt));
    return whole(o, rc);
}

static json_t *classes_json(const struct run_summary *run)
{
    json_t *o = json_object();
    int rc = o ? 0 : -1;
    for (int c = FAIL_NONE + 1; c < FAIL_COUNT; c++)
        if (run->classes[c] > 0)
            rc |= put(o, fail_name((enum fail_class)c), json_integer((json_int_t)run->classes[c]));
    return whole(o, rc);
}

static json_t *times_json(const struct run_summary *run)
{
    json_t *o = json_object();
    int rc = put(o, "p50", record_ms(run->p50));
    rc |= put(o, "p95", record_ms(run->p95));
    rc |= put(o, "p99", record_ms(run->p99));
    rc |= put(o, "max", record_ms(run->max));
    rc |= put(o, "slowest", text_or_null(run->slowest));
    return whole(o, rc);
}

static json_t *cpu_json(const struct run_summary *run)
{
    json_t *o = json_object();
    int rc = put(o, "user", record_ms(run->cpu_user_ms));
    rc |= put(o, "system", record_ms(run->cpu_system_ms));
    return whole(o, rc);
}

static json_t *window_json(const struct window_summary *w)
{
    json_t *o = json_object();
    int rc = put(o, "start", json_integer(w->start));
    rc |= put(o, "most", json_integer(w->most));
    rc |= put(o, "final", json_integer(w->final));
    rc |= put(o, "grew", json_integer(w->grew));
    rc |= put(o, "backed_off", json_integer(w->backed_off));
    return whole(o, rc);
}

/* null where the number was given. */
static json_t *windows_json(const struct windows_summary *w)
{
    if (!w->is_auto)
        return json_null();
    json_t *o = window_json(&w->run), *groups = json_object();
    int rc = 0;
    for (size_t i = 0; i < w->n_groups; i++)
        rc |= put(groups, w->groups[i].group, window_json(&w->groups[i]));
    groups = whole(groups, rc);
    rc |= put(o, "groups", groups);
    rc |= put(o, "groups_left_out", json_integer((json_int_t)w->left_out));
    return whole(o, rc);
}

/* By what waited for it; {} where nothing did. */
static json_t *held_json(const struct run_summary *run)
{
    json_t *o = json_object();
    int rc = o ? 0 : -1;
    for (int hold = 0; hold < HOLD_COUNT; hold++)
        if (run->held_ms[hold] > 0)
            rc |= put(o, pace_hold_name((enum pace_hold)hold), record_ms(run->held_ms[hold]));
    return whole(o, rc);
}

json_t *run_summary_json(const struct run_summary *run)
{
    json_t *o = json_object();
    int rc = put(o, "run_id", json_string(run->run_id));
    rc |= put(o, "mode", json_string(run->mode));
    rc |= put(o, "workers", json_integer(run->workers));
    rc |= put(o, "auto", windows_json(&run->windows));
    rc |= put(o, "devices", json_integer((json_int_t)run->devices));
    rc |= put(o, "ok", json_integer((json_int_t)run->ok));
    rc |= put(o, "failed", json_integer((json_int_t)run->failed));
    rc |= put(o, "retried", json_integer((json_int_t)run->retried));
    rc |= put(o, "doubts", json_integer((json_int_t)run->doubts));
    rc |= put(o, "classes", classes_json(run));
    rc |= put(o, "elapsed_ms", record_ms(run->elapsed_ms));
    rc |= put(o, "held_ms", held_json(run));
    rc |= put(o, "device_ms_sum", record_ms(run->device_ms_sum));
    rc |= put(o, "speedup_estimate", record_ms(run->speedup_estimate));
    rc |= put(o, "device_ms", times_json(run));
    rc |= put(o, "cpu_ms", cpu_json(run));
    rc |= put(o, "max_rss_kib", json_integer(run->max_rss_kib));
    rc |= put(o, "version", json_string(run->version));
    return whole(o, rc);
}

static int keep_piece(const char *bytes, size_t n, void *text)
{
    return buf_add(text, bytes, n);
}

int record_write(struct out *out, const json_t *value)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    int rc = json_dump_callback(value, keep_piece, &text, RECORD_DUMP_FLAGS);
    if (rc == 0)
        out_bytes(out, buf_bytes(&text), text.len);
    buf_free(&text);
    return rc == 0 ? 0 : -1;
}
