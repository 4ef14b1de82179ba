/* Until the first prompt: questions for name and password, "press RETURN", refusals. A password is
 * sent once; asked for again, it was refused. */
#include "dialogue/internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RETURNS_MAX    3
#define QUESTION_SHOWN 120

/* What came since the last answer, cleaned; its last RECENT_MAX bytes. */
static int recent(const struct dialogue *d, struct buf *text)
{
    size_t end = stream_end(d);
    size_t from = d->login.since > d->base ? d->login.since : d->base;
    if (end - from > RECENT_MAX)
        from = end - RECENT_MAX;
    buf_init(text, RECENT_MAX * 2);
    return clean_text(text, stream_at(d, from), end - from, NULL, 0);
}

static void line_around(const struct buf *text, size_t at, const char **line, int *len)
{
    const char *bytes = buf_bytes(text);
    size_t from = at, to = at;
    while (from > 0 && bytes[from - 1] != '\n')
        from--;
    while (to < text->len && bytes[to] != '\n')
        to++;
    *line = bytes + from;
    *len = (int)(to - from > 160 ? 160 : to - from);
}

static bool refused_by(struct dialogue *d, const struct buf *text)
{
    size_t at = 0;
    const char *line = NULL;
    int len = 0;
    const char *bytes = buf_bytes(text);
    if (rules_match_any(&d->rules->no_session, &d->matcher, bytes, text->len, &at)) {
        line_around(text, at, &line, &len);
        ending_fail(
            d, FAIL_NO_SESSION,
            "the device has no session for us: %.*s (try again later, or end idle sessions there)",
            len, line);
        return true;
    }
    if ((d->login.user_sent || d->login.password_sent) &&
        rules_match_any(&d->rules->login_failed, &d->matcher, bytes, text->len, &at)) {
        line_around(text, at, &line, &len);
        ending_fail(
            d, FAIL_AUTH,
            "the login was refused: %.*s; check username and password, nothing was tried again",
            len, line);
        return true;
    }
    return false;
}

bool login_refused(struct dialogue *d)
{
    struct buf text;
    bool refused = recent(d, &text) == 0 && refused_by(d, &text);
    buf_wipe(&text);
    return refused;
}

static bool wants_return(const struct dialogue *d, const struct buf *text)
{
    const struct dialogue_rules *r = d->rules;
    const char *bytes = buf_bytes(text);
    return rules_match_any(&r->press_return, &d->matcher, bytes, text->len, NULL) ||
           match_text(&r->press_any_return, &d->matcher, bytes, text->len, NULL);
}

/* "Press RETURN to get started." */
static bool pressed_return(struct dialogue *d)
{
    struct buf text;
    if (d->login.returns >= RETURNS_MAX)
        return false;
    bool asked = recent(d, &text) == 0 && wants_return(d, &text);
    buf_wipe(&text);
    if (!asked)
        return false;
    d->login.returns++;
    d->login.since = stream_end(d);
    dialogue_out(d, "", true, false);
    return true;
}

static void answer(struct dialogue *d, const char *text, bool secret)
{
    d->login.asked = true;
    d->login.question = d->line_start;
    d->login.since = stream_end(d);
    dialogue_out(d, text, true, secret);
}

static void asked_for_user(struct dialogue *d)
{
    int len = stream_tail_shown(d, 80);
    if (d->login.user_sent)
        ending_fail(d, FAIL_AUTH,
                    "the login was refused: the device asks for the user name again "
                    "(%.*s)",
                    len, d->tail);
    else if (!*d->config.username)
        ending_fail(d, FAIL_AUTH, "the device asks for a user name (%.*s) and none is given", len,
                    d->tail);
    else {
        d->login.user_sent = true;
        answer(d, d->config.username, false);
    }
}

static void asked_for_password(struct dialogue *d)
{
    int len = stream_tail_shown(d, 80);
    if (d->login.password_sent)
        ending_fail(d, FAIL_AUTH, "the password was refused: the device asks for it again (%.*s)",
                    len, d->tail);
    else if (!*d->config.password)
        ending_fail(d, FAIL_AUTH, "the device asks for a password (%.*s) and none is given", len,
                    d->tail);
    else {
        d->login.password_sent = true;
        answer(d, d->config.password, true);
    }
}

/* "Last login: …" of a message of the day, cut by a chunk, is no question. */
static bool is_user_question(const struct dialogue *d)
{
    return strncasecmp(d->tail, "last ", d->tail_len < 5 ? d->tail_len : 5) != 0 &&
           match_text(&d->rules->login_user, &d->matcher, d->tail, d->tail_len, NULL);
}

/* A line of a greeting may say the same, cut by a chunk: quiet makes it a question. */
static bool wants_new_password(struct dialogue *d)
{
    d->hold_question = d->tail_short && d->tail_len > 0 &&
                       match_text(&d->rules->new_password, &d->matcher, d->tail, d->tail_len, NULL);
    return d->hold_question;
}

void login_question(struct dialogue *d)
{
    ending_fail(d, FAIL_AUTH,
                "the device asks to change the password (%.*s) before it lets us in: change it by "
                "hand first",
                stream_tail_shown(d, QUESTION_SHOWN), d->tail);
}

bool login_look(struct dialogue *d)
{
    if (login_refused(d) || pressed_return(d) || wants_new_password(d))
        return false;
    if (!d->tail_short || d->tail_len == 0)
        return false;
    bool user = is_user_question(d);
    bool password =
        !user && match_text(&d->rules->login_password, &d->matcher, d->tail, d->tail_len, NULL);
    if ((user || password) && d->login.question == d->line_start)
        return false; /* the one that was answered, a blank later */
    if (user)
        asked_for_user(d);
    else if (password)
        asked_for_password(d);
    else
        return first_look(d);
    return false;
}

bool first_look(struct dialogue *d)
{
    if (d->stage == STAGE_FIRST && (login_refused(d) || pressed_return(d) || wants_new_password(d)))
        return false;
    if (!d->tail_short || !prompt_is_like(d, d->tail, d->tail_len))
        return false;
    /* Where every line may be a prompt, a question that is still on its way may not be cut off. */
    if (d->platform->learn_prompt && d->stage == STAGE_LOGIN && !d->login.password_sent)
        return false;
    prompt_accept(d, d->line_start, 0);
    return true;
}

void login_quiet(struct dialogue *d)
{
    if (d->platform->learn_prompt && d->stage == STAGE_LOGIN && d->tail_short &&
        d->login.question != d->line_start && prompt_is_like(d, d->tail, d->tail_len))
        prompt_accept(d, d->line_start, 0);
    else if (d->stage == STAGE_FIRST || d->login.password_sent)
        prompt_nudge(d);
}
