/* An output on its way: pages, and what can go wrong in the middle of it. */
#include "lab/sim/cli.h"

#include <stdio.h>
#include <string.h>

#define PROMPT_PAUSE_NS INT64_C(1200000000)
#define DRIP_NS         INT64_C(1000000000)
#define ENDLESS_LINES   64

/* Behind a prompt that is none. */
static const char false_prompt_tail[] = " is what a prompt looks like here\n";

/* The prompt's last line, as text without line ends. */
static void add_prompt(struct cli *c, struct buf *b)
{
    struct say_world world = cli_world(c);
    struct buf prompt;
    buf_init(&prompt, CLI_LINE_MAX);
    if (say_to(&c->device->persona->modes[c->mode].prompt, &world, &prompt) == 0) {
        const char *last = strrchr(buf_bytes(&prompt), '\n');
        buf_add_str(b, last ? last + 1 : buf_bytes(&prompt));
    }
    buf_free(&prompt);
}

/* Where the line ends that holds the middle of a text. */
static size_t middle(const char *text, size_t n)
{
    const char *lf = memchr(text + n / 2, '\n', n - n / 2);
    return lf ? (size_t)(lf - text) + 1 : n / 2;
}

/* Its prompt inside a line, then at a line's start. A \1 stands where the pause is; no text of a
 * persona that is not bytes on purpose holds one, and the first counts. */
static void add_false_prompts(struct cli *c, struct buf *text)
{
    struct buf out;
    size_t half = middle(buf_bytes(text), text->len);
    buf_init(&out, CLI_OUT_MAX);
    buf_add(&out, buf_bytes(text), half);
    buf_add_str(&out, "the prompt ");
    add_prompt(c, &out);
    buf_add_str(&out, " stands in this line\n");
    add_prompt(c, &out);
    buf_add_char(&out, '\1');
    buf_add_str(&out, false_prompt_tail);
    buf_add(&out, buf_bytes(text) + half, text->len - half);
    buf_free(text);
    *text = out;
}

static void add_bad_bytes(struct buf *text)
{
    static const char bad[] = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07 nul \0 utf-8 \xff\xfe\xc3( "
                              "\xed\xa0\x80 bell \x07 backspace x\by\n";
    struct buf out;
    size_t half = middle(buf_bytes(text), text->len);
    buf_init(&out, CLI_OUT_MAX);
    buf_add(&out, buf_bytes(text), half);
    buf_add(&out, bad, sizeof bad - 1);
    buf_add(&out, buf_bytes(text) + half, text->len - half);
    buf_free(text);
    *text = out;
}

bool cli_shows(const struct cli *c)
{
    return c->command && c->command->n_parts > 0 && c->command->pager == PAGER_STAYS;
}

void cli_begin_output(struct cli *c, struct mono now)
{
    const struct persona_command *command = c->command;
    struct say_world world = cli_world(c);
    struct buf text;
    buf_init(&text, CLI_OUT_MAX);
    if (persona_output(c->device->persona, command, &world, &text) != 0)
        cli_finish(c, CLI_HUNG_UP);
    if (cli_shows(c) && c->device->misbehaviour == MIS_PROMPT_IN_OUTPUT)
        add_false_prompts(c, &text);
    if (cli_shows(c) && c->device->misbehaviour == MIS_BAD_BYTES)
        add_bad_bytes(&text);
    if ((command->is_raw ? buf_add(&c->later, buf_bytes(&text), text.len)
                         : cli_convert(c, buf_bytes(&text), text.len, &c->later)) != 0)
        cli_finish(c, CLI_HUNG_UP);
    buf_free(&text);
    if (c->state != CLI_OVER)
        cli_flow(c, now);
}

static void show(struct cli *c, size_t n)
{
    cli_put_raw(c, buf_bytes(&c->later), n);
    buf_drop_front(&c->later, n);
}

/* Bytes of the next `rows` lines; all that is left where there are no more. has_tail: a CR behind
 * the LF is part of the line's end, and not of the next line. */
static size_t lines(const struct buf *text, size_t rows, bool has_tail)
{
    const char *at = buf_bytes(text), *end = at + text->len;
    for (; rows > 0 && at < end; rows--) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        at = lf ? lf + 1 : end;
        if (has_tail && at < end && *at == '\r')
            at++;
    }
    return (size_t)(at - buf_bytes(text));
}

static size_t page_rows(const struct cli *c)
{
    const struct persona_pager *pager = &c->device->persona->pager;
    size_t rows = pager->window && c->rows ? c->rows : (size_t)pager->rows;
    return rows > 2 ? rows - 1 : 1;
}

static void show_lines(struct cli *c, size_t rows, struct mono now)
{
    bool has_tail = c->device->misbehaviour == MIS_LF_CR;
    show(c, c->pages ? lines(&c->later, rows, has_tail) : c->later.len);
    if (c->later.len > 0) {
        cli_say(c, &c->device->persona->pager.text);
        c->state = CLI_MORE;
        c->holds = false;
        return;
    }
    buf_free(&c->later);
    cli_end_command(c, now);
}

/* True where the misbehaviour took over. */
static bool goes_wrong(struct cli *c, struct mono now)
{
    size_t half = middle(buf_bytes(&c->later), c->later.len);
    const char *pause;
    switch (c->device->misbehaviour) {
    case MIS_STALLS_OUTPUT:
        show(c, half);
        c->state = CLI_STALLED;
        c->holds = false;
        return true;
    case MIS_CLOSES_OUTPUT:
        show(c, half);
        cli_finish(c, CLI_HUNG_UP);
        return true;
    case MIS_DRIPS:
        cli_wait(c, CLI_DRIPPING, now, DRIP_NS);
        return true;
    case MIS_ENDLESS:
        show(c, c->later.len);
        c->state = CLI_ENDLESS;
        return true;
    case MIS_PROMPT_IN_OUTPUT:
        pause = memchr(buf_bytes(&c->later), '\1', c->later.len);
        if (!pause)
            return false;
        show(c, (size_t)(pause - buf_bytes(&c->later)));
        buf_drop_front(&c->later, 1);
        cli_wait(c, CLI_PAUSED, now, PROMPT_PAUSE_NS);
        return true;
    default:
        return false;
    }
}

void cli_flow(struct cli *c, struct mono now)
{
    if (cli_shows(c) && c->later.len > 0 && goes_wrong(c, now))
        return;
    show_lines(c, page_rows(c), now);
}

void cli_key(struct cli *c, char key, struct mono now)
{
    const struct persona_pager *pager = &c->device->persona->pager;
    bool is_page = key && strchr(pager->next_page, key),
         is_line = key && strchr(pager->next_line, key);
    bool is_quit = key && strchr(pager->quit, key);
    if (!is_page && !is_line && !is_quit)
        return;
    cli_say(c, &pager->erase);
    if (is_quit)
        buf_free(&c->later);
    show_lines(c, is_page ? page_rows(c) : 1, now);
}

void cli_drip(struct cli *c, struct mono now)
{
    show(c, 1);
    if (c->later.len > 0)
        cli_wait(c, CLI_DRIPPING, now, DRIP_NS);
    else
        cli_end_command(c, now);
}

void cli_say_more(struct cli *c)
{
    for (int i = 0; i < ENDLESS_LINES; i++) {
        char line[80];
        int n = snprintf(line, sizeof line, "and this is line %u of an output without end\n",
                         ++c->endless);
        cli_put(c, line, (size_t)n);
    }
}
