#include "dialogue/outcome.h"

#include "dialogue/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX    1024
#define FIRST_LINES 4 /* a refusal stands in the first lines that are not empty … */
#define LAST_LINES  2 /* … or in the last: further in, it is something that was printed */

static const struct command_result nothing_yet = {.exit_status = -1, .ms = -1};

int outcome_init(struct outcome *o, const struct platform *platform, const struct job *job)
{
    *o = (struct outcome){.platform = platform, .job = job, .n = job->commands.n};
    buf_init(&o->note, NOTE_MAX);
    o->results = calloc(o->n ? o->n : 1, sizeof *o->results);
    for (size_t i = 0; o->results && i < o->n; i++)
        o->results[i] = nothing_yet;
    return o->results ? 0 : -1;
}

void outcome_free(struct outcome *o)
{
    command_results_free(o->results, o->n);
    free(o->error_text);
    buf_free(&o->note);
}

void outcome_fail(struct outcome *o, enum fail_class class, const char *format, va_list ap)
{
    char text[ERR_TEXT_MAX];
    if (o->error != FAIL_NONE)
        return;
    vsnprintf(text, sizeof text, format, ap);
    o->error = class;
    o->error_text = strdup(text);
}

void outcome_note(struct outcome *o, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (o->note.len > 0)
        buf_add_str(&o->note, "; ");
    buf_addv(&o->note, format, ap); /* what does not fit is left out */
    va_end(ap);
}

static bool holds_indicator(const struct platform *p, const char *line, size_t n)
{
    for (size_t i = 0; i < p->n_failure_indicators; i++)
        if (memmem(line, n, p->failure_indicators[i], strlen(p->failure_indicators[i])))
            return true;
    return false;
}

static bool is_blank(const char *line, size_t n)
{
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 0;
}

const char *outcome_refusal(const struct platform *p, const char *output, size_t n, size_t *len)
{
    const char *end = output + n;
    int seen = 0;
    for (const char *line = output; line < end && seen < FIRST_LINES; line += *len + 1) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        *len = (size_t)((lf ? lf : end) - line);
        if (holds_indicator(p, line, *len))
            return line;
        seen += !is_blank(line, *len);
    }
    seen = 0;
    for (const char *stop = end; stop > output && seen < LAST_LINES; stop--) {
        const char *lf = memrchr(output, '\n', (size_t)(stop - output));
        const char *line = lf ? lf + 1 : output;
        *len = (size_t)(stop - line);
        if (holds_indicator(p, line, *len))
            return line;
        seen += !is_blank(line, *len);
        stop = line;
    }
    return NULL;
}

static int fill_output(struct stream *s, struct command_result *r, size_t start, size_t end)
{
    struct buf text;
    size_t n = 0;
    struct clean_skip *skips = stream_omissions(s, start, end, &n);
    /* A line of n bytes never gets longer, but cursor movements may add blanks. */
    buf_init(&text, (end - start) * 2 + 4096);
    int rc = skips && buf_room(&text, end - start)
                 ? clean_text(&text, stream_at(s, start), end - start, skips, n)
                 : -1;
    free(skips);
    r->output = rc == 0 ? buf_take(&text, &r->output_len) : NULL;
    buf_free(&text);
    if (!r->output)
        return -1;
    char *fit = realloc(r->output, r->output_len + 1);
    r->output = fit ? fit : r->output;
    if (r->output_len == end - start && memcmp(r->output, stream_at(s, start), r->output_len) == 0)
        return 0;
    r->raw = stream_take(s, start, end);
    r->raw_len = r->raw ? end - start : 0;
    return r->raw ? 0 : -1;
}

static void fail(struct command_result *r, enum fail_class class, const char *sentence)
{
    r->status = COMMAND_FAILED;
    r->class = class;
    if (!r->error)
        r->error = strdup(sentence);
}

static const char *text_of(const struct outcome *o, size_t index)
{
    return o->job->commands.items[index].text;
}

/* The last line that is not blank, which says as a rule why a command failed. */
static const char *last_line(const struct command_result *r, size_t *len)
{
    size_t n = r->output_len;
    while (n > 0 && strchr("\n \t", r->output[n - 1]))
        n--;
    const char *lf = n > 0 ? memrchr(r->output, '\n', n) : NULL;
    const char *line = lf ? lf + 1 : r->output;
    *len = (size_t)(r->output + n - line);
    return line;
}

static void judge(struct outcome *o, size_t index)
{
    struct command_result *r = &o->results[index];
    size_t len = 0;
    const char *line = outcome_refusal(o->platform, r->output, r->output_len, &len);
    char sentence[ERR_TEXT_MAX + WORDS_SIZE], shown[WORDS_SIZE];
    r->status = COMMAND_OK;
    if (!line && r->exit_status <= 0)
        return;
    if (!line)
        line = last_line(r, &len);
    words_of(o->config, line, len, shown);
    if (r->exit_status > 0)
        snprintf(sentence, sizeof sentence, "'%.160s' ended with exit status %d%s%s",
                 text_of(o, index), r->exit_status, *shown ? ": " : "", shown);
    else
        snprintf(sentence, sizeof sentence, "'%.160s' was refused: %s", text_of(o, index), shown);
    fail(r, FAIL_COMMAND_ERROR, sentence);
}

void outcome_doubt(struct outcome *o, size_t command, const char *doubt)
{
    struct command_result *r = &o->results[command];
    char sentence[ERR_TEXT_MAX];
    if (!doubt || r->doubt || r->status == COMMAND_NOT_RUN)
        return;
    r->doubt = strdup(doubt);
    if (r->status != COMMAND_OK || !o->doubt_fails)
        return;
    snprintf(sentence, sizeof sentence, "the output of '%.160s' is in doubt: %.*s",
             text_of(o, command), DOUBT_MAX, doubt);
    fail(r, FAIL_TRUNCATED, sentence);
}

void outcome_settle(struct outcome *o, struct stream *s, const struct span *what)
{
    struct command_result *r = &o->results[what->command];
    r->proofs = what->proofs;
    r->ms = what->ms;
    if (fill_output(s, r, what->start, what->end > what->start ? what->end : what->start) != 0) {
        fail(r, FAIL_INTERNAL, "memory is out");
        return;
    }
    if (what->spoiled) {
        char sentence[ERR_TEXT_MAX];
        snprintf(sentence, sizeof sentence,
                 "the device did not wipe out the digits typed before '%.160s', so it read another "
                 "line: --nonce off types none",
                 text_of(o, what->command));
        fail(r, FAIL_COMMAND_ERROR, sentence);
    } else {
        judge(o, what->command);
    }
    outcome_doubt(o, what->command, what->doubt);
}

void outcome_give_up(struct outcome *o, struct stream *s, const struct span *what,
                     enum fail_class class, const char *sentence)
{
    struct command_result *r = &o->results[what->command];
    r->ms = what->ms;
    r->proofs = what->proofs;
    if (what->start < what->end && fill_output(s, r, what->start, what->end) == 0 &&
        r->output_len > 0 && class != FAIL_PROMPT && class != FAIL_TOO_MUCH_OUTPUT)
        class = FAIL_TRUNCATED;
    fail(r, class, sentence);
}

void outcome_take(struct outcome *o, struct result *r)
{
    for (size_t i = 0; i < r->n_commands && i < o->n; i++) {
        r->commands[i] = o->results[i];
        o->results[i] = nothing_yet;
    }
    if (o->error != FAIL_NONE)
        err_set(&r->err, o->error, "%s", o->error_text ? o->error_text : "memory is out");
    for (size_t i = 0; i < r->n_commands && !err_is_set(&r->err); i++)
        if (r->commands[i].status == COMMAND_FAILED)
            err_set(&r->err, r->commands[i].class, "%s", r->commands[i].error);
    r->class = r->err.class;
    r->note = o->note.len > 0 ? strdup(buf_bytes(&o->note)) : NULL;
}
