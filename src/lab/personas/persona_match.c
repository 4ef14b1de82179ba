/* Which command a typed line means, and what it says. */
#include "lab/personas/persona.h"

#include <string.h>

struct word {
    size_t start, len;
};

#define LINE_WORDS_MAX 32

static unsigned split(const char *line, struct word *words)
{
    unsigned n = 0;
    size_t at = 0;
    while (n < LINE_WORDS_MAX) {
        at += strspn(line + at, " \t");
        if (!line[at])
            break;
        words[n] = (struct word){at, strcspn(line + at, " \t")};
        at += words[n++].len;
    }
    return n;
}

/* How a word fits one of a command. What is further down is meant rather. */
enum fit { FIT_NOT, FIT_REST, FIT_ANY, FIT_BEGINNING, FIT_WHOLE };

static enum fit fit_of(const struct persona *p, const char *want, const char *have, size_t len)
{
    if (strncmp(want, have, len) == 0 && want[len] == '\0')
        return FIT_WHOLE;
    if (strcmp(want, "**") == 0)
        return FIT_REST;
    if (strcmp(want, "*") == 0)
        return FIT_ANY;
    return p->abbreviates && strncmp(want, have, len) == 0 ? FIT_BEGINNING : FIT_NOT;
}

struct typed {
    const char *line;
    struct word words[LINE_WORDS_MAX];
    unsigned n;
};

/* How many words of the line fit the command, from the first on; fits says how each does. */
static unsigned fits_of(const struct persona *p, const struct persona_command *c,
                        const struct typed *t, enum fit *fits)
{
    unsigned n = 0;
    for (; n < t->n && n < c->n_words; n++) {
        fits[n] = fit_of(p, c->words[n], t->line + t->words[n].start, t->words[n].len);
        if (fits[n] == FIT_NOT)
            return n;
    }
    return n == c->n_words && c->takes_rest ? t->n : n;
}

/* Above 0 where the first of two that fit the line is meant rather: by the first word, from the
 * left, that fits them differently well. */
static int compare(const enum fit *a, const enum fit *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] > b[i] ? 1 : -1;
    return 0;
}

/* The command whose text is the line, among those that are no words. */
static const struct persona_command *literal(const struct persona *p, int mode, const char *line)
{
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        if (c->n_words == 0 && (c->modes & 1u << mode) != 0 && strcmp(c->text, line) == 0)
            return c;
    }
    return NULL;
}

enum persona_match persona_match(const struct persona *p, int mode, const char *line,
                                 const struct persona_command **command, size_t *bad_at)
{
    struct typed typed = {.line = line};
    unsigned most = 0, found = 0;
    enum fit best[PERSONA_WORDS_MAX] = {FIT_NOT}, fits[PERSONA_WORDS_MAX];
    bool is_beginning = false;
    typed.n = split(line, typed.words);
    *command = literal(p, mode, line);
    if (*command)
        return MATCH_ONE;
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        if ((c->modes & 1u << mode) == 0)
            continue;
        unsigned fit = fits_of(p, c, &typed, memset(fits, 0, sizeof fits));
        most = fit > most ? fit : most;
        is_beginning = is_beginning || fit == typed.n;
        if (fit != typed.n || typed.n < c->n_words)
            continue;
        int better = found ? compare(fits, best, PERSONA_WORDS_MAX) : 1;
        if (better < 0)
            continue;
        found = better > 0 ? 1 : found + 1;
        *command = c;
        memcpy(best, fits, sizeof best);
    }
    *bad_at = most < typed.n ? typed.words[most].start : strlen(line);
    if (found > 1)
        *command = NULL;
    return found == 1     ? MATCH_ONE
           : found > 1    ? MATCH_AMBIGUOUS
           : is_beginning ? MATCH_INCOMPLETE
                          : MATCH_NONE;
}

int persona_output(const struct persona *p, const struct persona_command *command,
                   const struct say_world *world, struct buf *b)
{
    struct say_world row = *world;
    bool is_first = !world->mode || strcmp(world->mode, p->modes[0].name) == 0;
    if (is_first && say_to(&p->before_output, world, b) != 0)
        return -1;
    for (size_t i = 0; i < command->n_parts; i++) {
        const struct persona_part *part = &command->parts[i];
        for (row.row = 0; row.row < part->repeat; row.row++)
            if (say_to(&part->text, &row, b) != 0)
                return -1;
    }
    return 0;
}
