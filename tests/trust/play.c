#include "tests/trust/play.h"

#include "tests/trust/show.h"

#include <poller/err.h>
#include <poller/platform.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 200000
#define CONNECT_MS 30000
#define TOTAL_MS   180000
#define SILENCE_MS 10000
#define OUTPUT_MAX (1u << 20)

int stage_open(struct stage *s)
{
    struct err e = {0};
    *s = (struct stage){.set = platform_set_load(NULL, 0, &e)};
    for (unsigned i = 0; s->set && i < PLATFORMS; i++) {
        s->platforms[i] = platform_find(s->set, ways[i].platform);
        s->rules[i] = s->platforms[i] ? dialogue_rules_new(s->platforms[i], &e) : NULL;
        if (!s->rules[i]) {
            fprintf(stderr, "trust: %s: %s\n", ways[i].platform, e.text);
            stage_close(s);
            return -1;
        }
    }
    if (!s->set)
        fprintf(stderr, "trust: %s\n", e.text);
    return s->set ? 0 : -1;
}

void stage_close(struct stage *s)
{
    for (unsigned i = 0; i < PLATFORMS; i++)
        dialogue_rules_free(s->rules[i]);
    platform_set_free(s->set);
    *s = (struct stage){0};
}

void player_init(struct player *p, const struct stage *stage)
{
    *p = (struct player){.stage = stage};
    wire_init(&p->up);
    wire_init(&p->down);
    peer_init(&p->peer, &p->down);
}

void player_free(struct player *p)
{
    peer_free(&p->peer);
    wire_free(&p->up);
    wire_free(&p->down);
    result_free(p->result);
    *p = (struct player){0};
}

/* --- the client's side --- */

/* When the script's commands go out: what the client adds to a session's waiting. */
static void note_sent(struct player *p, const char *bytes, size_t n)
{
    while (p->sent < p->scene->n) {
        const char *text = p->scene->commands[p->sent].text;
        const char *hit = memmem(bytes, n, text, strlen(text));
        if (!hit)
            return;
        p->sent_at[p->sent++] = (double)p->now;
        n -= (size_t)(hit + strlen(text) - bytes);
        bytes = hit + strlen(text);
    }
}

static void type(struct player *p, const char *bytes, size_t n)
{
    const struct manner *m = &p->scene->manner;
    int64_t at = p->now + m->delay_ms;
    size_t len = m->key_ms ? 1 : n;
    for (size_t i = 0; i < n; i += len) {
        at = at > p->up.last_at ? at : p->up.last_at;
        at += i > 0 ? m->key_ms : 0;
        wire_put(&p->up, at, bytes + i, len);
    }
}

/* The results of the round that runs into those of the visit. */
static void take_round(struct player *p)
{
    struct result *r = result_new(&p->rounds[p->round]);
    if (!r)
        return;
    dialogue_take(p->dialogue, r);
    for (size_t i = 0; i < r->n_commands; i++) {
        p->result->commands[p->round + i] = r->commands[i];
        r->commands[i] = (struct command_result){.exit_status = -1};
    }
    result_free(r);
}

static void take_update(struct player *p, const struct dialogue_update *u)
{
    p->settled |= u->settled;
    p->finished |= u->finished;
    p->deadline = u->deadline;
    if (u->send_len == 0)
        return;
    show_sent(p->record, manner_line_end(&p->scene->manner), u->send, u->send_len, u->send_secret);
    note_sent(p, u->send, u->send_len);
    type(p, u->send, u->send_len);
}

static void next_round(struct player *p)
{
    struct dialogue_update u;
    take_round(p);
    const struct job *job = ++p->round < p->n_rounds ? &p->rounds[p->round] : NULL;
    show_line(p->record, job ? "round over\ncontinue" : "round over\nlog out");
    (void)dialogue_continue(p->dialogue, job, (struct mono){(p->now + 1000) * 1000000}, &u);
    take_update(p, &u);
}

static void feed(struct player *p, const struct dialogue_event *event)
{
    struct dialogue_update u;
    if (p->finished)
        return;
    dialogue_step(p->dialogue, event, (struct mono){(p->now + 1000) * 1000000}, &u);
    take_update(p, &u);
    if (u.start == DIALOGUE_START_SHELL)
        feed(p, &(struct dialogue_event){.kind = DIALOGUE_STARTED});
    if (u.round_over)
        next_round(p);
}

static int64_t deadline_of(const struct player *p)
{
    if (mono_is_never(p->deadline))
        return WIRE_NEVER;
    return (p->deadline.ns + 999999) / 1000000 - 1000;
}

static void note_arrived(struct player *p, size_t n)
{
    p->arrived += n;
    for (unsigned i = 0; i < p->scene->n; i++)
        if (p->prompt_at[i] < 0 && p->peer.prompt_end[i] > 0 && p->arrived >= p->peer.prompt_end[i])
            p->prompt_at[i] = (double)p->now;
}

static void arrive(struct player *p)
{
    const char *bytes = NULL;
    const struct wire_chunk *c = wire_look(&p->down, &bytes);
    struct dialogue_event event = {.kind = c->kind == WIRE_BYTES ? DIALOGUE_BYTES
                                           : c->kind == WIRE_END ? DIALOGUE_END
                                                                 : DIALOGUE_LOST,
                                   .data = c->kind == WIRE_LOST ? "connection reset" : bytes,
                                   .len = c->kind == WIRE_LOST ? 16 : c->n};
    note_arrived(p, c->n);
    show_wait(p->record, &p->recorded_at, p->now);
    if (c->kind == WIRE_BYTES)
        show_device(p->record, bytes, c->n);
    else
        show_line(p->record, c->kind == WIRE_END ? "end" : "lost connection reset");
    feed(p, &event);
    wire_drop(&p->down);
}

/* --- time --- */

static int64_t earliest(const struct player *p)
{
    const int64_t times[] = {wire_next(&p->up), wire_next(&p->down), p->peer.next_at,
                             p->peer.log_at,    deadline_of(p),      TOTAL_MS};
    int64_t first = WIRE_NEVER;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        first = times[i] < first ? times[i] : first;
    return first > p->now ? first : p->now;
}

static void time_out(struct player *p, enum fail_class class)
{
    feed(p, &(struct dialogue_event){.kind = DIALOGUE_TIMEOUT, .timeout = class});
}

static void happen(struct player *p)
{
    const char *bytes = NULL;
    if (p->peer.next_at <= p->now || p->peer.log_at <= p->now) {
        peer_step(&p->peer, p->now);
    } else if (wire_next(&p->up) <= p->now) {
        const struct wire_chunk *c = wire_look(&p->up, &bytes);
        peer_receive(&p->peer, p->now, bytes, c->n);
        wire_drop(&p->up);
    } else if (wire_next(&p->down) <= p->now) {
        arrive(p);
    } else if (deadline_of(p) <= p->now) {
        show_wait(p->record, &p->recorded_at, p->now);
        feed(p, &(struct dialogue_event){.kind = DIALOGUE_TICK});
    } else {
        time_out(p, FAIL_TOTAL_TIMEOUT);
    }
}

static void run(struct player *p)
{
    bool ready = false;
    feed(p, &(struct dialogue_event){.kind = DIALOGUE_OPENED});
    for (int i = 0; i < EVENTS_MAX && !p->finished; i++) {
        p->now = earliest(p);
        ready = ready || p->sent > 0;
        if (!ready && p->now >= CONNECT_MS && !p->settled)
            time_out(p, FAIL_CONNECT_TIMEOUT);
        else
            happen(p);
    }
}

static void begin(struct player *p, const struct scene *scene, struct buf *record)
{
    p->scene = scene;
    p->record = record;
    p->now = p->recorded_at = 0;
    p->deadline = MONO_NEVER;
    p->settled = p->finished = false;
    p->arrived = p->sent = 0;
    wire_clear(&p->up);
    wire_clear(&p->down);
    for (unsigned i = 0; i < COMMANDS_MAX; i++)
        p->prompt_at[i] = p->sent_at[i] = -1;
    peer_begin(&p->peer, scene);
}

static void judge(const struct player *p, struct outcome *outcome)
{
    *outcome = (struct outcome){
        .n = p->scene->n, .stuck = !p->settled || !p->finished, .strange = p->peer.strange};
    for (unsigned i = 0; i < p->scene->n; i++) {
        const struct command_result *c = &p->result->commands[i];
        struct judged *j = &outcome->commands[i];
        j->verdict = judge_command(&p->peer, c, i);
        j->proofs = c->proofs;
        j->accepted = judge_accepts(&p->peer, c, i);
        bool timed = i > 0 && p->prompt_at[i - 1] >= 0 && p->sent_at[i] >= 0;
        double wait = timed ? p->sent_at[i] - p->prompt_at[i - 1] : -1;
        j->wait_ms = timed && wait < 0 ? 0 : wait;
    }
}

/* The dialogue for this scene, from begin to end; what it came to is p->result. */
static bool visit(struct player *p, struct dialogue_config *config, const struct job *job)
{
    p->dialogue = dialogue_new(config);
    p->result = p->dialogue ? result_new(job) : NULL;
    if (!p->result) {
        dialogue_free(p->dialogue);
        return false;
    }
    run(p);
    if (!config->rounds)
        dialogue_take(p->dialogue, p->result);
    else if (p->round < p->n_rounds)
        take_round(p);
    dialogue_free(p->dialogue);
    p->dialogue = NULL;
    return true;
}

/* The jobs of a visit: one, or one for each command. */
static void cut_rounds(struct player *p, const struct job *job)
{
    p->round = 0;
    p->n_rounds = p->scene->rounds ? p->scene->n : 1;
    for (unsigned i = 0; i < p->n_rounds; i++) {
        p->rounds[i] = *job;
        if (p->scene->rounds)
            p->rounds[i].commands = (struct command_list){job->commands.items + i, 1};
    }
}

void player_play(struct player *p, const struct scene *scene, struct buf *record,
                 struct outcome *outcome)
{
    const struct manner *m = &scene->manner;
    struct command list[COMMANDS_MAX] = {0};
    for (unsigned i = 0; i < scene->n; i++)
        list[i].text = scene->commands[i].text;
    struct device device = {.name = "r1", .platform = p->stage->platforms[m->platform]};
    struct job job = {.device = &device, .commands = {list, scene->n}};
    struct dialogue_config config = {.rules = p->stage->rules[m->platform],
                                     .rounds = scene->rounds,
                                     .username = USER,
                                     .password = PASSWORD,
                                     .enable = m->user_mode ? ENABLE : "",
                                     .login_in_stream = m->telnet,
                                     .line_end = manner_line_end(m),
                                     .silence_ms = SILENCE_MS,
                                     .max_command_bytes = OUTPUT_MAX,
                                     .max_device_bytes = OUTPUT_MAX,
                                     .nonce = scene->nonce,
                                     .nonce_seed = scene->seed * 0x9e3779b97f4a7c15u};
    config.job = &p->rounds[0];
    *outcome = (struct outcome){.stuck = true};
    result_free(p->result);
    p->result = NULL;
    begin(p, scene, record);
    cut_rounds(p, &job);
    if (visit(p, &config, &job))
        judge(p, outcome);
}
