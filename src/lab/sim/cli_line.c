/* What is typed: keys, line editing, echo. */
#include "lab/sim/cli.h"

#include <string.h>

#define WRAP_COLUMNS 24
#define LATE_NS      INT64_C(333000000)

enum { KEY_INTERRUPT = 0x03, KEY_BS = 0x08, KEY_KILL = 0x15, KEY_DEL = 0x7f };

static bool reads_line(const struct cli *c)
{
    switch (c->state) {
    case CLI_USER:
    case CLI_PASSWORD:
    case CLI_RETURN:
    case CLI_CHANGE:
    case CLI_LINE:
    case CLI_ANSWER:
        return true;
    default:
        return false;
    }
}

static bool echoes(const struct cli *c)
{
    enum misbehaviour m = c->device->misbehaviour;
    switch (c->state) {
    case CLI_USER:
        return true;
    case CLI_LINE:
        return c->device->persona->echo && m != MIS_ECHO_OFF && m != MIS_ECHO_LATE;
    case CLI_ANSWER:
        return c->command->ask.expects == EXPECTS_ANY;
    default:
        return false;
    }
}

/* Readline, at the right margin: the sign, a blank to make the terminal wrap, CR. */
static void echo_sign(struct cli *c, char sign)
{
    if (!echoes(c))
        return;
    cli_put_raw(c, &sign, 1);
    if (c->device->misbehaviour == MIS_ECHO_WRAPPED &&
        (c->column + c->line.len) % WRAP_COLUMNS == 0)
        cli_put_raw(c, " \r", 2);
}

static void take_back(struct cli *c)
{
    if (c->line.len == 0)
        return;
    buf_truncate(&c->line, c->line.len - 1);
    if (echoes(c))
        cli_put_raw(c, "\b \b", 3);
}

static void enter(struct cli *c, struct mono now)
{
    enum cli_state state = c->state;
    char line[CLI_LINE_MAX + 1];
    size_t n = c->line.len;
    bool is_late = state == CLI_LINE && c->device->misbehaviour == MIS_ECHO_LATE;
    if (is_late) {
        cli_wait(c, CLI_LATE, now, LATE_NS);
        return;
    }
    memcpy(line, buf_bytes(&c->line), n);
    line[n] = '\0';
    buf_truncate(&c->line, 0);
    /* Even where nothing is echoed the line ends: what follows begins a new one. */
    cli_put(c, "\n", 1);
    if (state == CLI_LINE) {
        cli_say(c, &c->device->persona->input_done);
        cli_run(c, line, now);
    } else if (state == CLI_ANSWER) {
        cli_answer(c, line, now);
    } else {
        cli_login_line(c, line, now);
    }
    explicit_bzero(line, sizeof line);
}

static void key(struct cli *c, char sign, struct mono now)
{
    /* CR, LF, CR LF and CR NUL all end a line, once. */
    bool is_second = c->after_cr && (sign == '\n' || sign == '\0');
    c->after_cr = sign == '\r';
    if (is_second)
        return;
    if (c->state == CLI_MORE) {
        cli_key(c, sign, now);
        return;
    }
    if (c->device->misbehaviour == MIS_ONE_SEGMENT && c->state == CLI_LINE)
        c->holds = true;
    switch (sign) {
    case '\r':
    case '\n':
        enter(c, now);
        break;
    case KEY_BS:
    case KEY_DEL:
        take_back(c);
        break;
    case KEY_INTERRUPT:
    case KEY_KILL:
        while (c->line.len > 0)
            take_back(c);
        break;
    default:
        if ((unsigned char)sign >= 0x20 && c->line.len < CLI_LINE_MAX &&
            buf_add_char(&c->line, sign) == 0)
            echo_sign(c, sign);
    }
}

void cli_read(struct cli *c, struct mono now)
{
    c->is_full = false;
    while (c->typed.len > 0 && (reads_line(c) || c->state == CLI_MORE)) {
        /* What is held goes out only when more was read. */
        c->is_full = c->out.len >= CLI_OUT_ENOUGH && !c->holds;
        if (c->is_full)
            return;
        char sign = buf_bytes(&c->typed)[0];
        buf_drop_front(&c->typed, 1);
        key(c, sign, now);
    }
    if (c->typed.len == 0)
        buf_free(&c->typed);
}
