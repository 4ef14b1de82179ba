/* Plays transcripts: time is a number, the device is a list of lines. */
#include "tests/lib/transcript.h"

#include "base/buf.h"
#include "tests/lib/transcript_bytes.h"
#include "tests/lib/transcript_file.h"

#include <poller/dialogue.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_MAX  1000
#define NONCE_SEED 20261129 /* any number: the digits must only be the same in each run */
#define SENT_MAX   (1u << 20)

struct player {
    const struct transcript *t;
    struct dialogue *d;
    struct mono now, deadline;
    struct buf sent, secret;   /* what was sent and not matched yet; 1 for each byte of a secret */
    const char *erase;         /* the platform's key, */
    size_t erases;             /* and how often it wipes out the digits */
    char digits[NONCE_DIGITS]; /* sent last; [0] is NUL until then */
    char *exec;                /* asked for and not matched yet */
    bool settled, finished;
    unsigned ready, commands, settles;
    enum transcript_chunks chunks;
    unsigned seed, random;
    char *error;
    size_t size;
};

static int complain(struct player *p, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int complain(struct player *p, int line, const char *format, ...)
{
    static const char *const names[] = {"whole", "byte by byte", "in random chunks"};
    int n = snprintf(p->error, p->size, "%s:%d: (%s, seed %u) ", p->t->path, line, names[p->chunks],
                     p->seed);
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->error + n, p->size - (size_t)n, format, ap);
    va_end(ap);
    return -1;
}

/* Bytes for a message, escaped; four buffers in turn. */
static const char *shown(const char *bytes, size_t n)
{
    static char buffers[4][2048];
    static unsigned turn;
    char *to = buffers[turn++ % 4];
    size_t len = 0;
    for (size_t i = 0; i < n && len < sizeof buffers[0] - 8; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char *letter = c == '\r' ? "\\r" : c == '\n' ? "\\n" : NULL;
        len += (size_t)(letter                 ? snprintf(to + len, 8, "%s", letter)
                        : c < 0x20 || c > 0x7e ? snprintf(to + len, 8, "\\x%02x", c)
                                               : snprintf(to + len, 8, "%c", c));
    }
    to[len] = '\0';
    return to;
}

static void feed(struct player *p, struct dialogue_event event)
{
    struct dialogue_update u;
    if (p->finished)
        return;
    dialogue_step(p->d, &event, p->now, &u);
    buf_add(&p->sent, u.send, u.send_len);
    for (size_t i = 0; i < u.send_len; i++)
        buf_add_char(&p->secret, u.send_secret);
    p->ready += u.reached_ready;
    p->commands += u.reached_commands;
    p->settles += u.settled;
    p->settled |= u.settled;
    p->finished |= u.finished;
    p->deadline = u.deadline;
    if (u.start == DIALOGUE_START_EXEC) {
        free(p->exec);
        p->exec = strdup(u.exec_command);
    }
    if (u.start == DIALOGUE_START_SHELL)
        feed(p, (struct dialogue_event){.kind = DIALOGUE_STARTED});
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16 & 0x7fff;
}

static size_t random_length(struct player *p)
{
    unsigned most = next_random(&p->random) % 4 ? 12 : 400;
    return 1 + next_random(&p->random) % most;
}

/* The dialogue must not need the chunk after the call: it gets a copy that goes away. */
static void feed_copy(struct player *p, enum dialogue_event_kind kind, const struct step *s,
                      size_t from, size_t len)
{
    char *copy = malloc(len);
    memcpy(copy, s->bytes + from, len);
    for (size_t i = 0; i < len; i++)
        if (s->digits && s->digits[from + i])
            copy[i] = p->digits[s->digits[from + i] - 1];
    feed(p, (struct dialogue_event){.kind = kind, .data = copy, .len = len});
    free(copy);
}

static int feed_bytes(struct player *p, enum dialogue_event_kind kind, const struct step *s)
{
    if (!p->digits[0] && s->digits)
        for (size_t i = 0; i < s->n; i++)
            if (s->digits[i])
                return complain(p, s->line, "the device echoes digits, and none were sent");
    for (size_t len, from = 0; from < s->n; from += len) {
        len = s->n - from;
        size_t most = p->chunks == CHUNKS_BYTES    ? 1
                      : p->chunks == CHUNKS_RANDOM ? random_length(p)
                                                   : len;
        len = len < most ? len : most;
        feed_copy(p, kind, s, from, len);
    }
    return 0;
}

/* The digits and erase keys that stand before an input: taken off, and kept. */
static int match_nonce(struct player *p, const struct step *s)
{
    size_t key = strlen(p->erase), n = NONCE_DIGITS + p->erases * key;
    const char *sent = buf_bytes(&p->sent);
    bool right = p->sent.len >= n;
    for (size_t i = 0; right && i < NONCE_DIGITS; i++)
        right = sent[i] && strchr("0123456789abcdef", sent[i]);
    for (size_t i = 0; right && i < p->erases; i++)
        right = memcmp(sent + NONCE_DIGITS + i * key, p->erase, key) == 0;
    if (!right)
        return complain(p, s->line, "expected digits and erase keys before \"%s\": \"%s\" (%s)",
                        shown(s->bytes, s->n), shown(sent, p->sent.len), dialogue_doing(p->d));
    if (memcmp(p->digits, sent, NONCE_DIGITS) == 0)
        return complain(p, s->line, "the digits are those of the input before");
    memcpy(p->digits, sent, NONCE_DIGITS);
    for (size_t i = 0; i < n; i++)
        if (buf_bytes(&p->secret)[i])
            return complain(p, s->line, "the digits are flagged as a secret");
    buf_drop_front(&p->sent, n);
    buf_drop_front(&p->secret, n);
    return 0;
}

static int match_sent(struct player *p, const struct step *s)
{
    if (s->nonce && match_nonce(p, s) != 0)
        return -1;
    if (p->sent.len < s->n || memcmp(buf_bytes(&p->sent), s->bytes, s->n) != 0)
        return s->optional
                   ? 0
                   : complain(p, s->line, "expected to be sent: \"%s\", but it was: \"%s\" (%s)",
                              shown(s->bytes, s->n), shown(buf_bytes(&p->sent), p->sent.len),
                              dialogue_doing(p->d));
    for (size_t i = 0; i < s->n; i++)
        if (buf_bytes(&p->secret)[i] != s->secret)
            return complain(p, s->line, "flagged wrongly as %s secret", s->secret ? "no" : "a");
    buf_drop_front(&p->sent, s->n);
    buf_drop_front(&p->secret, s->n);
    return 0;
}

static void wait_until(struct player *p, struct mono until)
{
    for (int i = 0; i < TICKS_MAX && !p->finished && p->deadline.ns <= until.ns; i++) {
        p->now = p->deadline.ns > p->now.ns ? p->deadline : p->now;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TICK});
    }
    p->now = until;
}

static int match_exec(struct player *p, const struct step *s)
{
    if (!p->exec || strcmp(p->exec, s->bytes) != 0)
        return complain(p, s->line, "expected the exec of '%s', not of '%s'", s->bytes,
                        p->exec ? p->exec : "nothing");
    free(p->exec);
    p->exec = NULL;
    feed(p, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    return 0;
}

static int play_step(struct player *p, const struct step *s)
{
    switch (s->kind) {
    case STEP_SENT:
        return match_sent(p, s);
    case STEP_EXEC:
        return match_exec(p, s);
    case STEP_WAIT:
        wait_until(p, mono_add_ms(p->now, s->number));
        return 0;
    case STEP_DEVICE:
    case STEP_STDERR:
        if (p->chunks == CHUNKS_WHOLE && p->sent.len > 0)
            return complain(p, s->line, "was sent, but not expected here: \"%s\"",
                            shown(buf_bytes(&p->sent), p->sent.len));
        return feed_bytes(p, s->kind == STEP_STDERR ? DIALOGUE_ERR_BYTES : DIALOGUE_BYTES, s);
    case STEP_EXIT:
        feed(p,
             (struct dialogue_event){.kind = DIALOGUE_EXIT_STATUS, .exit_status = (int)s->number});
        return 0;
    case STEP_END:
        feed(p, (struct dialogue_event){.kind = DIALOGUE_END});
        return 0;
    case STEP_LOST:
        feed(p, (struct dialogue_event){.kind = DIALOGUE_LOST, .data = s->bytes, .len = s->n});
        return 0;
    case STEP_ECHO:
        feed(p, (struct dialogue_event){.kind = DIALOGUE_ECHO, .echo_on = s->number != 0});
        return 0;
    case STEP_TIMEOUT:
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TIMEOUT,
                                        .timeout = (enum fail_class)s->number});
        return 0;
    case STEP_CANCEL:
        feed(p, (struct dialogue_event){.kind = DIALOGUE_CANCEL});
        return 0;
    }
    return -1;
}

static const char *status_name(enum command_status status, enum fail_class class)
{
    return status == COMMAND_NOT_RUN ? "not_run" : class == FAIL_NONE ? "ok" : fail_name(class);
}

static const char *proofs_text(unsigned proofs, char to[128])
{
    *to = '\0';
    for (int i = 0; i < PROOF_KINDS; i++)
        if (proofs & 1u << i)
            strcat(strcat(to, *to ? " " : ""), proof_name(i));
    return to;
}

static int check_doubt(struct player *p, size_t i, const struct command_result *c)
{
    const char *wanted = p->t->doubts[i];
    if (!wanted && c->doubt)
        return complain(p, p->t->expected[i].line, "command %zu is in doubt: %s", i + 1, c->doubt);
    if (wanted && (!c->doubt || !strstr(c->doubt, wanted)))
        return complain(p, p->t->expected[i].line, "\"%s\" is not in the doubt of command %zu: %s",
                        wanted, i + 1, c->doubt ? c->doubt : "none");
    return 0;
}

static int check_command(struct player *p, size_t i, const struct command_result *c)
{
    const struct expected_command *x = &p->t->expected[i];
    char came[128], wanted[128];
    if (!x->given)
        return 0;
    if (c->status != x->status || c->class != x->class)
        return complain(p, x->line, "command %zu is %s, not %s: %s", i + 1,
                        status_name(c->status, c->class), status_name(x->status, x->class),
                        c->error ? c->error : "");
    if (c->doubt && p->t->or_doubt[i])
        return 0;
    if (x->output && (c->output_len != x->output_n ||
                      (x->output_n > 0 && memcmp(c->output, x->output, x->output_n) != 0)))
        return complain(p, x->line, "output of command %zu is\n  \"%s\", not\n  \"%s\"", i + 1,
                        shown(c->output ? c->output : "", c->output_len),
                        shown(x->output, x->output_n));
    if (x->contains &&
        (!c->output || !memmem(c->output, c->output_len, x->contains, strlen(x->contains))))
        return complain(p, x->line, "output of command %zu lacks \"%s\": \"%s\"", i + 1,
                        x->contains, shown(c->output ? c->output : "", c->output_len));
    if (x->check_proofs && c->proofs != x->proofs)
        return complain(p, x->line, "command %zu has the proofs %s, not %s", i + 1,
                        proofs_text(c->proofs, came), proofs_text(x->proofs, wanted));
    if ((c->proofs & x->at_least) != x->at_least)
        return complain(p, x->line, "command %zu has the proofs %s, which lack some of %s", i + 1,
                        proofs_text(c->proofs, came), proofs_text(x->at_least, wanted));
    if (x->error && (!c->error || !strstr(c->error, x->error)))
        return complain(p, x->line, "sentence of command %zu: %s", i + 1,
                        c->error ? c->error : "none");
    if (x->exit_status != -2 && c->exit_status != x->exit_status)
        return complain(p, x->line, "exit status %d", c->exit_status);
    if (c->raw && c->raw_len == c->output_len && memcmp(c->raw, c->output, c->raw_len) == 0)
        return complain(p, x->line, "raw is kept although it equals the output");
    return check_doubt(p, i, c);
}

static int check_device(struct player *p, const struct result *r)
{
    const struct transcript *t = p->t;
    if (r->class != t->class)
        return complain(p, 0, "class %s, not %s: %s", r->class ? fail_name(r->class) : "ok",
                        t->class ? fail_name(t->class) : "ok", r->err.text);
    for (size_t i = 0; i < t->n_errors; i++)
        if (!strstr(r->err.text, t->errors[i]))
            return complain(p, 0, "\"%s\" is not in the sentence: %s", t->errors[i], r->err.text);
    for (size_t i = 0; i < t->n_notes; i++)
        if (!r->note || !strstr(r->note, t->notes[i]))
            return complain(p, 0, "\"%s\" is not in the note: %s", t->notes[i],
                            r->note ? r->note : "none");
    if (t->prompt && (!r->prompt || strcmp(t->prompt, r->prompt) != 0))
        return complain(p, 0, "prompt \"%s\", not \"%s\"", r->prompt ? r->prompt : "none",
                        t->prompt);
    if (t->ready >= 0 && r->was_ready != (t->ready > 0))
        return complain(p, 0, "it was%s ready", r->was_ready ? "" : " not");
    if ((t->password && strlen(t->password) > 3 && strstr(r->err.text, t->password)) ||
        (t->enable && strlen(t->enable) > 3 && strstr(r->err.text, t->enable)))
        return complain(p, 0, "the sentence shows a secret: %s", r->err.text);
    return 0;
}

static int check(struct player *p, const struct job *job)
{
    if (p->sent.len > 0)
        return complain(p, 0, "was sent at the end, and not expected: \"%s\"",
                        shown(buf_bytes(&p->sent), p->sent.len));
    if (!p->settled)
        return complain(p, 0, "not settled (%s)", dialogue_doing(p->d));
    if (p->settles != 1 || p->ready > 1 || p->commands > 1)
        return complain(p, 0, "settled %u times, ready %u, commands over %u", p->settles, p->ready,
                        p->commands);
    if (p->finished != (p->t->finished > 0))
        return complain(p, 0, "it is%s finished", p->finished ? "" : " not");
    struct result *r = result_new(job);
    dialogue_take(p->d, r);
    int rc = check_device(p, r);
    for (size_t i = 0; rc == 0 && i < r->n_commands; i++)
        rc = check_command(p, i, &r->commands[i]);
    result_free(r);
    return rc;
}

static int play_steps(struct player *p, const struct job *job)
{
    int rc = 0;
    feed(p, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    for (size_t i = 0; rc == 0 && i < p->t->n_steps; i++)
        rc = play_step(p, &p->t->steps[i]);
    return rc == 0 ? check(p, job) : rc;
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static struct dialogue_config config_of(const struct transcript *t)
{
    return (struct dialogue_config){
        .username = text_or_empty(t->username),
        .password = text_or_empty(t->password),
        .enable = text_or_empty(t->enable),
        .login_in_stream = t->telnet,
        .may_exec = !t->telnet,
        .line_end = t->telnet ? "\r\n" : "\n",
        .silence_ms = t->silence_ms,
        .max_command_bytes = t->max_command_bytes,
        .max_device_bytes = t->max_device_bytes,
        .nonce = t->nonce,
        .nonce_seed = NONCE_SEED,
        .doubt_fails = t->doubt_fails,
    };
}

int transcript_play(const struct transcript *t, const struct platform_set *platforms,
                    enum transcript_chunks chunks, unsigned seed, char *error, size_t size)
{
    struct player p = {.t = t,
                       .now = {1000000000},
                       .deadline = MONO_NEVER,
                       .chunks = chunks,
                       .seed = seed,
                       .random = seed,
                       .error = error,
                       .size = size};
    const struct platform *platform = platform_find(platforms, t->platform);
    if (t->only_whole && chunks != CHUNKS_WHOLE)
        return 0;
    if (!platform)
        return complain(&p, 0, "no platform '%s'", t->platform);
    struct err e = {0};
    struct dialogue_rules *rules = dialogue_rules_new(platform, &e);
    if (!rules)
        return complain(&p, 0, "%s", e.text);
    struct device device = {.name = "r1", .platform = platform, .exec = t->exec};
    struct job job = {
        .device = &device, .commands = {t->commands, t->n_commands}, .privilege = t->privilege};
    struct dialogue_config config = config_of(t);
    config.rules = rules;
    config.job = &job;
    p.erase = platform->kill ? platform->kill : platform->erase ? platform->erase : "\x7f";
    p.erases = platform->kill ? 1 : NONCE_DIGITS;
    buf_init(&p.sent, SENT_MAX);
    buf_init(&p.secret, SENT_MAX);
    p.d = dialogue_new(&config);
    int rc = p.d ? play_steps(&p, &job) : complain(&p, 0, "memory is out");
    dialogue_free(p.d);
    dialogue_rules_free(rules);
    buf_free(&p.sent);
    buf_free(&p.secret);
    free(p.exec);
    return rc;
}
