/* A command: found, its question asked, its time waited, its end. */
#include "lab/sim/cli.h"

#include <stdio.h>
#include <string.h>

static void say_error(struct cli *c, enum persona_match match, const char *line, size_t bad_at)
{
    const struct persona *p = c->device->persona;
    struct say_world world = cli_world(c);
    char word[CLI_LINE_MAX + 1];
    const struct say *say = match == MATCH_INCOMPLETE  ? &p->incomplete
                            : match == MATCH_AMBIGUOUS ? &p->ambiguous
                                                       : &p->unknown;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(line + bad_at, " "), line + bad_at);
    world.input = line;
    world.word = word;
    world.caret = c->column + bad_at;
    struct buf text;
    buf_init(&text, CLI_OUT_MAX);
    if (say_to(say, &world, &text) == 0)
        cli_put(c, buf_bytes(&text), text.len);
    else
        cli_finish(c, CLI_HUNG_UP);
    buf_free(&text);
    c->exit_status = (int)p->error_status;
}

static void think(struct cli *c, struct mono now)
{
    bool says = c->command->n_parts > 0;
    int64_t ns = c->command->think_ms * 1000000 + (says ? c->device->think_ns : 0);
    if (ns > 0)
        cli_wait(c, CLI_THINKING, now, ns);
    else
        cli_begin_output(c, now);
}

void cli_run(struct cli *c, const char *line, struct mono now)
{
    size_t bad_at = 0, n = strlen(line);
    char text[CLI_LINE_MAX + 1];
    while (n > 0 && line[n - 1] == ' ')
        n--;
    snprintf(text, sizeof text, "%.*s", (int)n, line);
    buf_free(&c->line);
    c->command = NULL;
    if (text[strspn(text, " ")] == '\0') {
        cli_end_command(c, now);
        return;
    }
    c->commands++;
    c->exit_status = 0;
    c->tries = 0;
    c->hooks.command(c->hooks.ctx, text);
    enum persona_match match =
        persona_match(c->device->persona, c->mode, text, &c->command, &bad_at);
    if (match != MATCH_ONE) {
        c->command = NULL;
        say_error(c, match, text, bad_at);
        cli_end_command(c, now);
    } else if (c->command->ask.is_set) {
        c->state = CLI_ANSWER;
        c->holds = false;
        cli_say(c, &c->command->ask.prompt);
    } else {
        think(c, now);
    }
}

void cli_answer(struct cli *c, const char *line, struct mono now)
{
    const struct persona_ask *ask = &c->command->ask;
    const char *right = ask->expects == EXPECTS_SECRET     ? c->device->secret
                        : ask->expects == EXPECTS_PASSWORD ? c->device->password
                                                           : line;
    if (strcmp(line, right) == 0) {
        think(c, now);
        return;
    }
    if (++c->tries < ask->attempts) {
        cli_say(c, &ask->wrong);
        cli_say(c, &ask->prompt);
        return;
    }
    cli_say(c, &ask->failed);
    c->command = NULL;
    cli_end_command(c, now);
}

static void act(struct cli *c)
{
    const struct persona_command *command = c->command;
    bool is_stubborn = c->device->misbehaviour == MIS_STUBBORN_PAGER;
    c->exit_status = (int)command->exit_status;
    if (command->enters >= 0)
        c->mode = command->enters;
    if (command->pager != PAGER_STAYS && !is_stubborn)
        c->pages = command->pager == PAGER_ON && c->device->persona->pager.is_set;
}

void cli_end_command(struct cli *c, struct mono now)
{
    const struct persona_command *command = c->command;
    (void)now;
    if (c->state == CLI_OVER)
        return;
    if (command)
        act(c);
    if (command && command->logs_out)
        cli_say(c, &command->logout);
    if (c->is_exec || (command && command->logs_out)) {
        cli_finish(c, CLI_LOGGED_OUT);
        return;
    }
    cli_prompt(c);
    if (cli_shows(c) && c->device->misbehaviour == MIS_LAST_WORDS)
        cli_finish(c, CLI_LAST_WORDS);
    if (command && command->n_parts > 0 && c->device->misbehaviour == MIS_LOG_LINES) {
        cli_put(c, "\n", 1);
        cli_say(c, &c->device->persona->log_line);
    }
}
