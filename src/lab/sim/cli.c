#include "lab/sim/cli.h"

#include <stdio.h>
#include <string.h>

/* How each misbehaviour ends its lines. */
static const char *line_end_of(const struct cli *c)
{
    switch (c->device->misbehaviour) {
    case MIS_CR_ONLY:
        return "\r\r\n";
    case MIS_LF_CR:
        return "\n\r";
    default:
        /* Without a terminal there is none to turn LF into CR LF. */
        return c->is_exec ? "\n" : c->device->persona->line_end;
    }
}

void cli_init(struct cli *c, const struct device *device, const char *client,
              const struct cli_hooks *hooks)
{
    *c = (struct cli){.device = device, .client = client, .hooks = *hooks, .due = MONO_NEVER};
    c->pages = device->persona->pager.is_set;
    c->is_drained_often = device->misbehaviour == MIS_ONE_BYTE;
    buf_init(&c->typed, CLI_TYPED_MAX);
    buf_init(&c->line, CLI_LINE_MAX);
    buf_init(&c->out, CLI_OUT_MAX);
    buf_init(&c->later, CLI_OUT_MAX);
}

void cli_free(struct cli *c)
{
    buf_free(&c->typed);
    buf_free(&c->line);
    buf_free(&c->out);
    buf_free(&c->later);
}

void cli_finish(struct cli *c, enum cli_end end)
{
    c->state = CLI_OVER;
    c->end = end;
    c->due = MONO_NEVER;
    c->holds = false;
}

void cli_wait(struct cli *c, enum cli_state state, struct mono now, int64_t ns)
{
    c->state = state;
    c->due = (struct mono){now.ns + ns};
}

struct say_world cli_world(const struct cli *c)
{
    struct say_world world = device_world(c->device);
    if (c->user[0])
        world.user = c->user;
    world.client = c->client;
    world.mode = c->device->persona->modes[c->mode].name;
    return world;
}

/* A device that has no memory left hangs up. */
static void check(struct cli *c, int rc)
{
    if (rc != 0)
        cli_finish(c, CLI_HUNG_UP);
}

void cli_put_raw(struct cli *c, const char *bytes, size_t n)
{
    check(c, buf_add(&c->out, bytes, n));
}

int cli_convert(const struct cli *c, const char *bytes, size_t n, struct buf *b)
{
    /* The only line end with a NUL in it, so it has no place among texts. */
    static const char cr_nul[] = {'\r', '\0', '\n'};
    bool is_cr_nul = c->device->misbehaviour == MIS_CR_NUL;
    const char *end = is_cr_nul ? cr_nul : line_end_of(c);
    size_t end_len = is_cr_nul ? sizeof cr_nul : strlen(end);
    while (n > 0) {
        const char *lf = memchr(bytes, '\n', n);
        size_t part = lf ? (size_t)(lf - bytes) : n;
        if (buf_add(b, bytes, part) != 0 || (lf && buf_add(b, end, end_len) != 0))
            return -1;
        part += lf != NULL;
        bytes += part;
        n -= part;
    }
    return 0;
}

void cli_put(struct cli *c, const char *bytes, size_t n)
{
    check(c, cli_convert(c, bytes, n, &c->out));
}

void cli_say(struct cli *c, const struct say *say)
{
    struct say_world world = cli_world(c);
    struct buf text;
    buf_init(&text, CLI_OUT_MAX);
    check(c, say_to(say, &world, &text));
    cli_put(c, buf_bytes(&text), text.len);
    buf_free(&text);
}

/* A counter in front of the prompt's last sign, as some devices count their commands. */
static int add_counter(const struct cli *c, struct buf *prompt)
{
    char tail[CLI_LINE_MAX + 1];
    size_t at = prompt->len;
    while (at > 0 && strchr(" >#$%]", buf_bytes(prompt)[at - 1]))
        at--;
    snprintf(tail, sizeof tail, "%s", buf_bytes(prompt) + at);
    buf_truncate(prompt, at);
    return buf_addf(prompt, "-%u%s", c->commands, tail);
}

static void make_prompt(struct cli *c, struct buf *prompt)
{
    struct say_world world = cli_world(c);
    buf_init(prompt, CLI_LINE_MAX);
    check(c, say_to(&c->device->persona->modes[c->mode].prompt, &world, prompt));
    if (c->device->misbehaviour == MIS_CHANGING_PROMPT)
        check(c, add_counter(c, prompt));
}

void cli_prompt_again(struct cli *c)
{
    struct buf prompt;
    make_prompt(c, &prompt);
    const char *last = strrchr(buf_bytes(&prompt), '\n');
    const char *text = last ? last + 1 : buf_bytes(&prompt);
    cli_put_raw(c, text, strlen(text));
    buf_free(&prompt);
}

void cli_prompt(struct cli *c)
{
    struct buf prompt;
    make_prompt(c, &prompt);
    const char *text = buf_bytes(&prompt);
    const char *last = strrchr(text, '\n');
    cli_put(c, text, prompt.len);
    c->column = (unsigned)(last ? strlen(last + 1) : prompt.len);
    buf_free(&prompt);
    if (c->state != CLI_OVER)
        c->state = CLI_LINE;
    c->due = MONO_NEVER;
    c->holds = false;
}

void cli_open_exec(struct cli *c, const char *user, const char *line, struct mono now)
{
    c->is_exec = true;
    c->pages = false;
    snprintf(c->user, sizeof c->user, "%s", user);
    cli_run(c, line, now);
}

void cli_input(struct cli *c, const char *bytes, size_t n, struct mono now)
{
    size_t part;
    do {
        size_t room = CLI_TYPED_MAX - c->typed.len;
        if (c->state == CLI_OVER)
            return;
        part = n < room ? n : room;
        if (cli_kernel_takes(c)) {
            cli_kernel_input(c, bytes, n);
            part = n;
        } else {
            check(c, buf_add(&c->typed, bytes, part));
        }
        cli_read(c, now);
        bytes += part;
        n -= part;
    } while (n > 0 && part > 0);
}

/* What waited for its time. */
static void act(struct cli *c, struct mono now)
{
    c->due = MONO_NEVER;
    switch (c->state) {
    case CLI_CHECKING:
        cli_login_checked(c, now);
        break;
    case CLI_LATE:
        cli_put_raw(c, buf_bytes(&c->line), c->line.len);
        cli_put(c, "\n", 1);
        cli_say(c, &c->device->persona->input_done);
        cli_run(c, buf_bytes(&c->line), now);
        break;
    case CLI_THINKING:
        cli_begin_output(c, now);
        break;
    case CLI_PAUSED:
        cli_flow(c, now);
        break;
    case CLI_DRIPPING:
        cli_drip(c, now);
        break;
    case CLI_GREETING:
        cli_greeting_goes_on(c, now);
        break;
    default:
        break;
    }
}

void cli_tick(struct cli *c, struct mono now)
{
    if (mono_reached(now, c->due))
        act(c, now);
    if (c->state == CLI_ENDLESS && c->out.len == 0)
        cli_say_more(c);
    cli_read(c, now);
}
