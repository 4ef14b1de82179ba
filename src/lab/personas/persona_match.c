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

/* The best so far of the commands that fit. */
struct contest {
    const struct persona_command *best;
    enum fit fits[PERSONA_WORDS_MAX];
    unsigned
        differs; /* the first typed word that may be one of two of them as well; or the bound */
};

static void enter(struct contest *contest, const struct persona_command *c, const enum fit *fits)
{
    int better = contest->best ? compare(fits, contest->fits, PERSONA_WORDS_MAX) : 1;
    if (better > 0) {
        *contest = (struct contest){.best = c, .differs = PERSONA_WORDS_MAX};
        memcpy(contest->fits, fits, sizeof contest->fits);
    }
    for (unsigned i = 0; better == 0 && i < contest->differs && fits[i] != FIT_NOT; i++)
        if (strcmp(c->words[i], contest->best->words[i]) != 0)
            contest->differs = i;
}

enum persona_match persona_match(const struct persona *p, int mode, const char *line,
                                 const struct persona_command **command, size_t *bad_at)
{
    struct typed typed = {.line = line};
    struct contest whole = {.best = NULL}, begun = {.best = NULL};
    unsigned most = 0;
    typed.n = split(line, typed.words);
    *command = literal(p, mode, line);
    if (*command)
        return MATCH_ONE;
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        enum fit fits[PERSONA_WORDS_MAX] = {FIT_NOT};
        if (c->n_words == 0 || (c->modes & 1u << mode) == 0)
            continue;
        unsigned n = fits_of(p, c, &typed, fits);
        most = n > most ? n : most;
        if (n == typed.n)
            enter(n >= c->n_words ? &whole : &begun, c, fits);
    }
    const struct contest *last = whole.best ? &whole : &begun;
    bool is_ambiguous = last->best && last->differs < PERSONA_WORDS_MAX;
    unsigned bad = is_ambiguous ? last->differs : most;
    *bad_at = bad < typed.n ? typed.words[bad].start : strlen(line);
    *command = is_ambiguous ? NULL : whole.best;
    return is_ambiguous ? MATCH_AMBIGUOUS
           : whole.best ? MATCH_ONE
           : begun.best ? MATCH_INCOMPLETE
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
