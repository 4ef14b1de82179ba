#include "pace/budget_stop.h"

#include <limits.h>
#include <stdlib.h>

static bool guards_account(const struct stop *s)
{
    return s->rule.after > 0 && s->rule.class == FAIL_AUTH;
}

int stop_init(struct stop *s, const struct stop_rule *rule, size_t n)
{
    *s = (struct stop){.rule = *rule};
    if (!guards_account(s))
        return 0;
    s->seen_at = calloc(n + 1, sizeof *s->seen_at);
    return s->seen_at ? 0 : -1;
}

void stop_free(struct stop *s)
{
    free(s->seen_at);
}

void stop_handed_out(struct stop *s, uint32_t index)
{
    if (s->seen_at)
        s->seen_at[index] = s->seen;
}

void stop_logged_in(struct stop *s, uint32_t index)
{
    if (s->seen_at && s->seen_at[index] > s->over)
        s->over = s->seen_at[index];
}

void stop_answer(struct stop *s, const struct result *result)
{
    if (s->rule.after == 0)
        return;
    if (result->class == s->rule.class)
        s->reached |= ++s->seen - s->over >= s->rule.after;
    else if (result->class == FAIL_NONE && s->seen_at)
        stop_logged_in(s, result->index);
    else if (result->class == FAIL_NONE)
        s->over = s->seen;
}

unsigned stop_handshakes(const struct stop *s)
{
    if (!guards_account(s))
        return UINT_MAX;
    unsigned row = s->seen - s->over;
    return row < s->rule.after ? s->rule.after - row : 0;
}
