/* RFC 4180: one line a device, without the outputs. */
#include "output/out.h"
#include "output/record.h"
#include "output/sinks.h"
#include "output/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static int csv_begin(struct sink *s, struct err *e)
{
    out_str(s->out, "device,host,port,transport,platform,mode,worker,attempt,status,class,error,"
                    "started_at");
    for (int p = 0; p < PHASE_COUNT; p++)
        out_fmt(s->out, ",%s", phase_name((enum phase)p));
    out_str(s->out, ",total,bytes,host_key,doubts\r\n");
    return out_flush(s->out, "standard output", e);
}

/* A field of text, quoted where RFC 4180 asks for it; NULL is an empty field. Tables are read on
 * terminals, too: no control characters. */
static void put_text(struct out *o, const char *text)
{
    struct buf clean;
    buf_init(&clean, SIZE_MAX / 2);
    if (text && utf8_clean_printable(&clean, text, strlen(text)) != 0 && !o->error)
        o->error = ENOMEM;
    text = buf_bytes(&clean);
    if (!text[strcspn(text, ",\"\n")]) {
        out_str(o, text);
    } else {
        out_str(o, "\"");
        for (const char *p = text; *p; p++) {
            if (*p == '"')
                out_str(o, "\"");
            out_bytes(o, p, 1);
        }
        out_str(o, "\"");
    }
    buf_free(&clean);
}

static void put_ms(struct out *o, double ms)
{
    if (ms >= 0 && isfinite(ms))
        out_fmt(o, ",%.1f", round(ms * 10) / 10); /* as the records round */
    else
        out_str(o, ",");
}

static void put_identity(struct sink *s, const struct device *d, const struct result *r)
{
    put_text(s->out, d->name);
    out_str(s->out, ",");
    put_text(s->out, d->host);
    out_fmt(s->out, ",%u,%s,", (unsigned)d->port, transport_kind_name(d->transport));
    put_text(s->out, d->platform_name);
    out_fmt(s->out, ",%s,%u,%u,%s,", s->options.mode, r->worker, r->attempt, record_status(r));
}

static int csv_result(struct sink *s, const struct device *d, const struct job *job,
                      const struct result *r, struct err *e)
{
    (void)job;
    char time_text[32];
    size_t bytes = 0;
    for (size_t i = 0; i < r->n_commands; i++)
        bytes += r->commands[i].output_len;
    put_identity(s, d, r);
    put_text(s->out, fail_name(r->class));
    out_str(s->out, ",");
    put_text(s->out, r->class ? r->err.text : NULL);
    out_fmt(s->out, ",%s", record_time(r->started_at_ms, time_text));
    for (int p = 0; p < PHASE_COUNT; p++)
        put_ms(s->out, r->phase_ms[p]);
    put_ms(s->out, r->total_ms);
    out_fmt(s->out, ",%zu,", bytes);
    put_text(s->out, r->host_key);
    out_fmt(s->out, ",%zu\r\n", result_doubts(r));
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_csv = {.name = "csv", .begin = csv_begin, .result = csv_result};
