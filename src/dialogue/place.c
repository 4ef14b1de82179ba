/* Where the output of cur ends, and which line ends in it are ours. */
#include "dialogue/place.h"

#include <string.h>

static const char line_end[] =
    "a line end behind text that reads as the prompt may be the output's, or the echo of ours";
static const char blank_line[] =
    "the prompt stood there twice with a blank line between: the first may have been text";

static const char key_behind[] =
    "what read as a pager's mark was text, and the key that it got may stand behind a prompt";

/* Leaves out the line end at `from` that was made of an empty line of ours. */
static bool omit_line_end(struct dialogue *d, size_t from)
{
    struct stream *s = &d->stream;
    size_t to = from;
    if (from < d->out_start || from >= d->out_end)
        return false;
    while (to < d->out_end && *stream_at(s, to) == ' ') /* the prompt's, which came late */
        from = ++to;
    while (to < d->out_end && (*stream_at(s, to) == '\r' || *stream_at(s, to) == '\0'))
        to++;
    if (to >= d->out_end || *stream_at(s, to) != '\n')
        return false;
    stream_omit(s, from, to + 1);
    return true;
}

/* The line end that the device made of our empty line stands above its prompt. */
static bool omit_above(struct dialogue *d)
{
    struct stream *s = &d->stream;
    size_t end = d->out_end, from = end;
    while (from > d->out_start && from > s->base &&
           (from == end || *stream_at(s, from - 1) == '\r' || *stream_at(s, from - 1) == '\0'))
        from--;
    if (from == end || from <= d->out_start || *stream_at(s, end - 1) != '\n' ||
        *stream_at(s, from - 1) != '\n')
        return false;
    stream_omit(s, from, end);
    return true;
}

/* Empty lines of ours may have brought line ends into the output. A terminal echoes each at once,
 * wherever the output is; a device when it reads it, so only behind a true prompt: where lines of a
 * log follow that, and no prompt of its own did. */
void place_omit_empties(struct dialogue *d, size_t n, size_t answered, const struct sight *sight)
{
    const struct owed *o = &d->owed;
    bool kernel = turn_is_unix_like(d) && d->echo != ECHO_NO;
    bool at_once = (sight->one_line && !d->no_line_ends) || (kernel && d->alone);
    for (size_t i = 0; i < n; i++) {
        bool ours = at_once || (!sight->other && i + answered < n);
        bool log = i == 0 && sight->log && !sight->other && !at_once; /* which begins with one */
        bool gone = ours && ((log && omit_above(d)) || omit_line_end(d, o->empties[i]));
        bool may_be_its_own =
            !at_once || !gone || !d->alone || (d->platform->learn_prompt && !d->bracketed);
        if ((kernel || d->alone) && sight->other && may_be_its_own && d->cur.kind == INPUT_COMMAND)
            turn_doubt(d, line_end);
    }
}

void place_set(struct dialogue *d, const struct sight *sight)
{
    d->out_end = prompt_block(&d->prompts, &d->stream, sight->place, d->out_start);
    d->out_next = sight->place_next;
}

/* A key that a mark got, which was text, stands behind the prompt that ended cur's output; a line
 * of a log follows, so both are in the output. */
static bool omit_key(struct dialogue *d, size_t at)
{
    struct stream *s = &d->stream;
    const char *key = pager_key(d->config.rules, d->pager.which);
    size_t n = strlen(key), lf = stream_line_end(s, at), to = lf;
    char text[TAIL_MAX];
    while (to != NOWHERE && to > at && *stream_at(s, to - 1) == '\r')
        to--;
    size_t len = lf != NOWHERE ? stream_line(s, at, lf, text) : NOWHERE;
    if (len == NOWHERE || n == 0 || len < n || to < at + n ||
        memcmp(stream_at(s, to - n), key, n) != 0 ||
        prompt_judge(&d->prompts, text, len - n) != PROMPT_EXACT)
        return false;
    stream_omit(s, to - n, to);
    return true;
}

void place_note_lines(struct dialogue *d)
{
    if (d->cur.kind == INPUT_COMMAND)
        outcome_note(&d->outcome,
                     "lines came behind a prompt of '%.100s', perhaps of a log: prompt and lines "
                     "are in its output",
                     d->cur.text);
}

void place_note_log(struct dialogue *d, const struct sight *sight)
{
    if (sight->log && d->next.keys && !omit_key(d, d->owed.prompt))
        turn_doubt(d, key_behind);
    if (sight->log && d->owed.n_empties > 0)
        place_note_lines(d);
}

/* One prompt too many came: the first was text. Where the others stand on one line, the line end
 * behind it is that of our empty line, which a kernel echoed at once. */
static void first_was_text(struct dialogue *d, size_t end, bool one_line)
{
    d->out_end = prompt_block(&d->prompts, &d->stream, end, d->out_start);
    if (one_line ? !omit_line_end(d, d->second_at) : turn_is_unix_like(d))
        turn_doubt(d, line_end);
}

/* Text came behind the prompt that had come twice. The empty line's own stands before the echo. */
static void both_were_text(struct dialogue *d, const struct sight *sight)
{
    d->out_end = prompt_block(&d->prompts, &d->stream, sight->place_before, d->out_start);
    d->cur.done_at = d->now;
    turn_doubt(d, blank_line);
}

/* An empty line of ours was answered between cur's prompt and lines of a log, which are in the
 * output with one prompt: not with two. */
static void omit_spare(struct dialogue *d)
{
    const struct owed *o = &d->owed;
    struct stream *s = &d->stream;
    char text[TAIL_MAX];
    size_t lf = stream_line_end(s, o->at), next = lf == NOWHERE ? NOWHERE : lf + 1;
    size_t end = next != NOWHERE ? stream_line_end(s, next) : NOWHERE;
    size_t n = end != NOWHERE && end < d->out_end ? stream_line(s, next, end, text) : NOWHERE;
    if (n != NOWHERE && n > 0 && prompt_is_known(&d->prompts, text, n))
        stream_omit(s, o->prompt, next);
}

void place_of_echo(struct dialogue *d, const struct sight *sight)
{
    struct owed *o = &d->owed;
    bool of_setup = d->cur.kind == INPUT_SETUP || d->cur.kind == INPUT_EMPTY;
    if (sight->prompts > 0 && of_setup && !sight->log)
        o->double_enter = true;
    if (d->cur.proved_twice) {
        size_t before = d->owed.double_enter ? 0 : sight->place_before;
        if (sight->prompts > 0 && !sight->log && d->out_next > d->out_end)
            first_was_text(d, before > d->out_next ? before : d->out_next, sight->one_line);
        if (sight->other && d->cur.kind == INPUT_COMMAND)
            both_were_text(d, sight);
        return;
    }
    if (sight->log)
        d->cur.done_at = d->now;
    if (sight->prompts > 0 || sight->place != o->prompt)
        place_set(d, sight); /* not where it was believed to be */
    size_t answered = (o->n_run > 0 ? o->n_run - 1 : 0) + (d->terminal ? 0 : o->answered);
    place_omit_empties(d, o->n_before, answered, sight);
    if (sight->log && !sight->other && o->spare > 0)
        omit_spare(d);
    if (sight->log && o->double_enter && o->stack != NOWHERE && o->stack < o->at)
        stream_omit(&d->stream, o->stack, o->at); /* one prompt is in the output, not two */
    d->cur.glued |= sight->glued;
}

/* On a terminal the line end of our empty line and one of the output's look the same. */
static bool has_blank_between(const struct dialogue *d, const struct sight *sight)
{
    const struct stream *s = &d->stream;
    size_t lf = stream_line_end(s, sight->place);
    if (!turn_is_unix_like(d) || d->prompts.above.n > 0 || d->echo != ECHO_NO || lf == NOWHERE ||
        lf + 1 >= sight->out_start)
        return false;
    size_t next = stream_line_end(s, lf + 1);
    return next != NOWHERE && next < sight->out_start;
}

void place_of_second(struct dialogue *d, const struct sight *sight)
{
    const struct owed *o = &d->owed;
    bool unix_like = turn_is_unix_like(d);
    place_set(d, sight);
    if (sight->log || o->text_lines > 0)
        d->cur.done_at = d->now;
    if (sight->lacking && !(d->alone && unix_like))
        omit_above(d);
    else
        place_omit_empties(d, o->n_empties, sight->run > 0 ? sight->run - 1 : 0, sight);
    if (!sight->lacking && sight->owed > 0 && sight->other && !unix_like && omit_above(d))
        turn_doubt(d, line_end); /* too few prompts came for the first to be text */
    place_note_log(d, sight);
    if (has_blank_between(d, sight))
        turn_doubt(d, blank_line);
    if (sight->prompts > 0 && !sight->log)
        first_was_text(d, sight->place, sight->one_line);
}
