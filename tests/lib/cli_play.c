#include "tests/lib/cli_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct persona_set personas;
static struct buf taken, output;

int cli_play_load(void **state)
{
    struct err e = {0};
    (void)state;
    buf_init(&taken, 1u << 24);
    buf_init(&output, 1u << 24);
    return personas_load(&personas, NULL, &e);
}

int cli_play_unload(void **state)
{
    (void)state;
    buf_free(&taken);
    buf_free(&output);
    personas_free(&personas);
    return 0;
}

static bool check(void *ctx, const char *user, const char *password, struct mono now)
{
    struct cli_play *p = ctx;
    assert_int_equal(now.ns, p->now.ns);
    p->checks++;
    return strcmp(user, p->device.user) == 0 && strcmp(password, p->device.password) == 0;
}

static void command(void *ctx, const char *line)
{
    struct cli_play *p = ctx;
    size_t len = strlen(p->commands);
    snprintf(p->commands + len, sizeof p->commands - len, "%s|", line);
}

void cli_play_init(struct cli_play *p, const char *persona, enum misbehaviour wrong)
{
    const struct cli_hooks hooks = {p, check, command};
    *p = (struct cli_play){.now = {PLAY_START_MS * INT64_C(1000000)}};
    p->device = (struct device){.persona = personas_find(&personas, persona),
                                .misbehaviour = wrong,
                                .seed = 1,
                                .user = "admin",
                                .password = "admin",
                                .secret = "enable",
                                .address = 0x7f010001,
                                .name = "r1"};
    assert_non_null(p->device.persona);
    cli_init(&p->cli, &p->device, "127.0.0.1", &hooks);
}

void cli_play_free(struct cli_play *p)
{
    cli_free(&p->cli);
}

/* As a shard does it: what is due by now is done, however often. */
static void settle(struct cli_play *p)
{
    for (int i = 0; i < 1000 && mono_reached(p->now, p->cli.due); i++)
        cli_tick(&p->cli, p->now);
}

void cli_play_telnet(struct cli_play *p)
{
    cli_open_telnet(&p->cli, p->now);
    settle(p);
}

void cli_play_shell(struct cli_play *p)
{
    cli_open_shell(&p->cli, p->device.user, true, p->now);
    settle(p);
}

void cli_play_exec(struct cli_play *p, const char *line)
{
    cli_open_exec(&p->cli, p->device.user, line, p->now);
    settle(p);
}

void cli_play_bytes(struct cli_play *p, const char *bytes, size_t n)
{
    cli_input(&p->cli, bytes, n, p->now);
    settle(p);
}

void cli_play_type(struct cli_play *p, const char *text)
{
    cli_play_bytes(p, text, strlen(text));
}

void cli_play_wait(struct cli_play *p, int64_t ms)
{
    p->now.ns += ms * 1000000;
    settle(p);
}

const char *cli_play_take(struct cli_play *p)
{
    bool is_full;
    buf_truncate(&taken, 0);
    do {
        assert_int_equal(buf_add(&taken, buf_bytes(&p->cli.out), p->cli.out.len), 0);
        buf_drop_front(&p->cli.out, p->cli.out.len);
        is_full = p->cli.is_full;
        if (is_full)
            cli_tick(&p->cli, p->now);
    } while (is_full);
    return buf_bytes(&taken);
}

void cli_play_said_bytes(struct cli_play *p, const char *bytes, size_t n)
{
    const char *text = cli_play_take(p);
    if (taken.len != n || memcmp(text, bytes, n) != 0)
        fail_msg("said %zu bytes \"%s\" and not %zu \"%s\"", taken.len, text, n, bytes);
}

void cli_play_said(struct cli_play *p, const char *text)
{
    cli_play_said_bytes(p, text, strlen(text));
}

void cli_play_said_lines(struct cli_play *p, const char *before, const char *text, unsigned first,
                         unsigned n, const char *after)
{
    struct buf want;
    buf_init(&want, 1u << 24);
    assert_int_equal(buf_add_str(&want, before), 0);
    for (unsigned line = 0; *text && line < first + n; line++) {
        size_t len = strcspn(text, "\n");
        if (line >= first)
            assert_int_equal(buf_addf(&want, "%.*s\r\n", (int)len, text), 0);
        text += len + (text[len] == '\n');
    }
    assert_int_equal(buf_add_str(&want, after), 0);
    cli_play_said_bytes(p, buf_bytes(&want), want.len);
    buf_free(&want);
}

void cli_play_dialogue(struct cli_play *p, const char *typed, const char *said)
{
    char want[8192];
    snprintf(want, sizeof want, "%.*s\r\n%s", (int)strcspn(typed, "\r\n"), typed, said);
    cli_play_type(p, typed);
    cli_play_said(p, want);
}

const char *cli_play_output(struct cli_play *p, const char *line)
{
    const struct persona_command *found;
    size_t bad_at;
    struct say_world world = cli_world(&p->cli);
    buf_truncate(&output, 0);
    assert_int_equal(persona_match(p->device.persona, p->cli.mode, line, &found, &bad_at),
                     MATCH_ONE);
    assert_int_equal(persona_output(p->device.persona, found, &world, &output), 0);
    return buf_bytes(&output);
}
