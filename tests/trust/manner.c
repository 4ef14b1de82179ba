#include "tests/trust/manner.h"

#include "tests/trust/oddity.h"

#include <stdio.h>
#include <string.h>

const struct way *manner_way(const struct manner *m)
{
    return &ways[m->platform];
}

const char *manner_line_end(const struct manner *m)
{
    const char *own = manner_way(m)->line_end;
    return m->telnet ? "\r\n" : own ? own : "\n";
}

const char *terminal_name(enum terminal t)
{
    static const char *const names[] = {"device", "readline", "kernel", "none"};
    return names[t];
}

static bool odd(struct random *r, unsigned per_mille, enum oddity o, uint64_t *odds)
{
    bool yes = random_chance(r, per_mille);
    if (yes)
        *odds |= 1ull << o;
    return yes;
}

static const char *one_of(struct random *r, const char *const *list, unsigned max)
{
    unsigned n = 0;
    while (n < max && list[n])
        n++;
    return n ? list[random_below(r, n)] : NULL;
}

static void choose_prompt(struct manner *m, struct random *r, unsigned rare, uint64_t *odds)
{
    const struct way *w = manner_way(m);
    const char *prompt = one_of(r, w->prompts, 4), *changing = one_of(r, w->changing, 2);
    if (changing && odd(r, random_often(15, rare), ODD_CHANGING_PROMPT, odds))
        prompt = changing;
    snprintf(m->prompt, sizeof m->prompt, "%s", prompt);
    const char *upper = one_of(r, w->uppers, 2);
    if (upper && odd(r, random_often(10, rare), ODD_UPPER_LINE, odds)) {
        snprintf(m->upper, sizeof m->upper, "%s", upper);
        m->upper_blank = w->blank || (!w->unix_like && random_chance(r, 500));
    }
    m->coloured = w->unix_like && odd(r, 150, ODD_COLOURS, odds);
}

static void choose_terminal(struct manner *m, struct random *r)
{
    const struct way *w = manner_way(m);
    unsigned at = random_below(r, 1000), sum = 0;
    for (enum terminal t = 0; t < TERMINALS; t++) {
        sum += w->terminals[t];
        if (at < sum) {
            m->terminal = t;
            break;
        }
    }
    m->pasting = m->terminal == TERMINAL_READLINE && random_chance(r, 400);
    m->silent_enter = m->terminal == TERMINAL_NONE && random_chance(r, 100);
}

static void choose_line_editing(struct manner *m, struct random *r, unsigned rare, uint64_t *odds)
{
    bool reader = m->terminal == TERMINAL_DEVICE, router = manner_way(m)->key == 'd';
    if (m->terminal == TERMINAL_KERNEL)
        m->erasing = ERASE_BLANK;
    else if (m->terminal == TERMINAL_READLINE)
        m->erasing = ERASE_TO_END;
    else if (odd(r, 120, ODD_NO_ERASE, odds))
        m->erasing = ERASE_NOT;
    else
        m->erasing = (enum erasing)random_below(r, 3);
    m->width = 80;
    if (m->telnet && reader && router && odd(r, random_often(30, rare), ODD_REDRAWN, odds))
        m->redraws = true;
    else if (reader && manner_way(m)->user_prompt && odd(r, 60, ODD_SCROLLED, odds))
        m->width_style = WIDTH_SCROLLS;
    else if (m->terminal != TERMINAL_KERNEL && odd(r, 80, ODD_WRAPPED, odds))
        m->width_style = WIDTH_WRAPS;
    else if (reader && odd(r, random_often(1, rare), ODD_ECHO_TWICE, odds))
        m->echo_twice = true;
    m->double_enter = m->telnet && reader && odd(r, random_often(3, rare), ODD_DOUBLE_ENTER, odds);
    if (m->width_style != WIDTH_NONE)
        m->width = random_between(r, 36, 80);
}

void manner_make(struct manner *m, struct random *r, bool hostile, unsigned rare, uint64_t *odds)
{
    unsigned platform = m->platform;
    *m = (struct manner){.platform = platform};
    const struct way *w = manner_way(m);
    m->telnet = random_chance(r, 350);
    choose_prompt(m, r, rare, odds);
    choose_terminal(m, r);
    choose_line_editing(m, r, rare, odds);
    m->user_mode = w->user_prompt && random_chance(r, 300);
    m->pager = odd(r, 120, ODD_PAGER, odds);
    m->page_lines = random_between(r, 2, 6);
    m->wipe = random_below(r, w->wipes[1] ? 2 : 1);
    m->delay_ms = random_chance(r, 500) ? random_between(r, 0, 5) : random_between(r, 5, 60);
    m->think_ms = random_chance(r, 700) ? 0 : random_between(r, 1, 40);
    m->key_ms = odd(r, 60, ODD_TYPED_SLOWLY, odds) ? random_between(r, 1, 8) : 0;
    if (!hostile)
        return;
    m->lost_at_first = odd(r, 10, ODD_LOST_AT_FIRST, odds);
    m->lost_typed_ahead = odd(r, 20, ODD_LOST_TYPED_AHEAD, odds);
    m->banner = m->telnet && odd(r, 20, ODD_BANNER, odds) ? 1 + random_below(r, BANNERS) : 0;
}
