#include "tests/trust/tally.h"

#include <stdio.h>
#include <string.h>

static void count_wait(struct tally *t, const struct scene *s, double ms)
{
    bool none = s->manner.terminal == TERMINAL_NONE;
    unsigned trip = 2u * (unsigned)s->manner.delay_ms;
    if (ms < 0)
        return;
    t->waits[none][ms > WAITS_MS ? WAITS_MS : (unsigned)ms]++;
    if (trip >= 10) {
        unsigned n = (unsigned)(ms / trip + 0.5);
        t->round_trips[none][n > 3 ? 3 : n]++;
    }
}

static void count(struct tally *t, const struct scene *s, const struct judged *j)
{
    enum content c = s->hostile ? CONTENT_HOSTILE : CONTENT_HARMLESS;
    enum verdict v = j->verdict;
    t->all[c].n[v]++;
    t->platforms[c][s->manner.platform].n[v]++;
    t->terminals[c][s->manner.terminal].n[v]++;
    t->nonces[c][s->nonce].n[v]++;
    for (enum oddity o = 0; o < ODDITIES; o++)
        if (s->odd & 1ull << o)
            t->oddities[c][o].n[v]++;
    if (v <= VERDICT_WRONG)
        t->proofs[c][j->proofs % PROOF_SETS].n[v]++;
    t->doubts_right += v == VERDICT_DOUBT && j->accepted;
    count_wait(t, s, j->wait_ms);
}

void tally_add(struct tally *t, const struct scene *s, const struct outcome *o)
{
    t->dialogues++;
    t->harmless += !s->hostile;
    t->stuck += o->stuck;
    t->strange[s->manner.erasing == ERASE_NOT] += o->strange;
    for (unsigned i = 0; i < o->n; i++)
        count(t, s, &o->commands[i]);
}

void tally_merge(struct tally *t, const struct tally *other)
{
    uint64_t *to = (uint64_t *)t;
    const uint64_t *from = (const uint64_t *)other;
    for (size_t i = 0; i < sizeof *t / sizeof *to; i++)
        to[i] += from[i];
}

static struct tally_row sum(const struct tally *t, enum content content)
{
    struct tally_row r = {0};
    for (enum content c = 0; c < CONTENTS; c++)
        for (enum verdict v = 0; v < VERDICTS; v++)
            r.n[v] += content == CONTENTS || content == c ? t->all[c].n[v] : 0;
    return r;
}

static uint64_t commands(const struct tally_row *r)
{
    uint64_t n = 0;
    for (enum verdict v = 0; v < VERDICTS; v++)
        n += r->n[v];
    return n;
}

static double percent(uint64_t part, uint64_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

static double wrong_of(const struct tally_row *r)
{
    return percent(r->n[VERDICT_WRONG], r->n[VERDICT_WRONG] + r->n[VERDICT_RIGHT]);
}

double tally_wrong(const struct tally *t, enum content content)
{
    struct tally_row r = sum(t, content);
    return wrong_of(&r);
}

double tally_wrong_nonce(const struct tally *t)
{
    struct tally_row r = {0};
    for (enum content c = 0; c < CONTENTS; c++)
        for (enum verdict v = 0; v < VERDICTS; v++)
            r.n[v] += t->nonces[c][1].n[v];
    return wrong_of(&r);
}

double tally_needless(const struct tally *t, enum content content)
{
    struct tally_row r = sum(t, content);
    return percent(r.n[VERDICT_NEEDLESS], commands(&r));
}

double tally_doubt(const struct tally *t, enum content content)
{
    struct tally_row r = sum(t, content);
    return percent(r.n[VERDICT_DOUBT], commands(&r));
}

double tally_wait(const struct tally *t, bool echoes)
{
    uint64_t all = 0, so_far = 0;
    for (unsigned i = 0; i <= WAITS_MS; i++)
        all += t->waits[!echoes][i];
    for (unsigned i = 0; i <= WAITS_MS; i++) {
        so_far += t->waits[!echoes][i];
        if (so_far * 2 >= all)
            return all ? i : 0;
    }
    return 0;
}

/* --- tables --- */

static void print_head(const char *what)
{
    printf("\n%-26s %8s %8s %6s %6s %8s %8s %8s %8s\n", what, "commands", "right", "doubt", "wrong",
           "% of ok", "needless", "%", "rightly");
}

static void print_row(const char *name, const struct tally_row *r)
{
    uint64_t n = commands(r);
    if (n == 0)
        return;
    printf("%-26s %8llu %8llu %6llu %6llu %8.3f %8llu %8.2f %8llu\n", name, (unsigned long long)n,
           (unsigned long long)r->n[VERDICT_RIGHT], (unsigned long long)r->n[VERDICT_DOUBT],
           (unsigned long long)r->n[VERDICT_WRONG], wrong_of(r),
           (unsigned long long)r->n[VERDICT_NEEDLESS], percent(r->n[VERDICT_NEEDLESS], n),
           (unsigned long long)r->n[VERDICT_FAILED]);
}

static void print_content(const struct tally *t, enum content c)
{
    const char *name = c == CONTENT_HARMLESS ? "harmless" : "hostile";
    char head[64];
    snprintf(head, sizeof head, "%s: platform", name);
    print_head(head);
    for (unsigned i = 0; i < PLATFORMS; i++)
        print_row(ways[i].platform, &t->platforms[c][i]);
    snprintf(head, sizeof head, "%s: echo by", name);
    print_head(head);
    for (enum terminal i = 0; i < TERMINALS; i++)
        print_row(terminal_name(i), &t->terminals[c][i]);
    snprintf(head, sizeof head, "%s: oddity", name);
    print_head(head);
    for (enum oddity o = 0; o < ODDITIES; o++)
        print_row(oddity_name(o), &t->oddities[c][o]);
}

static void print_proofs(const struct tally *t, enum content c)
{
    print_head(c == CONTENT_HARMLESS ? "harmless: ok, by proofs" : "hostile: ok, by proofs");
    for (unsigned set = 0; set < PROOF_SETS; set++) {
        char name[128] = "";
        for (int i = 0; i < PROOF_KINDS; i++)
            if (set & 1u << i)
                strcat(strcat(name, *name ? "+" : ""), proof_name(i));
        print_row(*name ? name : "none", &t->proofs[c][set]);
    }
}

static void print_waits(const struct tally *t)
{
    for (int none = 0; none < 2; none++) {
        const uint64_t *n = t->round_trips[none];
        uint64_t all = n[0] + n[1] + n[2] + n[3];
        printf("%swaiting added by the client, %s: median %.0f ms; round trips: none %.1f %%, "
               "one %.1f %%, two %.1f %%, more %.1f %%\n",
               none ? "" : "\n", none ? "without echo" : "echoing devices", tally_wait(t, !none),
               percent(n[0], all), percent(n[1], all), percent(n[2], all), percent(n[3], all));
    }
}

void tally_print(const struct tally *t)
{
    struct tally_row all = sum(t, CONTENTS);
    for (enum content c = 0; c < CONTENTS; c++) {
        print_content(t, c);
        print_proofs(t, c);
    }
    print_head("all");
    for (enum content c = 0; c < CONTENTS; c++) {
        static const char *const names[2][2] = {{"harmless", "harmless, nonce"},
                                                {"hostile", "hostile, nonce"}};
        for (int nonce = 0; nonce < 2; nonce++)
            print_row(names[c][nonce], &t->nonces[c][nonce]);
    }
    print_row("all", &all);
    print_waits(t);
    printf(
        "%llu of the doubts were right; lines that nobody meant to send: %llu, and %llu of devices "
        "that do not erase\n",
        (unsigned long long)t->doubts_right, (unsigned long long)t->strange[0],
        (unsigned long long)t->strange[1]);
    printf("%llu dialogues, %llu of them harmless; never ended: %llu\n",
           (unsigned long long)t->dialogues, (unsigned long long)t->harmless,
           (unsigned long long)t->stuck);
}
