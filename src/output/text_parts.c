#include "output/text_parts.h"

#include "output/utf8.h"

#include <string.h>

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

int text_put_output(struct buf *to, const char *bytes, size_t n)
{
    int rc = utf8_clean_printable(to, bytes, n);
    if (n > 0 && bytes[n - 1] != '\n')
        rc |= buf_add_str(to, "\n");
    return rc | buf_add_str(to, "\n");
}

int text_put_line(struct buf *to, const char *text)
{
    int rc = 0;
    for (size_t n; *text; text += n + (text[n] != '\0')) {
        n = strcspn(text, "\r\n");
        rc |= utf8_clean_printable(to, text, n);
        if (text[n])
            rc |= buf_add_str(to, " ");
    }
    return rc;
}

int text_start_heading(struct buf *to, bool color, bool good)
{
    int rc = color ? buf_add_str(to, good ? GREEN : RED) : 0;
    return rc | buf_add_str(to, "== ");
}

int text_end_heading(struct buf *to, bool color)
{
    return buf_add_str(to, color ? PLAIN "\n" : "\n");
}

int text_put_command(struct buf *to, bool color, const struct device *d,
                     const struct command *command, const struct command_result *c)
{
    bool ok = c->status == COMMAND_OK;
    const char *class = fail_name(c->class);
    int rc = text_start_heading(to, color, ok);
    rc |= text_put_line(to, d->name);
    rc |= buf_add_str(to, ": ");
    rc |= text_put_line(to, command->text);
    rc |= buf_addf(to, " (%s, %s%zu bytes, %.0f ms)", ok ? "ok" : (class ? class : "failed"),
                   c->doubt ? TEXT_IN_DOUBT : "", c->output_len, c->ms < 0 ? 0 : c->ms);
    rc |= text_end_heading(to, color);
    return rc | text_put_output(to, c->output, c->output_len);
}

/* The sentence without the device's name, which stands before it already. */
static const char *without_name(const char *sentence, const char *name)
{
    size_t n = strlen(name);
    bool named = strncmp(sentence, name, n) == 0 && strncmp(sentence + n, ": ", 2) == 0;
    return named ? sentence + n + 2 : sentence;
}

int text_put_failure(struct buf *to, bool color, const struct device *d, const struct result *r)
{
    int rc = text_start_heading(to, color, false);
    rc |= text_put_line(to, d->name);
    rc |= buf_addf(to, ": FAILED %s: ", fail_name(r->class));
    rc |= text_put_line(to, without_name(r->err.text, d->name));
    if (r->attempt > 1)
        rc |= buf_addf(to, " (attempt %u)", r->attempt);
    rc |= text_end_heading(to, color);
    return rc | buf_add_str(to, "\n");
}
