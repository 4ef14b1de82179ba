/* What is looked at when bytes come, and when it has been quiet. */
#include "dialogue/look.h"

#include "dialogue/advance.h"
#include "dialogue/entering.h"
#include "dialogue/hindsight.h"
#include "dialogue/reading.h"
#include "dialogue/waiting.h"

#define LOOKS_MAX 64

static bool nothing_to_see(struct dialogue *d)
{
    (void)d;
    return false;
}

static bool (*const readers[STAGES])(struct dialogue *) = {
    [STAGE_NEW] = nothing_to_see,      [STAGE_LOGIN] = entering_look,
    [STAGE_FIRST] = entering_look,     [STAGE_SETUP] = reading_setup,
    [STAGE_COMMANDS] = reading_output, [STAGE_IDLE] = nothing_to_see,
    [STAGE_LOGOUT] = reading_logout,   [STAGE_EXEC] = nothing_to_see,
    [STAGE_DONE] = nothing_to_see,
};

/* The device took the key. */
static void mark_erased(struct dialogue *d)
{
    d->pager.stray = 0;
    if (pager_overwritten(&d->pager, &d->stream))
        stream_omit(&d->stream, d->pager.line, d->pager.end);
}

static bool look_once(struct dialogue *d)
{
    if (d->finished)
        return false;
    if (stream_read_tail(&d->stream) != 0) {
        turn_fail(d, FAIL_INTERNAL, "memory is out");
        return false;
    }
    if (d->pager.stray > 0 && pager_erased(&d->pager, &d->stream))
        mark_erased(d);
    hindsight_look(d);
    if (d->next.kind != INPUT_NONE)
        return waiting_look(d);
    if (d->stage >= STAGE_FIRST && d->stage <= STAGE_LOGOUT && d->stage != STAGE_IDLE &&
        reading_pager(d))
        return false;
    return readers[d->stage](d);
}

static const int64_t hold_ms[] = {
    [HOLD_PROMPT] = HOLD_MS,       [HOLD_USER] = STILL_MS,       [HOLD_PASSWORD] = STILL_MS,
    [HOLD_AGAIN] = STILL_MS,       [HOLD_REFUSED] = QUESTION_MS, [HOLD_NEW_PASSWORD] = STILL_MS,
    [HOLD_SECRET] = STILL_MS,      [HOLD_ANSWER] = STILL_MS,     [HOLD_RETURN] = STILL_MS,
    [HOLD_QUESTION] = QUESTION_MS, [HOLD_GLUED] = HOLD_MS,       [HOLD_FIRST] = HOLD_MS,
};

void look_now(struct dialogue *d)
{
    d->hold = HOLD_NONE;
    for (int i = 0; i < LOOKS_MAX && look_once(d); i++)
        continue;
    d->quiet_at = d->hold != HOLD_NONE ? mono_add_ms(d->now, hold_ms[d->hold]) : MONO_NEVER;
    d->nudge_at = d->stage != STAGE_IDLE ? mono_add_ms(d->now, NUDGE_MS) : MONO_NEVER;
}

void look_at_quiet(struct dialogue *d)
{
    enum hold hold = d->hold;
    if (d->next.kind != INPUT_NONE)
        return;
    turn_wait(d, HOLD_NONE);
    if (!reading_quiet(d, hold))
        entering_quiet(d, hold);
}

static void unasked(struct dialogue *d)
{
    if (d->stage == STAGE_SETUP || d->stage == STAGE_COMMANDS) {
        reading_nudge(d);
        return;
    }
    if (d->stage != STAGE_LOGIN && d->stage != STAGE_FIRST)
        return;
    if (!entering_long_quiet(d) && (d->stage == STAGE_FIRST || d->login.password_sent))
        reading_nudge(d);
}

void look_at_long_quiet(struct dialogue *d)
{
    d->nudge_at = MONO_NEVER;
    if (d->next.kind == INPUT_NONE)
        unasked(d);
    else if (waiting_long_quiet(d))
        look_now(d);
    if (!d->finished && d->next.kind != INPUT_NONE && mono_is_never(d->nudge_at))
        d->nudge_at = mono_add_ms(d->now, NUDGE_MS);
}
