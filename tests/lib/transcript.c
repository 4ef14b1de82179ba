/* Plays transcripts: time is a number, the device is a list of lines. */
#include "tests/lib/transcript.h"

#include "tests/lib/transcript_player.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_MAX  1000
#define NONCE_SEED 20261129 /* any number: the digits must only be the same in each run */
#define SENT_MAX   (1u << 20)

int transcript_complain(struct player *p, int line, const char *format, ...)
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

const char *transcript_shown(const char *bytes, size_t n)
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

static void take_update(struct player *p, const struct dialogue_update *u)
{
    buf_add(&p->sent, u->send, u->send_len);
    for (size_t i = 0; i < u->send_len; i++)
        buf_add_char(&p->secret, u->send_secret);
    p->ready += u->reached_ready;
    p->commands += u->reached_commands;
    p->rounds_over += u->round_over;
    p->settles += u->settled;
    p->settled |= u->settled;
    p->finished |= u->finished;
    p->deadline = u->deadline;
    if (u->start == DIALOGUE_START_EXEC) {
        free(p->exec);
        p->exec = strdup(u->exec_command);
    }
}

static void feed(struct player *p, struct dialogue_event event)
{
    struct dialogue_update u;
    if (p->finished)
        return;
    dialogue_step(p->d, &event, p->now, &u);
    take_update(p, &u);
    if (u.start == DIALOGUE_START_SHELL)
        feed(p, (struct dialogue_event){.kind = DIALOGUE_STARTED});
}

static struct command_list commands_of(const struct transcript *t, size_t round)
{
    size_t from = t->rounds[round];
    size_t to = round + 1 < t->n_rounds ? t->rounds[round + 1] : t->n_commands;
    return (struct command_list){t->commands + from, to - from};
}

/* STEP_CONTINUE: with the next round's commands; STEP_LOG_OUT: with none. */
static int go_on(struct player *p, const struct step *s)
{
    struct dialogue_update u;
    bool more = s->kind == STEP_CONTINUE;
    if (p->rounds_over > 0 || (more && p->round + 1 >= p->t->n_rounds))
        return transcript_complain(
            p, s->line, "%s", more ? "no round to continue with" : "no end of the round before it");
    p->job.commands = more ? commands_of(p->t, ++p->round) : (struct command_list){NULL, 0};
    p->commands = 0;
    p->taken = false;
    if (dialogue_continue(p->d, more ? &p->job : NULL, p->now, &u) != 0)
        return transcript_complain(p, s->line, "it does not continue (%s)", dialogue_doing(p->d));
    take_update(p, &u);
    return 0;
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
                return transcript_complain(p, s->line,
                                           "the device echoes digits, and none were sent");
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
        return transcript_complain(p, s->line,
                                   "expected digits and erase keys before \"%s\": \"%s\" (%s)",
                                   transcript_shown(s->bytes, s->n),
                                   transcript_shown(sent, p->sent.len), dialogue_doing(p->d));
    if (memcmp(p->digits, sent, NONCE_DIGITS) == 0)
        return transcript_complain(p, s->line, "the digits are those of the input before");
    memcpy(p->digits, sent, NONCE_DIGITS);
    for (size_t i = 0; i < n; i++)
        if (buf_bytes(&p->secret)[i])
            return transcript_complain(p, s->line, "the digits are flagged as a secret");
    buf_drop_front(&p->sent, n);
    buf_drop_front(&p->secret, n);
    return 0;
}

/* The comment and the digits behind it: taken off, and these kept. */
static int match_comment(struct player *p, const struct step *s)
{
    size_t n = strlen(p->comment);
    const char *sent = buf_bytes(&p->sent);
    bool right = n > 0 && p->sent.len >= n + NONCE_DIGITS && memcmp(sent, p->comment, n) == 0;
    for (size_t i = n; right && i < n + NONCE_DIGITS; i++)
        right = sent[i] && strchr("0123456789abcdef", sent[i]);
    if (!right)
        return transcript_complain(p, s->line, "expected a comment with digits: \"%s\" (%s)",
                                   transcript_shown(sent, p->sent.len), dialogue_doing(p->d));
    memcpy(p->digits, sent + n, NONCE_DIGITS);
    buf_drop_front(&p->sent, n + NONCE_DIGITS);
    buf_drop_front(&p->secret, n + NONCE_DIGITS);
    return 0;
}

static int match_sent(struct player *p, const struct step *s)
{
    if (s->comment && match_comment(p, s) != 0)
        return -1;
    if (s->nonce && match_nonce(p, s) != 0)
        return -1;
    if (p->sent.len < s->n || memcmp(buf_bytes(&p->sent), s->bytes, s->n) != 0)
        return s->optional
                   ? 0
                   : transcript_complain(
                         p, s->line, "expected to be sent: \"%s\", but it was: \"%s\" (%s)",
                         transcript_shown(s->bytes, s->n),
                         transcript_shown(buf_bytes(&p->sent), p->sent.len), dialogue_doing(p->d));
    for (size_t i = 0; i < s->n; i++)
        if (buf_bytes(&p->secret)[i] != s->secret)
            return transcript_complain(p, s->line, "flagged wrongly as %s secret",
                                       s->secret ? "no" : "a");
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
        return transcript_complain(p, s->line, "expected the exec of '%s', not of '%s'", s->bytes,
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
            return transcript_complain(p, s->line, "was sent, but not expected here: \"%s\"",
                                       transcript_shown(buf_bytes(&p->sent), p->sent.len));
        if (p->chunks == CHUNKS_WHOLE && p->rounds_over > 0)
            return transcript_complain(p, s->line, "the round is over already");
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
    case STEP_ROUND_OVER:
        return transcript_check_round(p, s);
    case STEP_CONTINUE:
    case STEP_LOG_OUT:
        return go_on(p, s);
    }
    return -1;
}

static int play_steps(struct player *p)
{
    int rc = 0;
    feed(p, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    for (size_t i = 0; rc == 0 && i < p->t->n_steps; i++)
        rc = play_step(p, &p->t->steps[i]);
    return rc == 0 ? transcript_check_end(p) : rc;
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
        .rounds = t->rounds_on,
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
        return transcript_complain(&p, 0, "no platform '%s'", t->platform);
    struct platform own = *platform;
    own.erase = t->no_erase ? "" : own.erase;
    own.comment = t->comment ? t->comment : own.comment;
    platform = &own;
    p.comment = own.comment ? own.comment : "";
    struct err e = {0};
    struct dialogue_rules *rules = dialogue_rules_new(platform, &e);
    if (!rules)
        return transcript_complain(&p, 0, "%s", e.text);
    struct device device = {.name = "r1", .platform = platform, .exec = t->exec};
    p.job =
        (struct job){.device = &device, .commands = commands_of(t, 0), .privilege = t->privilege};
    struct dialogue_config config = config_of(t);
    config.rules = rules;
    config.job = &p.job;
    p.erase = platform->kill ? platform->kill : platform->erase ? platform->erase : "\x7f";
    p.erases = platform->kill ? 1 : NONCE_DIGITS;
    buf_init(&p.sent, SENT_MAX);
    buf_init(&p.secret, SENT_MAX);
    p.d = dialogue_new(&config);
    int rc = p.d ? play_steps(&p) : transcript_complain(&p, 0, "memory is out");
    dialogue_free(p.d);
    dialogue_rules_free(rules);
    buf_free(&p.sent);
    buf_free(&p.secret);
    free(p.exec);
    return rc;
}
