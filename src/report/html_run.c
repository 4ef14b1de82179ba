/* A run's records, reduced to columns: one small number a device in place of an object. */
#include "report/html_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TENTHS_MAX 1e13 /* longer than any run; a double holds it exactly */

/* The columns that are times, as the records name them. */
static const char *const times[] = {"queued", "resolve",  "connect", "kex",  "auth",
                                    "ready",  "commands", "close",   "total"};
#define TIMES (sizeof times / sizeof *times)

static const char *const others[] = {"name", "worker", "class", "attempt"};
#define OTHERS (sizeof others / sizeof *others)

/* Of the run object, what the page shows. */
static const char *const run_keys[] = {
    "run_id",           "mode",      "workers", "devices",     "ok",
    "failed",           "doubts",    "classes", "elapsed_ms",  "device_ms_sum",
    "speedup_estimate", "device_ms", "cpu_ms",  "max_rss_kib", "version"};

json_t *html_tenths(const json_t *ms)
{
    double tenths = json_is_number(ms) ? round(json_number_value(ms) * 10) : -1;
    if (!(tenths >= 0))
        tenths = -1;
    return json_integer((json_int_t)fmin(tenths, TENTHS_MAX));
}

/* A new document with empty columns; NULL: memory is out. */
static json_t *new_document(const json_t *record)
{
    json_t *document = json_object(), *columns = json_object();
    int rc = html_put(document, "kind", json_string("run"));
    for (size_t i = 0; i < OTHERS; i++)
        rc |= html_put(columns, others[i], json_array());
    for (size_t i = 0; i < TIMES; i++)
        rc |= html_put(columns, times[i], json_array());
    rc |= html_put(document, "columns", columns);
    rc |= html_put(document, "classes", json_array());
    rc |= html_put(document, "sentences", json_array());
    rc |= html_put(document, "doubts", json_array());
    rc |= html_put(document, "doubts_left", json_integer(0));
    const json_t *mode = json_object_get(record, "mode");
    const json_t *started = json_object_get(record, "started_at");
    rc |=
        html_put(document, "mode", json_is_string(mode) ? json_copy((json_t *)mode) : json_null());
    rc |= html_put(document, "started_at",
                   json_is_string(started) ? json_copy((json_t *)started) : json_null());
    if (rc == 0)
        return document;
    json_decref(document);
    return NULL;
}

static int begin(struct html_run *run, const json_t *record, const char *run_id)
{
    run->document = new_document(record);
    run->groups = html_groups_new();
    if (!run->document || !run->groups)
        return -1;
    strncpy(run->run_id, run_id, sizeof run->run_id - 1);
    return 0;
}

/* The class's number in the document's list, -1 for none, -2: memory is out. */
static int class_number(json_t *document, const json_t *class)
{
    json_t *classes = json_object_get(document, "classes");
    size_t i;
    json_t *known;
    if (!json_is_string(class))
        return -1;
    json_array_foreach(classes, i, known) if (json_equal(known, class)) return (int)i;
    return json_array_append(classes, (json_t *)class) == 0 ? (int)i : -2;
}

static json_int_t whole_number(const json_t *value, json_int_t otherwise)
{
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static int add_columns(json_t *document, const json_t *record, int class)
{
    json_t *columns = json_object_get(document, "columns");
    json_t *timing = json_object_get(record, "timing_ms");
    json_t *values[OTHERS] = {json_copy(json_object_get(record, "device")),
                              json_integer(whole_number(json_object_get(record, "worker"), 0)),
                              json_integer(class),
                              json_integer(whole_number(json_object_get(record, "attempt"), 1))};
    int rc = 0;
    for (size_t i = 0; i < OTHERS; i++)
        rc |= json_array_append_new(json_object_get(columns, others[i]), values[i]);
    for (size_t i = 0; i < TIMES; i++)
        rc |= json_array_append_new(json_object_get(columns, times[i]),
                                    html_tenths(json_object_get(timing, times[i])));
    return rc;
}

/* [number of the record, sentence], while there is room. */
static int add_sentence(struct html_run *run, const json_t *record)
{
    json_t *error = json_object_get(record, "error");
    if (!json_is_string(error) || run->sentence_bytes + json_string_length(error) > HTML_SENTENCES)
        return 0;
    run->sentence_bytes += json_string_length(error);
    return json_array_append_new(json_object_get(run->document, "sentences"),
                                 json_pack("[I, O]", (json_int_t)run->n, error));
}

/* [number of the record, command, sentence], while there is room; else they are counted. */
static int add_doubt(struct html_run *run, const json_t *command)
{
    json_t *doubt = json_object_get(command, "doubt"), *text = json_object_get(command, "command");
    if (!json_is_string(doubt))
        return 0;
    size_t bytes = json_string_length(doubt) + json_string_length(text);
    if (run->doubt_bytes + bytes > HTML_SENTENCES) {
        json_t *left = json_object_get(run->document, "doubts_left");
        return json_integer_set(left, json_integer_value(left) + 1);
    }
    run->doubt_bytes += bytes;
    return json_array_append_new(json_object_get(run->document, "doubts"),
                                 json_pack("[I, O?, O]", (json_int_t)run->n, text, doubt));
}

static int add_commands(struct html_run *run, const json_t *record)
{
    size_t i;
    json_t *command;
    int rc = 0;
    json_array_foreach(json_object_get(record, "commands"), i, command)
    {
        rc |= html_groups_add(run->groups, command, run->n);
        rc |= add_doubt(run, command);
    }
    return rc;
}

static int check_record(const json_t *record, struct err *e)
{
    static const char *const texts[] = {"device", "status"};
    if (html_check_schema(record, e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!json_is_string(json_object_get(record, texts[i])))
            return err_set(e, FAIL_USAGE, "a record without '%s' is none of poller's", texts[i]);
    if (!json_is_object(json_object_get(record, "timing_ms")))
        return err_set(e, FAIL_USAGE, "a record without 'timing_ms' is none of poller's");
    return 0;
}

int html_add_record(struct html *h, const json_t *record, struct err *e)
{
    struct html_run *run = &h->run;
    if (check_record(record, e) != 0)
        return -1;
    const char *run_id = json_string_value(json_object_get(record, "run_id"));
    run_id = run_id ? run_id : "";
    if (run->document && strncmp(run->run_id, run_id, sizeof run->run_id - 1) != 0 &&
        html_run_end(h, NULL, e) != 0)
        return -1;
    if (!run->document && begin(run, record, run_id) != 0)
        return html_no_memory(e);
    int class = class_number(run->document, json_object_get(record, "class"));
    int rc = class == -2 ? -1 : add_columns(run->document, record, class);
    rc |= add_sentence(run, record);
    rc |= add_commands(run, record);
    run->n++;
    return rc == 0 ? 0 : html_no_memory(e);
}

void html_run_free(struct html_run *run)
{
    json_decref(run->document);
    html_groups_free(run->groups);
    *run = (struct html_run){0};
}

static json_t *run_object(const json_t *run)
{
    json_t *o = json_object();
    for (size_t i = 0; o && i < sizeof run_keys / sizeof *run_keys; i++) {
        json_t *value = json_object_get(run, run_keys[i]);
        if (value && json_object_set(o, run_keys[i], value) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

int html_run_end(struct html *h, const json_t *run, struct err *e)
{
    struct html_run *r = &h->run;
    if (!r->document)
        return 0;
    int rc = html_put(r->document, "run", run ? run_object(run) : json_null());
    rc |= html_groups_put(r->groups, r->document);
    rc |= json_array_append(h->documents, r->document);
    html_run_free(r);
    return rc == 0 ? 0 : html_no_memory(e);
}

int html_add_run(struct html *h, const json_t *run, struct err *e)
{
    if (!json_is_string(json_object_get(run, "mode")) ||
        !json_is_number(json_object_get(run, "elapsed_ms")))
        return err_set(e, FAIL_USAGE,
                       "a run object without 'mode' or 'elapsed_ms' is none of "
                       "poller's");
    if (!h->run.document && begin(&h->run, run, "") != 0)
        return html_no_memory(e);
    return html_run_end(h, run, e);
}
