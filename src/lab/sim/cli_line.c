/* What is typed: keys, line editing, echo. */
#include "lab/sim/cli.h"

#include <string.h>

#define WRAP_COLUMNS 24
#define LATE_NS      INT64_C(333000000)

bool cli_reads_line(const struct cli *c)
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

bool cli_echoes(const struct cli *c)
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

/* Where the kernel edits, it has echoed already. */
static bool echoes_keys(const struct cli *c)
{
    return cli_echoes(c) && !cli_kernel_edits(c);
}

void cli_put_sign(struct cli *c, char sign)
{
    bool is_control = (unsigned char)sign < 0x20 || sign == KEY_DEL;
    char shown[2] = {'^', (char)(sign ^ 0x40)};
    cli_put_raw(c, is_control ? shown : &sign, is_control ? 2 : 1);
}

/* Readline, at the right margin: the sign, a blank to make the terminal wrap, CR. */
static void echo_sign(struct cli *c, char sign)
{
    if (!echoes_keys(c))
        return;
    cli_put_sign(c, sign);
    if (c->device->misbehaviour == MIS_ECHO_WRAPPED &&
        (c->column + c->line.len) % WRAP_COLUMNS == 0)
        cli_put_raw(c, " \r", 2);
}

static void put_times(struct cli *c, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        cli_put_raw(c, text, strlen(text));
}

/* n signs have been taken from the line. Only a command line has an editor of its own. */
static void echo_erase(struct cli *c, size_t n)
{
    const struct persona_editing *editing = &c->device->persona->editing;
    switch (c->state == CLI_LINE ? editing->erase : ERASE_BS_BLANK_BS) {
    case ERASE_BS_BLANK_BS:
        put_times(c, "\b \b", n);
        break;
    case ERASE_BS_EL:
        put_times(c, "\b", n);
        cli_say(c, &editing->el);
        break;
    case ERASE_REDRAW:
        cli_put_raw(c, "\r", 1);
        cli_prompt_again(c);
        cli_put_raw(c, buf_bytes(&c->line), c->line.len);
        cli_say(c, &editing->el);
        break;
    }
}

/* Takes up to n signs back. */
static void take_back(struct cli *c, size_t n)
{
    n = n < c->line.len ? n : c->line.len;
    buf_truncate(&c->line, c->line.len - n);
    if (!echoes_keys(c))
        return;
    if (n > 0)
        echo_erase(c, n);
    else if (c->state == CLI_LINE)
        cli_say(c, &c->device->persona->editing.erase_empty);
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
    if (!cli_kernel_edits(c) || !cli_echoes(c))
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

static void add_sign(struct cli *c, char sign)
{
    if (c->line.len < CLI_LINE_MAX && buf_add_char(&c->line, sign) == 0)
        echo_sign(c, sign);
}

/* A key that erases is a sign like any other to a device that knows of no erasing, and to a shell
 * whose kernel has left it in the line. */
static bool edits(const struct cli *c, char sign)
{
    bool erases = sign == KEY_BS || sign == KEY_DEL || sign == KEY_KILL;
    return !erases || (c->device->misbehaviour != MIS_NO_ERASE && !cli_kernel_edits(c));
}

static void edit(struct cli *c, char sign)
{
    switch (sign) {
    case KEY_BS:
    case KEY_DEL:
        take_back(c, 1);
        break;
    case KEY_INTERRUPT:
    case KEY_KILL:
        take_back(c, c->line.len);
        break;
    default:
        if ((unsigned char)sign >= 0x20)
            add_sign(c, sign);
    }
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
    if (sign == '\r' || sign == '\n')
        enter(c, now);
    else if (edits(c, sign))
        edit(c, sign);
    else
        add_sign(c, sign);
}

/* A kernel hands out whole lines. */
static bool can_read(const struct cli *c)
{
    if (c->state == CLI_MORE)
        return c->typed.len > 0;
    return cli_reads_line(c) && c->typed.len > (cli_kernel_edits(c) ? c->unfinished : 0);
}

void cli_read(struct cli *c, struct mono now)
{
    c->is_full = false;
    while (can_read(c)) {
        /* What is held goes out only when more was read. */
        c->is_full = c->out.len >= CLI_OUT_ENOUGH && !c->holds;
        if (c->is_full)
            return;
        char sign = buf_bytes(&c->typed)[0];
        buf_drop_front(&c->typed, 1);
        /* What a shell's editor has begun to read the kernel does not take back. */
        if (!cli_kernel_edits(c))
            c->unfinished = 0;
        key(c, sign, now);
    }
    if (c->typed.len == 0)
        buf_free(&c->typed);
}
