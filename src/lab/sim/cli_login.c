/* From the connection to the first prompt. */
#include "lab/sim/cli.h"

#include <stdio.h>
#include <string.h>

#define GREETING_PAUSE_NS INT64_C(400000000)
#define CHANGES_MAX       3

static void ask_user(struct cli *c)
{
    const struct persona_telnet *t = &c->device->persona->telnet;
    c->state = say_is_empty(&t->user) ? CLI_PASSWORD : CLI_USER;
    cli_say(c, c->state == CLI_USER ? &t->user : &t->password);
}

void cli_open_telnet(struct cli *c, struct mono now)
{
    (void)now;
    c->is_telnet = true;
    cli_say(c, &c->device->persona->telnet.greeting);
    ask_user(c);
}

void cli_set_no_free_line(struct cli *c)
{
    cli_say(c, &c->device->persona->no_free_line);
    cli_finish(c, CLI_HUNG_UP);
}

void cli_open_shell(struct cli *c, const char *user, bool has_free_line, struct mono now)
{
    snprintf(c->user, sizeof c->user, "%s", user);
    if (has_free_line)
        cli_welcome(c, now);
    else
        cli_set_no_free_line(c);
}

/* The password was looked at for as long as the device takes for that. */
void cli_login_checked(struct cli *c, struct mono now)
{
    const struct persona_telnet *t = &c->device->persona->telnet;
    if (c->is_right) {
        cli_welcome(c, now);
        return;
    }
    bool is_last = ++c->tries >= t->attempts;
    cli_say(c, is_last && !say_is_empty(&t->locked_out) ? &t->locked_out : &t->refused);
    if (is_last)
        cli_finish(c, CLI_HUNG_UP);
    else
        ask_user(c);
}

static void change_password(struct cli *c)
{
    if (++c->tries > CHANGES_MAX)
        cli_finish(c, CLI_HUNG_UP);
    else
        cli_say(c, &c->device->persona->password_expired);
}

void cli_login_line(struct cli *c, const char *line, struct mono now)
{
    switch (c->state) {
    case CLI_USER:
        snprintf(c->user, sizeof c->user, "%s", line);
        c->state = CLI_PASSWORD;
        cli_say(c, &c->device->persona->telnet.password);
        break;
    case CLI_PASSWORD:
        /* Where no name is asked, the password alone decides. */
        if (say_is_empty(&c->device->persona->telnet.user))
            snprintf(c->user, sizeof c->user, "%s", c->device->user);
        c->is_right = c->hooks.check(c->hooks.ctx, c->user, line, now);
        if (c->state != CLI_OVER)
            cli_wait(c, CLI_CHECKING, now, c->device->login_delay_ns);
        break;
    case CLI_CHANGE:
        change_password(c);
        break;
    default: /* CLI_RETURN */
        cli_say(c, &c->device->persona->motd);
        cli_prompt(c);
    }
}

void cli_greeting_goes_on(struct cli *c, struct mono now)
{
    static const char rest[] = " is what a prompt looks like here\n\n";
    (void)now;
    cli_put(c, rest, sizeof rest - 1);
    cli_prompt(c);
}

/* In, and nothing seen yet. */
void cli_welcome(struct cli *c, struct mono now)
{
    const struct persona *p = c->device->persona;
    c->tries = 0;
    switch (c->device->misbehaviour) {
    case MIS_NO_FREE_LINE:
        cli_set_no_free_line(c);
        return;
    case MIS_STALLS_LOGIN:
        c->state = CLI_STALLED;
        return;
    case MIS_PASSWORD_CHANGE:
        c->state = CLI_CHANGE;
        change_password(c);
        return;
    case MIS_PRESS_RETURN:
        c->state = CLI_RETURN;
        cli_say(c, &p->press_return);
        return;
    case MIS_BANNER_LIKE_PROMPT:
        cli_say(c, &p->motd);
        cli_put(c, "\n", 1);
        cli_prompt(c);
        cli_wait(c, CLI_GREETING, now, GREETING_PAUSE_NS);
        return;
    default:
        cli_say(c, &p->motd);
        cli_prompt(c);
    }
}
