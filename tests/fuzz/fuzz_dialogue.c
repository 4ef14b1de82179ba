/* A dialogue with a device that says anything: what it keeps is bounded, no secret is sent twice,
 * it comes to a verdict, and an output that is called whole has the proofs for it.
 *
 * Input: a platform, options (enum option), then what the device does: bytes to say, or 0xff and
 * one of: 0 the byte 0xff itself, 1 wait for the dialogue's deadline, 2 end the stream, 3 interrupt
 * the run, 4 echo what was sent last, 5 a prompt, 6 lose the connection, 7 the total is over, 8
 * echo as a line editor does, 10 as a kernel does, 11 leave the echo to us (Telnet), 12 take it
 * over, 13 more commands where a round is over; anything else ends the chunk.
 *
 * The digits before an input come from a known seed, so their echo can be found here. */
#include "base/buf.h"

#include <ctype.h>
#include <poller/dialogue.h>
#include <poller/inventory.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD          2
#define MAX_COMMAND   4096
#define MAX_DEVICE    8192
#define TICKS_MAX     64
#define DIGITS        8
#define SENT_MAX      1000
#define PASSWORD      "pass-W0rd"
#define ENABLE_SECRET "en4ble-me"

enum option {
    OPTION_ENABLE = 1,
    OPTION_LOGIN = 2,
    OPTION_EXEC = 4,
    OPTION_CRLF = 8,
    OPTION_NONCE = 16,
    OPTION_ROUNDS = 32,
    OPTION_DOUBT_FAILS = 64
};

static const struct command commands[] = {{.text = "show version"}, {.text = "show clock"}};
static struct platform_set *platforms;
static struct dialogue_rules **rules;

struct play {
    struct dialogue *d;
    const struct platform *platform;
    const struct job *job; /* of this round; NULL: there are no commands in it */
    unsigned options;
    struct mono now, deadline;
    struct buf chunk, sent;
    size_t fed;
    unsigned passwords, enables, auths, readies, rounds;
    bool settled, finished, running, idle;
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

/* --- what is demanded --- */

static bool has_digits(const char *bytes, size_t n)
{
    size_t run = 0;
    for (size_t i = 0; i < n; i++) {
        if (run >= DIGITS && iscntrl((unsigned char)bytes[i]) && !strchr("\r\n", bytes[i]))
            return true;
        run = isxdigit((unsigned char)bytes[i]) ? run + 1 : 0;
    }
    return false;
}

/* docs/PROOFS.md, by kind of device. A nudge whose prompt came is a second proof by another name:
 * an empty line, and the prompt again. Where a kernel echoed the digits ahead, the command line
 * draws the text again without them: next_echo, in a session with digits. */
static void check_proofs(const struct play *p, const struct command_result *c)
{
    const struct platform *of = p->platform;
    const unsigned second = PROOF_SECOND | PROOF_NUDGE;
    if (c->proofs & PROOF_EXIT_STATUS) {
        require(p->options & OPTION_EXEC && c->exit_status == 0 && c->proofs == PROOF_EXIT_STATUS);
        return;
    }
    require(c->proofs & (PROOF_PROMPT | PROOF_PATTERN));
    require(c->proofs & (PROOF_ECHO | second));
    require(c->proofs & (PROOF_NEXT_ECHO | second) || c->doubt);
    if (of->learn_prompt || of->echo == PLATFORM_ECHO_NONE)
        require(c->proofs & second && !(c->proofs & PROOF_NONCE));
    if (of->echo == PLATFORM_ECHO_TTY || of->second_proof)
        require(c->proofs & (second | PROOF_NONCE) || p->options & OPTION_NONCE);
    if (c->proofs & PROOF_NONCE)
        require(p->options & OPTION_NONCE && c->proofs & PROOF_NEXT_ECHO);
}

/* An output is a part of what came, cleaned; cursor movements may have added blanks. */
static size_t check_output(const struct command_result *c, size_t fed)
{
    size_t of = c->raw ? c->raw_len : c->output_len;
    require(of <= fed && c->output_len <= of * 2 + 4096);
    return of;
}

static void check_command(const struct play *p, const struct command_result *c)
{
    bool ok = c->status == COMMAND_OK;
    if (ok)
        check_proofs(p, c);
    require(ok == (c->status != COMMAND_NOT_RUN && c->class == FAIL_NONE));
    require(c->status == COMMAND_NOT_RUN ? !c->output && !c->doubt && !c->proofs : ok || c->error);
    if (c->doubt) /* of what was whole, or would be */
        require(ok ? !(p->options & OPTION_DOUBT_FAILS)
                   : c->class == FAIL_TRUNCATED || c->class == FAIL_COMMAND_ERROR);
}

static void check(const struct play *p, const struct result *r)
{
    size_t bytes = 0;
    for (size_t i = 0; i < r->n_commands; i++) {
        check_command(p, &r->commands[i]);
        bytes += check_output(&r->commands[i], p->fed);
    }
    require(bytes <= p->fed); /* none has another's */
    require(r->class != FAIL_NONE || !p->job ||
            (r->commands[0].status == COMMAND_OK && r->commands[1].status == COMMAND_OK));
}

static void take(struct play *p, const struct job *job)
{
    struct result *r = result_new(job);
    dialogue_take(p->d, r);
    check(p, r);
    result_free(r);
}

/* --- the device --- */

static void feed(struct play *p, struct dialogue_event event);

static void hear(struct play *p, const struct dialogue_update *u)
{
    p->deadline = u->deadline;
    if (u->send_len > 0) {
        buf_truncate(&p->sent, 0);
        buf_add(&p->sent, u->send, u->send_len < SENT_MAX ? u->send_len : SENT_MAX);
        p->passwords += count(u->send, u->send_len, PASSWORD);
        p->enables += count(u->send, u->send_len, ENABLE_SECRET);
        require(p->options & OPTION_NONCE || !has_digits(u->send, u->send_len));
    }
    p->auths += u->reached_auth;
    p->readies += u->reached_ready;
    require(p->auths <= 1 && p->readies <= 1);
    require(!(p->settled && u->settled) && !(p->idle && u->round_over)); /* once */
    p->settled |= u->settled;
    p->finished |= u->finished;
    if (u->round_over) {
        require(p->options & OPTION_ROUNDS && !p->settled);
        p->idle = true;
    }
    if (u->start != DIALOGUE_START_NOTHING && !p->running) {
        p->running = true;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    }
}

static void feed(struct play *p, struct dialogue_event event)
{
    struct dialogue_update u;
    if (p->finished)
        return;
    dialogue_step(p->d, &event, p->now, &u);
    hear(p, &u);
}

/* A round is over: the same commands once more, then the log-out. */
static void go_on(struct play *p)
{
    struct dialogue_update u;
    if (!p->idle || p->finished)
        return;
    take(p, p->job);
    p->job = p->rounds++ == 0 ? p->job : NULL;
    p->idle = false;
    require(dialogue_continue(p->d, p->job, p->now, &u) == 0);
    hear(p, &u);
}

static void say(struct play *p)
{
    if (p->chunk.len > 0 && p->running) {
        p->fed += p->chunk.len;
        feed(p, (struct dialogue_event){
                    .kind = DIALOGUE_BYTES, .data = buf_bytes(&p->chunk), .len = p->chunk.len});
    }
    buf_truncate(&p->chunk, 0);
}

/* What was sent last, with its keys obeyed. */
static void echo(struct play *p, const char *wipes_out)
{
    const char *bytes = buf_bytes(&p->sent);
    for (size_t i = 0; i < p->sent.len; i++) {
        if (bytes[i] == '\x7f' || bytes[i] == '\b')
            buf_add_str(&p->chunk, wipes_out);
        else if (bytes[i] == '\x15')
            for (int k = 0; k < DIGITS; k++)
                buf_add_str(&p->chunk, wipes_out);
        else if (bytes[i] == '\n' || bytes[i] == '\r')
            buf_add_str(&p->chunk, bytes[i] == '\n' && i > 0 && bytes[i - 1] == '\r' ? "" : "\r\n");
        else
            buf_add_char(&p->chunk, bytes[i]);
    }
}

static void end(struct play *p)
{
    if (!p->running)
        return;
    p->running = false;
    feed(p, (struct dialogue_event){.kind = DIALOGUE_EXIT_STATUS, .exit_status = 0});
    feed(p, (struct dialogue_event){.kind = DIALOGUE_END});
}

static void happen(struct play *p, uint8_t what)
{
    if (what == 1 && !mono_is_never(p->deadline)) {
        p->now = p->deadline;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TICK});
    } else if (what == 2) {
        end(p);
    } else if (what == 3) {
        feed(p, (struct dialogue_event){.kind = DIALOGUE_CANCEL});
    } else if (what == 6) {
        p->running = false;
        feed(p, (struct dialogue_event){.kind = DIALOGUE_LOST});
    } else if (what == 7) {
        feed(p, (struct dialogue_event){.kind = DIALOGUE_TIMEOUT, .timeout = FAIL_TOTAL_TIMEOUT});
    } else if (what == 11 || what == 12) {
        feed(p, (struct dialogue_event){.kind = DIALOGUE_ECHO, .echo_on = what == 12});
    } else if (what == 13) {
        go_on(p);
    }
}

static void control(struct play *p, uint8_t what)
{
    if (what == 0) {
        buf_add_char(&p->chunk, (char)0xff);
        return;
    }
    say(p);
    if (what == 4)
        buf_add(&p->chunk, buf_bytes(&p->sent), p->sent.len);
    else if (what == 5)
        buf_add_str(&p->chunk, "\r\nr1#");
    else if (what == 8)
        echo(p, "\b\x1b[K");
    else if (what == 10)
        echo(p, "\b \b");
    else
        happen(p, what);
}

/* The silence alone brings it to a verdict. */
static void finish(struct play *p)
{
    say(p);
    for (int i = 0; i < TICKS_MAX && !p->settled; i++)
        control(p, p->idle ? 13 : 1);
    require(p->settled);
    require(p->passwords <= 1 && p->enables <= 1);
}

/* --- the target --- */

static void load(void)
{
    struct err e = {0};
    platforms = platform_set_load(NULL, 0, &e);
    require(platforms != NULL);
    rules = calloc(platform_count(platforms), sizeof(struct dialogue_rules *));
    for (size_t i = 0; i < platform_count(platforms); i++)
        rules[i] = dialogue_rules_new(platform_at(platforms, i), &e);
}

static void play(struct play *p, const uint8_t *data, size_t size)
{
    feed(p, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    for (size_t i = HEAD; i < size; i++) {
        if (data[i] == 0xff && i + 1 < size)
            control(p, data[++i]);
        else
            buf_add_char(&p->chunk, (char)data[i]);
    }
    finish(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!platforms)
        load();
    if (size < HEAD || size > 65536)
        return 0;
    size_t which = data[0] % platform_count(platforms);
    unsigned options = data[1];
    struct device device = {.name = "r1", .host = "r1", .platform = platform_at(platforms, which)};
    struct job job = {.attempt = 1, .device = &device, .commands = {commands, 2}};
    struct dialogue_config config = {.rules = rules[which],
                                     .job = &job,
                                     .username = "lab",
                                     .password = PASSWORD,
                                     .enable = options & OPTION_ENABLE ? ENABLE_SECRET : "",
                                     .login_in_stream = options & OPTION_LOGIN,
                                     .may_exec = options & OPTION_EXEC,
                                     .line_end = options & OPTION_CRLF ? "\r\n" : "\n",
                                     .silence_ms = 1000,
                                     .max_command_bytes = MAX_COMMAND,
                                     .max_device_bytes = MAX_DEVICE,
                                     .nonce = options & OPTION_NONCE,
                                     .nonce_seed = 1,
                                     .doubt_fails = options & OPTION_DOUBT_FAILS,
                                     .rounds = options & OPTION_ROUNDS};
    struct play p = {.d = dialogue_new(&config),
                     .platform = device.platform,
                     .job = &job,
                     .options = options,
                     .now = {1},
                     .deadline = MONO_NEVER};
    buf_init(&p.chunk, 1 << 18);
    buf_init(&p.sent, 1 << 12);
    play(&p, data, size);
    take(&p, &job);
    dialogue_free(p.d);
    buf_free(&p.chunk);
    buf_free(&p.sent);
    return 0;
}
