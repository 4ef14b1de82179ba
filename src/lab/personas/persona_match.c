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

/* How well the words fit a command. */
struct fit {
    unsigned words;  /* of the line, that fit from the first on */
    bool is_whole;   /* every one of them without abbreviation */
    bool is_command; /* all words of both */
};

static bool word_fits(const struct persona *p, const char *want, const char *have, size_t len,
                      bool *is_whole)
{
    if (strcmp(want, "*") == 0 || strcmp(want, "**") == 0)
        return true;
    if (strncmp(want, have, len) != 0)
        return false;
    if (want[len] != '\0')
        *is_whole = false;
    return want[len] == '\0' || p->abbreviates;
}

static struct fit fit_of(const struct persona *p, const struct persona_command *c, const char *line,
                         const struct word *words, unsigned n)
{
    struct fit fit = {0, true, false};
    while (fit.words < n && fit.words < c->n_words &&
           word_fits(p, c->words[fit.words], line + words[fit.words].start, words[fit.words].len,
                     &fit.is_whole))
        fit.words++;
    if (fit.words == c->n_words && c->takes_rest)
        fit.words = n;
    fit.is_command = fit.words == n && n >= c->n_words;
    return fit;
}

enum persona_match persona_match(const struct persona *p, int mode, const char *line,
                                 const struct persona_command **command, size_t *bad_at)
{
    struct word words[LINE_WORDS_MAX];
    unsigned n = split(line, words), most = 0, found = 0;
    bool is_beginning = false, has_whole = false;
    *command = NULL;
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        if ((c->modes & 1u << mode) == 0)
            continue;
        struct fit fit = fit_of(p, c, line, words, n);
        most = fit.words > most ? fit.words : most;
        is_beginning = is_beginning || fit.words == n;
        if (!fit.is_command || (has_whole && !fit.is_whole))
            continue;
        found = fit.is_whole && !has_whole ? 1 : found + 1;
        if (found == 1)
            *command = c;
        has_whole = has_whole || fit.is_whole;
    }
    *bad_at = most < n ? words[most].start : strlen(line);
    /* Two whole fits differ in their wildcards alone: the one written first is meant. */
    if (found == 1 || has_whole)
        return MATCH_ONE;
    return found > 1 ? MATCH_AMBIGUOUS : is_beginning ? MATCH_INCOMPLETE : MATCH_NONE;
}

int persona_output(const struct persona *p, const struct persona_command *command,
                   const struct say_world *world, struct buf *b)
{
    struct say_world row = *world;
    if (say_to(&p->before_output, world, b) != 0)
        return -1;
    for (size_t i = 0; i < command->n_parts; i++) {
        const struct persona_part *part = &command->parts[i];
        for (row.row = 0; row.row < part->repeat; row.row++)
            if (say_to(&part->text, &row, b) != 0)
                return -1;
    }
    return 0;
}
