/* For people: a heading, the output and an empty line for each command. */
#include "output/out.h"
#include "output/sinks.h"
#include "output/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

static void put_clean(struct out *o, const char *bytes, size_t n)
{
    struct buf clean;
    buf_init(&clean, SIZE_MAX / 2);
    if (utf8_clean_printable(&clean, bytes, n) == 0)
        out_bytes(o, buf_bytes(&clean), clean.len);
    else if (!o->error)
        o->error = ENOMEM; /* what is not shown must not pass for all there was */
    buf_free(&clean);
}

static void put_color(struct sink *s, const char *color)
{
    if (s->options.color)
        out_str(s->out, color);
}

/* Headings are one line, whatever a name or a sentence holds. */
static void put_line(struct out *o, const char *text)
{
    for (size_t n; *text; text += n + (text[n] != '\0')) {
        n = strcspn(text, "\r\n");
        put_clean(o, text, n);
        if (text[n])
            out_str(o, " ");
    }
}

/* "== r1: ", in color. */
static void start_heading(struct sink *s, const struct device *d, const char *color)
{
    put_color(s, color);
    out_str(s->out, "== ");
    put_line(s->out, d->name);
    out_str(s->out, ": ");
}

static void put_command(struct sink *s, const struct device *d, const struct command *command,
                        const struct command_result *c)
{
    bool ok = c->status == COMMAND_OK;
    const char *class = fail_name(c->class);
    start_heading(s, d, ok ? GREEN : RED);
    put_line(s->out, command->text);
    out_fmt(s->out, " (%s, %zu bytes, %.0f ms)", ok ? "ok" : (class ? class : "failed"),
            c->output_len, c->ms < 0 ? 0 : c->ms);
    put_color(s, PLAIN);
    out_str(s->out, "\n");
    put_clean(s->out, c->output, c->output_len);
    if (c->output_len > 0 && c->output[c->output_len - 1] != '\n')
        out_str(s->out, "\n");
    out_str(s->out, "\n");
}

/* The sentence without the device's name, which stands before it already. */
static const char *without_name(const char *sentence, const char *name)
{
    size_t n = strlen(name);
    bool named = strncmp(sentence, name, n) == 0 && strncmp(sentence + n, ": ", 2) == 0;
    return named ? sentence + n + 2 : sentence;
}

static void put_failure(struct sink *s, const struct device *d, const struct result *r)
{
    start_heading(s, d, RED);
    out_fmt(s->out, "FAILED %s: ", fail_name(r->class));
    put_line(s->out, without_name(r->err.text, d->name));
    put_color(s, PLAIN);
    out_str(s->out, "\n\n");
}

static int text_result(struct sink *s, const struct device *d, const struct job *job,
                       const struct result *r, struct err *e)
{
    for (size_t i = 0; i < r->n_commands; i++)
        if (r->commands[i].status != COMMAND_NOT_RUN)
            put_command(s, d, &job->commands.items[i], &r->commands[i]);
    if (r->class != FAIL_NONE)
        put_failure(s, d, r);
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_text = {.name = "text", .result = text_result};
