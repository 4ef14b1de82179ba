/* The user's commands: questions they ask, what came of them. */
#include "dialogue/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX 64 /* answers given to one command */
#define FIRST_LINES 4  /* a refusal stands in the first lines that are not empty … */
#define LAST_LINES  2  /* … or in the last: further in, it is something that was printed */
#define LINE_SHOWN  200
#define STEAL_MIN   65536 /* larger outputs take the buffer instead of a copy */

static const struct command *command_at(const struct dialogue *d, size_t index)
{
    return &d->job->commands.items[index];
}

void command_begin(struct dialogue *d, size_t index, struct input *in)
{
    *in =
        (struct input){.kind = INPUT_COMMAND, .text = command_at(d, index)->text, .command = index};
}

static void free_answers(struct dialogue *d)
{
    for (size_t i = 0; i < d->n_answers; i++)
        match_free(&d->answers[i]);
    free(d->answers);
    d->answers = NULL;
    d->n_answers = 0;
}

void command_started(struct dialogue *d)
{
    const struct command *c = command_at(d, d->cur.command);
    free_answers(d);
    d->answered_line = NOWHERE;
    d->n_answered = 0;
    d->last_answer = NOWHERE;
    if (c->n_answers == 0)
        return;
    d->answers = calloc(c->n_answers, sizeof *d->answers);
    for (size_t i = 0; d->answers && i < c->n_answers; i++, d->n_answers++) {
        struct platform_pattern from = {.text = c->answers[i].prompt, .file = c->file};
        if (match_compile(&d->answers[i], &from, MATCH_SEARCH, NULL) != 0)
            break; /* checked before the run: dialogue_check_command */
    }
}

static bool asks_password(const struct dialogue *d)
{
    char tail[LINE_SHOWN + 1];
    size_t n = d->tail_len < LINE_SHOWN ? d->tail_len : LINE_SHOWN;
    memcpy(tail, d->tail + d->tail_len - n, n);
    tail[n] = '\0';
    return strcasestr(tail, "password") || strcasestr(tail, "passphrase");
}

/* Answers a question that the command's own list knows. A password is given once: asked for again
 * it was refused, and more tries lock accounts. */
static bool answered(struct dialogue *d)
{
    const struct command *c = command_at(d, d->cur.command);
    for (size_t i = 0; i < d->n_answers; i++) {
        if (!match_text(&d->answers[i], &d->matcher, d->tail, d->tail_len, NULL))
            continue;
        if (d->answered_line == d->line_start || d->n_answered >= ANSWERS_MAX)
            return true;
        if (d->last_answer == i && asks_password(d))
            return false;
        d->last_answer = i;
        bool secret = strcmp(c->answers[i].response, "__lookup::enable") == 0;
        d->answered_line = d->line_start;
        d->n_answered++;
        d->spare++;
        dialogue_out(d, secret ? d->config.enable : c->answers[i].response, true, secret);
        return true;
    }
    return false;
}

bool command_look(struct dialogue *d)
{
    d->hold_question = false;
    if (d->tail_short && d->tail_len > 0 && d->line_start >= d->out_start) {
        if (answered(d))
            return false;
        d->hold_question = match_text(&d->rules->question, &d->matcher, d->tail, d->tail_len, NULL);
    }
    return prompt_look(d);
}

void command_question(struct dialogue *d)
{
    const char *text = command_at(d, d->cur.command)->text;
    int len = stream_tail_shown(d, LINE_SHOWN);
    ending_fail(d, FAIL_PROMPT,
                "'%.160s' asks a question that nobody answers: %.*s (give the command an answer)",
                text, len, d->tail);
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

const char *command_refusal(const struct platform *p, const char *output, size_t n, size_t *len)
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

/* Raw bytes for the result: a large output takes the buffer over, so that there are never three
 * copies of it. What follows it stays in a new buffer. */
static char *take_raw(struct dialogue *d, size_t start, size_t end)
{
    size_t n = end - start, rest = stream_end(d) - end;
    struct buf next;
    if (n >= STEAL_MIN && start >= d->base && d->line_start >= end) {
        buf_init(&next, d->in.max);
        if (buf_add(&next, stream_at(d, end), rest) == 0) {
            stream_drop_to(d, start);
            char *raw = buf_take(&d->in, NULL);
            if (raw) {
                d->in = next;
                d->base = end;
                char *fit = realloc(raw, n + 1);
                return fit ? fit : raw;
            }
        }
        buf_free(&next);
    }
    char *raw = malloc(n + 1);
    if (raw)
        memcpy(raw, stream_at(d, start), n);
    return raw;
}

static int fill_output(struct dialogue *d, struct command_result *r, size_t start, size_t end)
{
    struct buf text;
    size_t n = 0;
    struct clean_skip *skips = stream_omissions(d, start, end, &n);
    /* A line of n bytes never gets longer, but cursor movements may add blanks. */
    buf_init(&text, (end - start) * 2 + 4096);
    int rc = skips && buf_room(&text, end - start)
                 ? clean_text(&text, stream_at(d, start), end - start, skips, n)
                 : -1;
    free(skips);
    r->output = rc == 0 ? buf_take(&text, &r->output_len) : NULL;
    buf_free(&text);
    if (!r->output)
        return -1;
    char *fit = realloc(r->output, r->output_len + 1);
    r->output = fit ? fit : r->output;
    if (r->output_len == end - start && memcmp(r->output, stream_at(d, start), r->output_len) == 0)
        return 0;
    r->raw = take_raw(d, start, end);
    r->raw_len = r->raw ? end - start : 0;
    return r->raw ? 0 : -1;
}

static void set_sentence(struct command_result *r, const char *sentence)
{
    if (!r->error)
        r->error = strdup(sentence);
}

static void fail(struct dialogue *d, size_t index, enum fail_class class, const char *sentence)
{
    struct command_result *r = &d->results[index];
    r->status = COMMAND_FAILED;
    r->class = class;
    set_sentence(r, sentence);
}

/* Without echo, what stands on the prompt's own line is only the line end that the device made of
 * ours, or an echo that nobody expected. */
static size_t behind_silent_echo(struct dialogue *d, const struct held *what, unsigned *proofs)
{
    if (what->proofs & (PROOF_ECHO | PROOF_EXIT_STATUS) || what->start >= what->end)
        return what->start;
    const char *raw = stream_at(d, what->start);
    const char *lf = memchr(raw, '\n', what->end - what->start);
    size_t n = lf ? (size_t)(lf - raw) : 0, matched = 0;
    const char *input = command_at(d, what->command)->text;
    if (!lf)
        return what->start;
    enum echo_result r = echo_match(raw, n, input, strlen(input), &matched);
    if (r == ECHO_ALL)
        *proofs |= PROOF_ECHO;
    return r == ECHO_ALL || (r == ECHO_PART && matched == 0) ? what->start + n + 1 : what->start;
}

static void judge(struct dialogue *d, size_t index)
{
    struct command_result *r = &d->results[index];
    size_t len = 0;
    const char *line = command_refusal(d->platform, r->output, r->output_len, &len);
    char sentence[LINE_SHOWN * 3];
    const char *text = command_at(d, index)->text;
    r->status = COMMAND_OK;
    if (!line && r->exit_status <= 0)
        return;
    if (!line) { /* the last line says why, as a rule */
        size_t n = r->output_len;
        while (n > 0 && strchr("\n \t", r->output[n - 1]))
            n--;
        const char *lf = n > 0 ? memrchr(r->output, '\n', n) : NULL;
        line = lf ? lf + 1 : r->output;
        len = (size_t)(r->output + n - line);
    }
    while (len > 0 && *line == ' ')
        line++, len--;
    int shown = (int)(len < LINE_SHOWN ? len : LINE_SHOWN);
    if (r->exit_status > 0)
        snprintf(sentence, sizeof sentence, "'%.160s' ended with exit status %d%s%.*s", text,
                 r->exit_status, shown ? ": " : "", shown, line);
    else
        snprintf(sentence, sizeof sentence, "'%.160s' was refused: %.*s", text, shown, line);
    fail(d, index, FAIL_COMMAND_ERROR, sentence);
}

void command_settle(struct dialogue *d, const struct held *what)
{
    struct command_result *r = &d->results[what->command];
    unsigned proofs = what->proofs;
    size_t start = behind_silent_echo(d, what, &proofs);
    if (proofs & PROOF_ECHO && d->echo == ECHO_NO)
        d->echo = ECHO_YES;
    r->proofs = proofs;
    r->ms = what->ms;
    if (fill_output(d, r, start, what->end > start ? what->end : start) != 0) {
        fail(d, what->command, FAIL_INTERNAL, "memory is out");
        return;
    }
    judge(d, what->command);
}

void command_give_up(struct dialogue *d, size_t index, size_t start, enum fail_class class,
                     const char *sentence)
{
    struct command_result *r = &d->results[index];
    size_t end = stream_end(d);
    r->ms = mono_ms_between(d->cur.sent_at, d->now);
    r->proofs = d->cur.command == index ? d->cur.proofs & PROOF_ECHO : 0;
    if (start < end && fill_output(d, r, start, end) == 0 && r->output_len > 0 &&
        class != FAIL_PROMPT && class != FAIL_TOO_MUCH_OUTPUT)
        class = FAIL_TRUNCATED;
    fail(d, index, class, sentence);
}
