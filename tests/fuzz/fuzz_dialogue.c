/* A dialogue with a device that says anything: what it keeps is bounded, no secret is sent twice,
 * it comes to a verdict, and a cut output is never called whole.
 *
 * Input: a platform, options, then what the device does: bytes to say, or 0xff and one of: 0 the
 * byte 0xff itself, 1 wait for the dialogue's deadline, 2 end the stream, 3 interrupt the run, 4
 * echo what was sent last, 5 a prompt, 6 lose the connection, 7 the total is over; anything else
 * ends the chunk. */
#include "base/buf.h"

#include <poller/dialogue.h>
#include <poller/inventory.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD          2
#define MAX_COMMAND   4096
#define MAX_DEVICE    8192
#define TICKS_MAX     64
#define PASSWORD      "pass-W0rd"
#define ENABLE_SECRET "en4ble-me"

static const struct command commands[] = {{.text = "show version"}, {.text = "show clock"}};
static struct platform_set *platforms;
static struct dialogue_rules **rules;

struct play {
    struct dialogue *d;
    struct mono now, deadline;
    struct buf chunk, sent;
    unsigned passwords, enables;
    bool settled, finished, running;
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static unsigned count(const char *bytes, size_t n, const char *text)
{
    unsigned found = 0;
    size_t len = strlen(text);
    for (const char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), text, len)); at += len)
        found++;
    return found;
}

static void feed(struct play *p, struct dialogue_event event)
{
    struct dialogue_update u;
    if (p->finished)
        return;
    dialogue_step(p->d, &event, p->now, &u);
    p->deadline = u.deadline;
    if (u.send_len > 0) {
        buf_truncate(&p->sent, 0);
        buf_add(&p->sent, u.send, u.send_len < 1000 ? u.send_len : 1000);
        p->passwords += count(u.send, u.send_len, PASSWORD);
        p->enables += count(u.send, u.send_len, ENABLE_SECRET);
    }
    require(!(p->settled && u.settled)); /* once */
    p->settled |= u.settled;
    p->finished |= u.finished;
    if (u.start != DIALOGUE_START_NOTHING && !p->running) {
        p->running = true;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    }
}

static void say(struct play *p)
{
    if (p->chunk.len > 0 && p->running)
        feed(p, (struct dialogue_event){
                    .kind = DIALOGUE_BYTES, .data = buf_bytes(&p->chunk), .len = p->chunk.len});
    buf_truncate(&p->chunk, 0);
}

static void control(struct play *p, uint8_t what)
{
    if (what == 0) {
        buf_add_char(&p->chunk, (char)0xff);
        return;
    }
    say(p);
    if (what == 1 && !mono_is_never(p->deadline)) {
        p->now = p->deadline;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TICK});
    } else if (what == 2 && p->running) {
        p->running = false;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_EXIT_STATUS, .exit_status = 0});
        feed(p, (struct dialogue_event){.kind = DIALOGUE_END});
    } else if (what == 3) {
        feed(p, (struct dialogue_event){.kind = DIALOGUE_CANCEL});
    } else if (what == 4) {
        buf_add(&p->chunk, buf_bytes(&p->sent), p->sent.len);
    } else if (what == 5) {
        buf_add_str(&p->chunk, "\r\nr1#");
    } else if (what == 6) {
        p->running = false;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_LOST});
    } else if (what == 7) {
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TIMEOUT, .timeout = FAIL_TOTAL_TIMEOUT});
    }
}

/* An output that is called whole has the proofs for it. */
static void check(const struct result *r, size_t size)
{
    for (size_t i = 0; i < r->n_commands; i++) {
        const struct command_result *c = &r->commands[i];
        require(c->output_len <= MAX_COMMAND + 8 * size); /* the cap, and the chunk that met it */
        if (c->status == COMMAND_OK)
            require(c->proofs & (PROOF_PROMPT | PROOF_PATTERN | PROOF_EXIT_STATUS | PROOF_NUDGE));
        if (c->status == COMMAND_NOT_RUN)
            require(!c->output);
    }
    require(r->class != FAIL_NONE ||
            (r->commands[0].status == COMMAND_OK && r->commands[1].status == COMMAND_OK));
}

static void load(void)
{
    struct err e = {0};
    platforms = platform_set_load(NULL, 0, &e);
    require(platforms != NULL);
    rules = calloc(platform_count(platforms), sizeof(struct dialogue_rules *));
    for (size_t i = 0; i < platform_count(platforms); i++)
        rules[i] = dialogue_rules_new(platform_at(platforms, i), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!platforms)
        load();
    if (size < HEAD || size > 65536)
        return 0;
    size_t which = data[0] % platform_count(platforms);
    struct device device = {.name = "r1", .host = "r1", .platform = platform_at(platforms, which)};
    struct job job = {.attempt = 1, .device = &device, .commands = {commands, 2}};
    struct dialogue_config config = {.rules = rules[which],
                                     .job = &job,
                                     .username = "lab",
                                     .password = PASSWORD,
                                     .enable = data[1] & 1 ? ENABLE_SECRET : "",
                                     .login_in_stream = data[1] & 2,
                                     .may_exec = data[1] & 4,
                                     .line_end = data[1] & 8 ? "\r\n" : "\n",
                                     .silence_ms = 1000,
                                     .max_command_bytes = MAX_COMMAND,
                                     .max_device_bytes = MAX_DEVICE};
    struct play p = {.d = dialogue_new(&config), .now = {1}, .deadline = MONO_NEVER};
    buf_init(&p.chunk, 1 << 18);
    buf_init(&p.sent, 1 << 12);
    feed(&p, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    for (size_t i = HEAD; i < size; i++) {
        if (data[i] == 0xff && i + 1 < size)
            control(&p, data[++i]);
        else
            buf_add_char(&p.chunk, (char)data[i]);
    }
    say(&p);
    for (int i = 0; i < TICKS_MAX && !p.settled; i++)
        control(&p, 1);
    require(p.settled); /* the silence alone brings it to a verdict */
    require(p.passwords <= 1 && p.enables <= 1);
    struct result *r = result_new(&job);
    dialogue_take(p.d, r);
    check(r, size);
    result_free(r);
    dialogue_free(p.d);
    buf_free(&p.chunk);
    buf_free(&p.sent);
    return 0;
}
