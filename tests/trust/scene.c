#include "tests/trust/scene.h"

#include <stdio.h>
#include <string.h>

#define HARMLESS_PER_MILLE 420

static bool odd(struct scene *s, struct random *r, unsigned per_mille, enum oddity o)
{
    bool yes = random_chance(r, per_mille);
    if (yes)
        s->odd |= 1ull << o;
    return yes;
}

const char *scene_next_input(const struct scene *s, unsigned i)
{
    return i + 1 < s->n ? s->commands[i + 1].text : manner_way(&s->manner)->logout;
}

static size_t put(char *to, size_t at, size_t size, const char *text)
{
    size_t n = strlen(text);
    n = n < size - at ? n : size - at;
    memcpy(to + at, text, n);
    return at + n;
}

static size_t put_long(char *to, size_t at, size_t size)
{
    for (unsigned i = 0; i < 60; i++) {
        char part[16];
        snprintf(part, sizeof part, "{\"id\":%03u}", i);
        at = put(to, at, size, part);
    }
    return at;
}

size_t piece_expand(const struct scene *s, unsigned command, const struct piece *p,
                    const char *prompt, char *to, size_t size)
{
    size_t at = 0;
    for (const char *c = p->text; *c; c++) {
        char one[2] = {*c, '\0'};
        if (*c == AT_LONG)
            at = put_long(to, at, size);
        else
            at = put(to, at, size,
                     *c == AT_PROMPT    ? prompt
                     : *c == AT_NEXT    ? scene_next_input(s, command)
                     : *c == AT_COMMAND ? s->commands[command].text
                     : *c == AT_MARK    ? manner_way(&s->manner)->mark
                                        : one);
    }
    return p->no_line_end ? at : put(to, at, size, "\r\n");
}

static void choose_log(struct scene *s, struct random *r, unsigned i)
{
    struct log_event *log = &s->commands[i].log;
    bool shell = manner_way(&s->manner)->unix_like, two = manner_way(&s->manner)->log[1];
    if (odd(s, r, 22, ODD_LOG_BEHIND_PROMPT)) {
        log->when = LOG_BEHIND_PROMPT;
        log->delay_ms = (uint16_t)(random_chance(r, 300) ? 0 : random_between(r, 1, 150));
        log->same_line = random_chance(r, 120);
    } else if (s->manner.terminal == TERMINAL_DEVICE && odd(s, r, 15, ODD_LOG_IN_ECHO)) {
        log->when = LOG_IN_ECHO;
        log->at = (uint8_t)random_between(r, 1, 12);
    }
    log->again = !log->same_line && random_chance(r, shell ? 100 : 600);
    log->which = (uint8_t)random_below(r, two ? 2 : 1);
}

static void choose_text(struct scene *s, struct random *r, unsigned rare, unsigned i)
{
    const struct way *w = manner_way(&s->manner);
    unsigned n = 0;
    while (n < sizeof w->commands / sizeof *w->commands && w->commands[n])
        n++;
    if (n == 0)
        return;
    const char *before = i > 0 ? s->commands[i - 1].text : "";
    unsigned at = random_below(r, n);
    if (strcmp(w->commands[at], before) == 0)
        at = (at + 1) % n;
    bool same = i > 0 && odd(s, r, random_often(w->unix_like ? 6 : 30, rare), ODD_SAME_TWICE);
    snprintf(s->commands[i].text, sizeof s->commands[i].text, "%s",
             same ? before : w->commands[at]);
}

static void choose_refusal(struct scene *s, struct random *r, unsigned i)
{
    struct script_command *c = &s->commands[i];
    if (!random_chance(r, 15))
        return;
    c->refused = true;
    c->n = 1;
    c->pieces[0] = (struct piece){.no_line_end = true};
    snprintf(c->pieces[0].text, PIECE_TEXT, "%s", manner_way(&s->manner)->refusal);
}

/* Where it ends too early, or never goes on. */
static void choose_cut(struct scene *s, struct random *r)
{
    struct cut *cut = &s->cut;
    unsigned what = random_below(r, 1000);
    if (what >= 120)
        return;
    cut->command = random_below(r, s->n);
    if (random_chance(r, 400))
        cut->command = s->n - 1;
    cut->how = random_chance(r, 500) ? CUT_ORDERLY : CUT_RESET;
    cut->delay_ms = (uint16_t)(random_chance(r, 500) ? 0 : random_between(r, 1, 300));
    const struct script_command *c = &s->commands[cut->command];
    if (what < 30) {
        cut->where = CUT_BEHIND_PROMPT;
        s->odd |= 1ull << ODD_CUT_AT_PROMPT;
    } else if (what < 45) {
        cut->where = CUT_AT_LOGOUT;
        s->odd |= 1ull << ODD_CUT_AT_LOGOUT;
    } else if (c->n > 0) {
        char wire[PIECE_WIRE];
        cut->where = CUT_IN_PIECE;
        cut->piece = random_below(r, c->n);
        size_t n = piece_expand(s, cut->command, &c->pieces[cut->piece], s->manner.prompt, wire,
                                sizeof wire);
        cut->bytes = (uint16_t)random_below(r, (unsigned)n + 1);
        if (what >= 100)
            cut->how = CUT_SILENT;
        s->odd |= 1ull << (what >= 100 ? ODD_SILENT : ODD_CUT_IN_OUTPUT);
    }
}

static void choose_chunks(struct scene *s, struct random *r)
{
    if (odd(s, r, 450, ODD_CUTS))
        s->chunking = CHUNKS_AT_RANDOM;
    else if (odd(s, r, 100, ODD_BYTES))
        s->chunking = CHUNKS_ARE_BYTES;
    if (s->chunking == CHUNKS_AT_RANDOM)
        s->gap_ms = (uint16_t)(random_chance(r, 500)   ? 0
                               : random_chance(r, 800) ? random_between(r, 1, 30)
                                                       : random_between(r, 30, 320));
}

void scene_make(struct scene *s, uint64_t seed, const struct mix *mix)
{
    struct random r = random_from(seed);
    memset(s, 0, sizeof *s);
    s->seed = seed;
    s->hostile = !random_chance(&r, HARMLESS_PER_MILLE);
    unsigned any = random_below(&r, PLATFORMS);
    s->manner.platform = mix->platform < PLATFORMS ? mix->platform : any;
    manner_make(&s->manner, &r, s->hostile, mix->rare, &s->odd);
    s->rounds = mix->rounds;
    s->nonce = mix->nonce == NONCE_ON || (mix->nonce == NONCE_MIXED && random_chance(&r, 500));
    s->n = 1 + random_below(&r, COMMANDS_MAX);
    choose_chunks(s, &r);
    for (unsigned i = 0; i < s->n; i++)
        choose_text(s, &r, mix->rare, i);
    for (unsigned i = 0; i < s->n; i++) {
        s->commands[i].think_ms =
            (uint16_t)(random_chance(&r, 50) ? random_between(&r, 1, 1500) : 0);
        content_make(s, &r, i);
        choose_refusal(s, &r, i);
        choose_log(s, &r, i);
    }
    if (s->hostile)
        choose_cut(s, &r);
}
