#include "tests/trust/shrink.h"

#include <stddef.h>
#include <string.h>

#define ROUNDS_MAX 6

struct shrinker {
    struct player *player;
    struct scene *best;
    enum verdict verdict;
};

/* Takes the smaller scene if it is as bad. */
static bool keep(struct shrinker *s, const struct scene *smaller)
{
    struct outcome o;
    if (memcmp(smaller, s->best, sizeof *smaller) == 0)
        return false;
    player_play(s->player, smaller, NULL, &o);
    for (unsigned i = 0; i < o.n; i++) {
        if (o.commands[i].verdict == s->verdict) {
            *s->best = *smaller;
            return true;
        }
    }
    return false;
}

static bool drop_command(struct shrinker *s, unsigned i)
{
    struct scene t = *s->best;
    if (t.n < 2 || i >= t.n)
        return false;
    memmove(&t.commands[i], &t.commands[i + 1], (t.n - i - 1) * sizeof *t.commands);
    memset(&t.commands[--t.n], 0, sizeof *t.commands);
    if (t.cut.where != CUT_NOWHERE && t.cut.command > i)
        t.cut.command--;
    else if (t.cut.where != CUT_NOWHERE && t.cut.command == i)
        t.cut = (struct cut){0};
    return keep(s, &t);
}

static bool drop_piece(struct shrinker *s, unsigned command, unsigned i)
{
    struct scene t = *s->best;
    struct script_command *c = &t.commands[command];
    if (i >= c->n || (t.cut.where == CUT_IN_PIECE && t.cut.command == command && t.cut.piece == i))
        return false;
    memmove(&c->pieces[i], &c->pieces[i + 1], (c->n - i - 1) * sizeof *c->pieces);
    memset(&c->pieces[--c->n], 0, sizeof *c->pieces);
    if (t.cut.where == CUT_IN_PIECE && t.cut.command == command && t.cut.piece > i)
        t.cut.piece--;
    return keep(s, &t);
}

static bool calm_piece(struct shrinker *s, unsigned command, unsigned i)
{
    struct scene t = *s->best;
    if (i >= t.commands[command].n)
        return false;
    t.commands[command].pieces[i].before_ms = 0;
    bool kept = keep(s, &t);
    t = *s->best;
    if (!t.commands[command].pieces[i].no_line_end &&
        strlen(t.commands[command].pieces[i].text) > 2)
        memcpy(t.commands[command].pieces[i].text, "x\0", 2);
    return keep(s, &t) || kept;
}

static bool calm_command(struct shrinker *s, unsigned i)
{
    struct scene t = *s->best;
    t.commands[i].think_ms = 0;
    bool kept = keep(s, &t);
    t = *s->best;
    t.commands[i].prompt_ms = 0;
    kept = keep(s, &t) || kept;
    t = *s->best;
    t.commands[i].log = (struct log_event){0};
    return keep(s, &t) || kept;
}

#define FIELD(field)                                                                               \
    {                                                                                              \
        offsetof(struct scene, field), sizeof(((struct scene *)0)->field)                          \
    }

/* What a quiet device has at zero. */
static const struct {
    size_t at, size;
} fields[] = {
    FIELD(chunking),
    FIELD(gap_ms),
    FIELD(manner.telnet),
    FIELD(manner.user_mode),
    FIELD(manner.pager),
    FIELD(manner.upper),
    FIELD(manner.upper_blank),
    FIELD(manner.coloured),
    FIELD(manner.pasting),
    FIELD(manner.think_ms),
    FIELD(manner.width_style),
    FIELD(manner.redraws),
    FIELD(manner.echo_twice),
    FIELD(manner.double_enter),
    FIELD(manner.banner),
    FIELD(manner.lost_at_first),
    FIELD(manner.delay_ms),
    FIELD(manner.lost_typed_ahead),
    FIELD(cut),
    FIELD(manner.key_ms),
};

static bool calm_manner(struct shrinker *s)
{
    bool kept = false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct scene t = *s->best;
        memset((char *)&t + fields[i].at, 0, fields[i].size);
        if (fields[i].at == offsetof(struct scene, manner.upper))
            t.manner.upper_blank = false;
        kept = keep(s, &t) || kept;
    }
    return kept;
}

static bool once(struct shrinker *s)
{
    bool kept = false;
    for (unsigned i = COMMANDS_MAX; i-- > 0;)
        kept = drop_command(s, i) || kept;
    for (unsigned i = 0; i < s->best->n; i++) {
        for (unsigned k = PIECES_MAX; k-- > 0;)
            kept = drop_piece(s, i, k) || kept;
        kept = calm_command(s, i) || kept;
        for (unsigned k = 0; k < s->best->commands[i].n; k++)
            kept = calm_piece(s, i, k) || kept;
    }
    return calm_manner(s) || kept;
}

void shrink(struct player *p, struct scene *scene, enum verdict verdict)
{
    struct shrinker s = {.player = p, .best = scene, .verdict = verdict};
    for (int i = 0; i < ROUNDS_MAX && once(&s); i++)
        continue;
}
