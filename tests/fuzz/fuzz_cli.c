/* Anything typed into a device's command line: what it keeps is bounded, no state is left without a
 * way on, and the same bytes typed one by one make it say the same.
 *
 * Input: a persona, a misbehaviour, how the session begins; then what is typed, in which 0xfe says
 * "a second goes by". */
#include "lab/sim/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD      3
#define TYPED_MAX 4096
#define TICKS_MAX (2 * TYPED_MAX)
#define DRIPS_MAX 64
#define OUT_MAX   (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct persona_set personas;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool check(void *ctx, const char *user, const char *password, struct mono now)
{
    (void)ctx;
    (void)now;
    return strcmp(user, "admin") == 0 && strcmp(password, "admin") == 0;
}

static void command(void *ctx, const char *line)
{
    unsigned *commands = ctx;
    require(strlen(line) <= CLI_LINE_MAX);
    ++*commands;
}

struct play {
    struct cli cli;
    struct mono now;
    unsigned commands;
    struct buf said;
};

static void check_bounds(const struct cli *c)
{
    require(c->typed.len <= CLI_TYPED_MAX && c->line.len <= CLI_LINE_MAX);
    require(c->unfinished <= c->typed.len);
    require(c->out.len <= CLI_OUT_MAX && c->later.len <= CLI_OUT_MAX);
    require((c->state == CLI_OVER) == (c->end != CLI_GOES_ON));
    require(c->mode >= 0 && c->mode < (int)c->device->persona->n_modes);
    bool waits = c->state == CLI_CHECKING || c->state == CLI_LATE || c->state == CLI_THINKING ||
                 c->state == CLI_PAUSED || c->state == CLI_DRIPPING || c->state == CLI_GREETING;
    require(waits == !mono_is_never(c->due));
    require(!c->holds || c->device->misbehaviour == MIS_ONE_SEGMENT);
    /* One of them must go on. */
    require(!c->holds || !c->is_full);
}

/* It says something for so long that nobody would wait for its end. */
static bool takes_for_ever(const struct device *device)
{
    return device->misbehaviour == MIS_DRIPS || device->misbehaviour == MIS_ENDLESS;
}

/* Everything said is sent; time passes until nothing is due, or too often so. */
static void settle(struct play *p)
{
    int most = takes_for_ever(p->cli.device) ? DRIPS_MAX : TICKS_MAX;
    for (int i = 0; i < most; i++) {
        check_bounds(&p->cli);
        if (p->said.len + p->cli.out.len < OUT_MAX)
            buf_add(&p->said, buf_bytes(&p->cli.out), p->cli.out.len);
        buf_drop_front(&p->cli.out, p->cli.out.len);
        if (mono_is_never(p->cli.due) && p->cli.state != CLI_ENDLESS && !p->cli.is_full)
            return;
        if (!mono_is_never(p->cli.due))
            p->now = p->cli.due;
        cli_tick(&p->cli, p->now);
    }
}

static void type(struct play *p, const char *bytes, size_t n, bool is_one_by_one)
{
    for (size_t at = 0, part; at < n; at += part) {
        const char *pause = memchr(bytes + at, 0xfe, n - at);
        part = is_one_by_one ? 1 : pause ? (size_t)(pause - bytes) - at : n - at;
        if (bytes[at] == (char)0xfe) {
            part = 1;
            p->now.ns += 1000000000;
            cli_tick(&p->cli, p->now);
        } else {
            cli_input(&p->cli, bytes + at, part, p->now);
        }
        settle(p);
    }
}

static void play(struct play *p, const struct device *device, const uint8_t *data, size_t size,
                 bool is_one_by_one)
{
    const struct cli_hooks hooks = {&p->commands, check, command};
    size_t n = size - HEAD < TYPED_MAX ? size - HEAD : TYPED_MAX;
    char line[256];
    cli_init(&p->cli, device, "127.0.0.1", &hooks);
    buf_init(&p->said, OUT_MAX);
    p->now = (struct mono){1000000000};
    if (data[2] % 4 == 0)
        cli_open_telnet(&p->cli, p->now);
    else if (data[2] % 4 < 3)
        cli_open_shell(&p->cli, "admin", data[2] % 16 != 1, p->now);
    else {
        snprintf(line, sizeof line, "%.*s", (int)(n < 200 ? n : 200), (const char *)data + HEAD);
        cli_open_exec(&p->cli, "admin", line, p->now);
    }
    settle(p);
    type(p, (const char *)data + HEAD, n, is_one_by_one);
}

static void end(struct play *p)
{
    buf_free(&p->said);
    cli_free(&p->cli);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct play whole = {.commands = 0}, apart = {.commands = 0};
    if (personas.n == 0)
        require(personas_load(&personas, NULL, &e) == 0);
    if (size < HEAD)
        return 0;
    struct device device = {.persona = personas.items[data[0] % personas.n],
                            .misbehaviour = (enum misbehaviour)(data[1] % MIS_COUNT),
                            .seed = 1,
                            .user = "admin",
                            .password = "admin",
                            .secret = "enable",
                            .name = "r1",
                            .think_ns = data[2] & 64 ? 1000 : 0};
    play(&whole, &device, data, size, false);
    play(&apart, &device, data, size, true);
    /* Where time stops an answer, what was typed meanwhile matters; and a kernel echoes it. */
    if (!takes_for_ever(&device) && device.misbehaviour != MIS_STALLS_OUTPUT) {
        require(whole.commands == apart.commands && whole.cli.state == apart.cli.state);
        require(whole.said.len == apart.said.len &&
                memcmp(buf_bytes(&whole.said), buf_bytes(&apart.said), whole.said.len) == 0);
    }
    end(&whole);
    end(&apart);
    return 0;
}
