/* Outputs: ordinary lines, and what imitates prompts, pagers and questions. */
#include "tests/trust/scene.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (unsigned)(sizeof(a) / sizeof(a)[0])

static const char *const lines[] = {
    "GigabitEthernet0/0/%u    192.0.2.%u      YES manual up                    up",
    "   Internet address is 192.0.2.%u/30, MTU %u bytes",
    "Uptime is %u weeks, %u days",
    "  5 minute input rate %u bits/sec, %u packets/sec",
    "%u.%u.0.0/16 via 198.51.100.1, eth0",
    "interface Vlan%u",
    " description uplink to core %u (port %u)",
    "Serial number: FOC%uX%uA",
    "! Last configuration change at 10:%u:%u",
    "0x%04x 0x%04x <none>",
    "[%u/%u] via 10.0.0.1",
    "Total: %u entries, %u shown",
};

static const char *const foreign[] = {"CE9> ",       "<CE9>",          "peer-sw#", "up to core#",
                                      "ops@edge9> ", "[admin@gw9] > ", "tmp:/ $ ", "root@peer:~# "};

static const char *const questions[] = {
    "Do you accept the terms? (yes/no): ", "username ops password: ", "Continue? [Y/N]:",
    "banner motd Password: ", "Destination filename [startup-config]? "};

static bool odd(struct scene *s, struct random *r, unsigned per_mille, enum oddity o)
{
    bool yes = random_chance(r, per_mille);
    if (yes)
        s->odd |= 1ull << o;
    return yes;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void ordinary(struct piece *p, struct random *r)
{
    snprintf(p->text, PIECE_TEXT, lines[random_below(r, COUNT(lines))], random_below(r, 60),
             random_below(r, 250));
}
#pragma GCC diagnostic pop

static uint16_t nasty_pause(struct random *r)
{
    return (uint16_t)(random_chance(r, 600)   ? random_between(r, 5, 240)
                      : random_chance(r, 750) ? random_between(r, 240, 700)
                                              : random_between(r, 700, 1800));
}

static void colour(struct scene *s, struct random *r, struct piece *p)
{
    char plain[PIECE_TEXT];
    if (strlen(p->text) + 10 > PIECE_TEXT || !odd(s, r, 10, ODD_COLOURS))
        return;
    memcpy(plain, p->text, sizeof plain);
    snprintf(p->text, PIECE_TEXT, "\x1b[1m%.*s\x1b[0m", PIECE_TEXT - 10, plain);
}

static void log_line(struct scene *s, struct random *r, struct piece *p)
{
    const char *text = manner_way(&s->manner)->log[0];
    const char *seconds = strstr(text, "%t");
    snprintf(p->text, PIECE_TEXT, "%.*s%02u%s", (int)(seconds - text), text, random_below(r, 60),
             seconds + 2);
}

static void harmless_piece(struct scene *s, struct random *r, struct piece *p)
{
    if (odd(s, r, 30, ODD_BLANKS)) {
        snprintf(p->text, PIECE_TEXT, "%s", random_chance(r, 500) ? "" : "Name   Value   ");
    } else if (odd(s, r, 10, ODD_LOG_IN_OUTPUT)) {
        log_line(s, r, p);
    } else {
        ordinary(p, r);
        colour(s, r, p);
    }
    if (odd(s, r, 25, ODD_SLOW))
        p->before_ms = nasty_pause(r);
}

/* How such a text stands in the stream: with a pause somewhere, or within a chunk. */
static void place(struct random *r, struct piece *p, const char *in_chunk, const char *paused)
{
    bool pause = random_chance(r, 700);
    snprintf(p->text, PIECE_TEXT, "%s", pause ? paused : in_chunk);
    p->pause_ms = nasty_pause(r);
    if (random_chance(r, 250))
        p->before_ms = nasty_pause(r);
}

static void hostile_piece(struct scene *s, struct random *r, struct piece *p, struct piece *next)
{
    static const struct {
        unsigned weight;
        enum oddity odd;
        const char *in_chunk, *paused;
    } kinds[] = {
        {200, ODD_PROMPT_LINE, "\2", "\2\1"},
        {160, ODD_PROMPT_OPEN, "\2 is a prompt", "\2\1 is a prompt"},
        {110, ODD_PROMPT_BLANK, "\2", "\2\1"},
        {70, ODD_PROMPT_NEXT, "\2\3", "\2\1\3"},
        {40, ODD_PROMPT_NEXT, "\2\4", "\2\1\4"},
        {150, ODD_PAGER_TEXT, "\5", "\5\1"},
        {0, ODD_FOREIGN, NULL, NULL},
    };
    unsigned at = random_below(r, 1000), sum = 0, i = 0;
    while (i < 6 && at >= (sum += kinds[i].weight))
        i++;
    if (i < 6) {
        s->odd |= 1ull << kinds[i].odd;
        place(r, p, kinds[i].in_chunk, kinds[i].paused);
        if (kinds[i].odd == ODD_PROMPT_BLANK)
            next->text[0] = '\0';
        return;
    }
    bool question = random_chance(r, 400);
    s->odd |= 1ull << (question ? ODD_QUESTION : ODD_FOREIGN);
    unsigned n = question ? COUNT(questions) : COUNT(foreign);
    snprintf(p->text, PIECE_TEXT, "%s\1%s", (question ? questions : foreign)[random_below(r, n)],
             random_chance(r, 500) ? "yes" : "");
    p->pause_ms = nasty_pause(r);
}

/* The last line: without its end, long, or the prompt's own text. */
static void last_piece(struct scene *s, struct random *r, struct script_command *c)
{
    struct piece *p = &c->pieces[c->n - 1];
    if (*s->manner.upper)
        return; /* an upper line behind text: not modelled */
    if (odd(s, r, 8, ODD_NO_LAST_LF)) {
        p->no_line_end = true;
        p->text[0] ? (void)0 : ordinary(p, r);
    } else if (s->hostile && odd(s, r, 8, ODD_LONG_LAST)) {
        *p = (struct piece){.text = "\6", .no_line_end = true};
    } else if (s->hostile && odd(s, r, 12, ODD_PROMPT_LAST)) {
        *p = (struct piece){.text = "\2", .no_line_end = true};
        c->prompt_ms = nasty_pause(r);
    } else if (s->hostile && odd(s, r, 6, ODD_FOREIGN)) {
        *p = (struct piece){.no_line_end = true};
        snprintf(p->text, PIECE_TEXT, "%s", foreign[random_below(r, COUNT(foreign))]);
        c->prompt_ms = nasty_pause(r);
    }
}

void content_make(struct scene *s, struct random *r, unsigned command)
{
    struct script_command *c = &s->commands[command];
    c->n = random_chance(r, 40) ? 0 : 1 + random_below(r, 9);
    for (unsigned i = 0; i < c->n; i++)
        harmless_piece(s, r, &c->pieces[i]);
    if (s->hostile && c->n > 0 && random_chance(r, 330)) {
        unsigned at = random_below(r, c->n);
        hostile_piece(s, r, &c->pieces[at], &c->pieces[at + 1]);
    }
    if (c->n > 0)
        last_piece(s, r, c);
    if (odd(s, r, 15, ODD_SLOW))
        c->prompt_ms = nasty_pause(r);
}
