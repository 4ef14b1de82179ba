/* A Unix terminal's kernel: it edits and echoes what is typed before a program reads it.
 *
 * termios(3) with ICANON, ECHO, ECHOE, ECHOK, ECHOKE, ECHOCTL and ICRNL, as a login leaves it: DEL
 * takes a sign back, ^U what stands of the line, and BS is a sign like any other. Other special
 * characters (^W, ^V, ^D, ^C) are signs of the line here. */
#include "lab/sim/cli.h"

#include <string.h>

/* A command has the terminal. */
static bool runs_command(const struct cli *c)
{
    switch (c->state) {
    case CLI_THINKING:
    case CLI_PAUSED:
    case CLI_DRIPPING:
    case CLI_ENDLESS:
        return true;
    case CLI_STALLED:
        return c->command != NULL;
    default:
        return false;
    }
}

bool cli_kernel_edits(const struct cli *c)
{
    return c->device->persona->editing.editor == EDITED_BY_KERNEL && !c->is_exec &&
           c->device->misbehaviour != MIS_ECHO_LATE;
}

bool cli_kernel_takes(const struct cli *c)
{
    /* Without a terminal there is no such kernel, and nothing is echoed to who does not read. */
    if (c->is_exec || c->device->misbehaviour == MIS_ECHO_LATE || c->out.len >= CLI_OUT_ENOUGH)
        return false;
    if (cli_kernel_edits(c))
        return runs_command(c) || cli_reads_line(c);
    return c->device->persona->editing.editor == EDITED_BY_SHELL && runs_command(c);
}

static bool echoes(const struct cli *c)
{
    if (!runs_command(c))
        return cli_echoes(c);
    return c->device->persona->echo && c->device->misbehaviour != MIS_ECHO_OFF;
}

static bool ends_line(char sign)
{
    return sign == '\r' || sign == '\n';
}

static void echo(struct cli *c, char sign)
{
    if (!echoes(c))
        return;
    if (ends_line(sign))
        cli_put(c, "\n", 1);
    else if (sign == '\t')
        cli_put_raw(c, &sign, 1);
    else
        cli_put_sign(c, sign);
}

static void take_back(struct cli *c)
{
    char sign = buf_bytes(&c->typed)[c->typed.len - 1];
    bool is_wide = ((unsigned char)sign < 0x20 && sign != '\t') || sign == KEY_DEL;
    buf_truncate(&c->typed, c->typed.len - 1);
    c->unfinished--;
    if (echoes(c))
        cli_put_raw(c, "\b \b\b \b", is_wide ? 6 : 3);
}

static void key(struct cli *c, char sign)
{
    bool is_second = c->after_cr && (sign == '\n' || sign == '\0');
    bool erases = c->device->misbehaviour != MIS_NO_ERASE && (sign == KEY_DEL || sign == KEY_KILL);
    c->after_cr = sign == '\r';
    if (is_second)
        return;
    if (erases) {
        size_t n = sign == KEY_KILL ? c->unfinished : c->unfinished > 0;
        for (; n > 0; n--)
            take_back(c);
    } else if (c->typed.len < CLI_TYPED_MAX && buf_add_char(&c->typed, sign) == 0) {
        c->unfinished = ends_line(sign) ? 0 : c->unfinished + 1;
        echo(c, sign);
    }
}

void cli_kernel_input(struct cli *c, const char *bytes, size_t n)
{
    if (c->device->misbehaviour == MIS_ONE_SEGMENT && c->state == CLI_LINE)
        c->holds = true;
    for (size_t i = 0; i < n; i++)
        key(c, bytes[i]);
}
