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

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *class_json(enum fail_class c)
{
    return text_or_null(fail_name(c));
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

static json_t *error_json(const char *text)
{
    return text ? clean_text(text, strlen(text)) : json_null();
}

/* Milliseconds with one decimal; null for what was never reached. */
static json_t *ms_json(double ms)
{
    return ms < 0 || !isfinite(ms) ? json_null() : json_real(round(ms * 10) / 10);
}

static json_t *timing_json(const struct result *r)
{
    json_t *timing = json_object();
    for (int p = 0; p < PHASE_COUNT; p++)
        json_object_set_new(timing, phase_name((enum phase)p), ms_json(r->phase_ms[p]));
    json_object_set_new(timing, "total", ms_json(r->total_ms));
    return timing;
}

static json_t *proofs_json(unsigned proofs)
{
    json_t *list = json_array();
    for (int i = 0; i < PROOF_KINDS; i++)
        if (proofs & (1u << i))
            json_array_append_new(list, json_string(proof_name(i)));
    return list;
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
    json_object_set_new(o, "command", clean_text(command->text, strlen(command->text)));
    json_object_set_new(o, "status", command_status_json(c->status));
    json_object_set_new(o, "class", class_json(c->class));
    if (c->error)
        json_object_set_new(o, "error", error_json(c->error));
    if (file)
        json_object_set_new(o, "file", json_string(file));
    json_object_set_new(o, "output",
                        c->output ? clean_text(c->output, c->output_len) : json_null());
    json_object_set_new(o, "proofs", proofs_json(c->proofs));
    if (c->exit_status >= 0)
        json_object_set_new(o, "exit_status", json_integer(c->exit_status));
    json_object_set_new(o, "bytes", json_integer((json_int_t)c->output_len));
    json_object_set_new(o, "ms", ms_json(c->ms));
    return o;
}

static json_t *commands_json(const struct job *job, const struct result *r,
                             const char *const *files)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_commands; i++)
        json_array_append_new(
            list, command_json(&job->commands.items[i], &r->commands[i], files ? files[i] : NULL));
    return list;
}

static void put_device(json_t *o, const struct device *d)
{
    json_object_set_new(o, "device", clean_text(d->name, strlen(d->name)));
    json_object_set_new(o, "host", clean_text(d->host, strlen(d->host)));
    json_object_set_new(o, "port", json_integer(d->port));
    json_object_set_new(o, "transport", json_string(transport_kind_name(d->transport)));
    json_object_set_new(o, "platform", text_or_null(d->platform_name));
}

json_t *record_json(const struct sink_options *options, const struct device *device,
                    const struct job *job, const struct result *r, const char *const *files)
{
    char time_text[32];
    json_t *o = json_object();
    if (!o)
        return NULL;
    record_time(r->started_at_ms, time_text);
    json_object_set_new(o, "schema", json_integer(RECORD_SCHEMA));
    json_object_set_new(o, "run_id", json_string(options->run_id));
    put_device(o, device);
    json_object_set_new(o, "mode", json_string(options->mode));
    json_object_set_new(o, "process", json_integer(r->process));
    json_object_set_new(o, "worker", json_integer(r->worker));
    json_object_set_new(o, "attempt", json_integer(r->attempt));
    json_object_set_new(o, "status", json_string(record_status(r)));
    json_object_set_new(o, "class", class_json(r->class));
    json_object_set_new(o, "error", r->class ? error_json(r->err.text) : json_null());
    json_object_set_new(o, "started_at", text_or_null(time_text[0] ? time_text : NULL));
    json_object_set_new(o, "timing_ms", timing_json(r));
    json_object_set_new(o, "commands", commands_json(job, r, files));
    json_object_set_new(o, "host_key", text_or_null(r->host_key));
    if (r->note)
        json_object_set_new(o, "note", error_json(r->note));
    if (files)
        json_object_set_new(o, "prompt", error_json(r->prompt));
    return o;
}

static json_t *classes_json(const struct run_summary *run)
{
    json_t *o = json_object();
    for (int c = FAIL_NONE + 1; c < FAIL_COUNT; c++)
        if (run->classes[c] > 0)
            json_object_set_new(o, fail_name((enum fail_class)c),
                                json_integer((json_int_t)run->classes[c]));
    return o;
}

json_t *run_summary_json(const struct run_summary *run)
{
    json_t *o = json_object();
    if (!o)
        return NULL;
    json_object_set_new(o, "run_id", json_string(run->run_id));
    json_object_set_new(o, "mode", json_string(run->mode));
    json_object_set_new(o, "workers", json_integer(run->workers));
    json_object_set_new(o, "devices", json_integer((json_int_t)run->devices));
    json_object_set_new(o, "ok", json_integer((json_int_t)run->ok));
    json_object_set_new(o, "failed", json_integer((json_int_t)run->failed));
    json_object_set_new(o, "classes", classes_json(run));
    json_object_set_new(o, "elapsed_ms", ms_json(run->elapsed_ms));
    json_object_set_new(o, "device_ms_sum", ms_json(run->device_ms_sum));
    json_object_set_new(o, "speedup_estimate", ms_json(run->speedup_estimate));
    json_t *times = json_object();
    json_object_set_new(times, "p50", ms_json(run->p50));
    json_object_set_new(times, "p95", ms_json(run->p95));
    json_object_set_new(times, "p99", ms_json(run->p99));
    json_object_set_new(times, "max", ms_json(run->max));
    json_object_set_new(times, "slowest", text_or_null(run->slowest));
    json_object_set_new(o, "device_ms", times);
    json_t *cpu = json_object();
    json_object_set_new(cpu, "user", ms_json(run->cpu_user_ms));
    json_object_set_new(cpu, "system", ms_json(run->cpu_system_ms));
    json_object_set_new(o, "cpu_ms", cpu);
    json_object_set_new(o, "max_rss_kib", json_integer(run->max_rss_kib));
    json_object_set_new(o, "version", json_string(run->version));
    return o;
}

static int dump_piece(const char *bytes, size_t n, void *out)
{
    out_bytes(out, bytes, n);
    return 0;
}

int record_write(struct out *out, const json_t *value)
{
    if (json_dump_callback(value, dump_piece, out, RECORD_DUMP_FLAGS) != 0)
        return -1;
    return 0;
}
