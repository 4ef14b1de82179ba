#include "tests/trust/peer.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_AT_ONCE (1u << 18)
#define TYPED_MAX     (1u << 16)
#define BANNER_MS     50
#define DEAF_MS       150
#define STEPS_MAX     1000 /* of one moment */

void peer_init(struct peer *d, struct wire *to_client)
{
    *d = (struct peer){.to_client = to_client};
    buf_init(&d->out, SHOWN_AT_ONCE);
    buf_init(&d->in, TYPED_MAX);
    buf_init(&d->answer, TYPED_MAX);
    for (unsigned i = 0; i < COMMANDS_MAX; i++)
        truth_init(&d->truths[i]);
}

void peer_free(struct peer *d)
{
    buf_free(&d->out);
    buf_free(&d->in);
    buf_free(&d->answer);
    for (unsigned i = 0; i < COMMANDS_MAX; i++)
        truth_free(&d->truths[i]);
}

void peer_show(struct peer *d, const char *text)
{
    buf_add_str(&d->out, text);
}

void peer_wait(struct peer *d, enum peer_state state, int64_t ms)
{
    d->state = state;
    d->next_at = d->now + ms;
}

/* --- what was shown goes onto the wire --- */

static size_t chunk_length(struct peer *d, size_t left)
{
    switch (d->scene->chunking) {
    case CHUNKS_ARE_BURSTS:
        break;
    case CHUNKS_AT_RANDOM:
        return 1 + random_below(&d->random, random_chance(&d->random, 500) ? 20 : 400);
    case CHUNKS_ARE_BYTES:
        return 1;
    }
    return left;
}

static void flush(struct peer *d)
{
    const char *bytes = buf_bytes(&d->out);
    size_t left = d->out.len;
    int64_t at = d->now + d->scene->manner.delay_ms;
    if (d->to_client->last_at > at)
        at = d->to_client->last_at;
    d->shown += left;
    while (left > 0) {
        size_t n = chunk_length(d, left);
        n = n < left ? n : left;
        wire_put(d->to_client, at, bytes, n);
        bytes += n;
        left -= n;
        if (random_chance(&d->random, 300))
            at += random_between(&d->random, 0, d->scene->gap_ms);
    }
    buf_truncate(&d->out, 0);
}

/* --- ends --- */

void peer_close(struct peer *d, enum cut_how how)
{
    flush(d);
    if (how != CUT_SILENT)
        wire_end(d->to_client, d->now + d->scene->manner.delay_ms,
                 how == CUT_RESET ? WIRE_LOST : WIRE_END);
    d->state = PEER_GONE;
    d->next_at = d->log_at = WIRE_NEVER;
}

void peer_end(struct peer *d)
{
    d->cut = true;
    d->log_at = WIRE_NEVER;
    peer_wait(d, PEER_ENDING, d->scene->cut.delay_ms);
}

/* --- prompts and log lines --- */

/* A template of the scene: %c, %t and %s become what they stand for now. */
static void fill_in(const struct peer *d, const char *template, char *to, size_t size)
{
    size_t n = 0;
    for (const char *c = template; *c && n + 12 < size; c++) {
        char kind = *c == '%' ? c[1] : '\0';
        if (kind == 'c')
            n += (size_t)snprintf(to + n, size - n, "%u", d->counter);
        else if (kind == 't')
            n += (size_t)snprintf(to + n, size - n, "%02u", (unsigned)(d->now / 1000 % 60));
        else if (kind == 's')
            n += (size_t)snprintf(to + n, size - n, "%s", d->counter % 3 == 2 ? "*" : "");
        else
            to[n++] = *c;
        c += kind == 'c' || kind == 't' || kind == 's';
    }
    to[n] = '\0';
}

static void show_prompt_line(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    peer_show(d, m->pasting ? "\x1b[?2004h" : "");
    peer_show(d, m->coloured ? "\x1b[01;32m" : "");
    peer_show(d, d->prompt);
    peer_show(d, m->coloured ? "\x1b[00m" : "");
}

void peer_prompt(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    peer_show(d, m->upper_blank ? "\r\n" : "");
    peer_show(d, m->upper);
    peer_show(d, *m->upper ? "\r\n" : "");
    fill_in(d, d->user_mode ? manner_way(m)->user_prompt : m->prompt, d->prompt, sizeof d->prompt);
    d->counter++;
    show_prompt_line(d);
    line_clear(&d->line);
    d->state = PEER_PROMPT;
    d->next_at = WIRE_NEVER;
    if (m->terminal == TERMINAL_READLINE)
        input_release(d);
}

/* Behind a prompt before any key, it may count as output. */
static void note_behind(struct peer *d, const struct log_event *log, const char *text)
{
    struct buf *behind = d->next > 0 ? &d->truths[d->next - 1].behind : NULL;
    if (!behind || behind->len > 0)
        return;
    const char *upper = d->scene->manner.upper;
    truth_add(behind, upper, strlen(upper));
    truth_add(behind, "\n", *upper ? 1 : 0);
    truth_add(behind, d->prompt, strlen(d->prompt));
    truth_add(behind, log->same_line ? " " : "\n", 1);
    truth_add(behind, text, strlen(text));
    truth_add(behind, "\n", 1);
}

void peer_log(struct peer *d, const struct log_event *log)
{
    char text[256];
    fill_in(d, manner_way(&d->scene->manner)->log[log->which], text, sizeof text);
    note_behind(d, log, text);
    peer_show(d, log->same_line ? " " : "\r\n");
    peer_show(d, text);
    peer_show(d, "\r\n");
    if (!log->again)
        return;
    show_prompt_line(d);
    if (d->scene->manner.terminal != TERMINAL_NONE)
        buf_add(&d->out, d->line.text, d->line.n);
}

/* --- time --- */

/* Texts around a log-in that read as a question, or as a refusal. */
static const struct {
    const char *first, *rest; /* a pause between */
    bool behind;              /* the log-in */
} banners[BANNERS + 1] = {
    [1] = {"*** Lost your password: ", "call the desk ***\r\n", false},
    [2] = {"Unauthorised use is punished. Login: ", "staff only\r\n", false},
    [3] = {"Failed attempts since last successful login: ", "0\r\n", true},
    [4] = {"Access denied to unauthorised persons.", "\r\n", true},
};

static void ask_user(struct peer *d)
{
    peer_show(d, "\r\n");
    peer_show(d, manner_way(&d->scene->manner)->user_question);
    d->state = PEER_USER;
}

static void first_prompt(struct peer *d)
{
    const struct manner *m = &d->scene->manner;
    bool greets = manner_way(m)->unix_like && m->telnet;
    buf_add_str(&d->answer, greets ? "Last login: Sat Nov 21 10:00:00 from 192.0.2.7\r\n" : "");
    peer_wait(d, PEER_BUSY, m->think_ms);
    d->deaf_until = m->lost_at_first ? d->next_at + DEAF_MS : 0;
}

bool peer_banner(struct peer *d, bool behind)
{
    unsigned banner = d->scene->manner.banner;
    if (!banner || banners[banner].behind != behind)
        return false;
    peer_show(d, "\r\n");
    peer_show(d, banners[banner].first);
    peer_wait(d, PEER_BANNER, BANNER_MS);
    return true;
}

static void end_banner(struct peer *d)
{
    unsigned banner = d->scene->manner.banner;
    peer_show(d, banners[banner].rest);
    if (banners[banner].behind)
        first_prompt(d);
    else
        ask_user(d);
}

void peer_logged_in(struct peer *d)
{
    if (!peer_banner(d, true))
        first_prompt(d);
}

void peer_begin(struct peer *d, const struct scene *scene)
{
    struct wire *to = d->to_client;
    buf_truncate(&d->out, 0);
    buf_truncate(&d->in, 0);
    buf_truncate(&d->answer, 0);
    for (unsigned i = 0; i < COMMANDS_MAX; i++)
        truth_clear(&d->truths[i]);
    struct peer fresh = {.scene = scene,
                         .to_client = to,
                         .out = d->out,
                         .in = d->in,
                         .answer = d->answer,
                         .random = random_from(scene->seed ^ 0x5eed),
                         .next_at = WIRE_NEVER,
                         .log_at = WIRE_NEVER,
                         .counter = 1,
                         .user_mode = scene->manner.user_mode};
    memcpy(fresh.truths, d->truths, sizeof fresh.truths);
    *d = fresh;
    if (!scene->manner.telnet)
        first_prompt(d);
    else if (!peer_banner(d, false))
        ask_user(d);
    flush(d);
}

static void step_log(struct peer *d)
{
    d->log_at = WIRE_NEVER;
    if (d->state == PEER_PROMPT && d->typed.n == 0)
        peer_log(d, d->log);
}

static void go_on(struct peer *d)
{
    d->next_at = WIRE_NEVER;
    if (d->state == PEER_BUSY) {
        buf_add(&d->out, buf_bytes(&d->answer), d->answer.len);
        buf_truncate(&d->answer, 0);
        peer_prompt(d);
    } else if (d->state == PEER_BANNER) {
        end_banner(d);
    } else if (d->state == PEER_RUNNING) {
        output_run(d);
    } else if (d->state == PEER_ENDING) {
        peer_close(d, d->scene->cut.how);
    }
    input_read(d);
}

/* All that happens at this moment is one burst. */
static void live(struct peer *d)
{
    if (d->log_at <= d->now)
        step_log(d);
    for (int i = 0; i < STEPS_MAX && d->next_at <= d->now; i++)
        go_on(d);
    flush(d);
}

void peer_step(struct peer *d, int64_t now)
{
    d->now = now;
    live(d);
}

void peer_receive(struct peer *d, int64_t now, const char *bytes, size_t n)
{
    d->now = now;
    if (now < d->deaf_until)
        return;
    for (size_t i = 0; i < n && d->state != PEER_GONE; i++) {
        input_typed(d, bytes[i]);
        input_read(d);
    }
    live(d);
}
