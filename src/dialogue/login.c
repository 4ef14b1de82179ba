#include "dialogue/login.h"

#include <string.h>
#include <strings.h>

#define RECENT_MAX 4096 /* searched for what ends a login */

/* What came since the last answer, cleaned; its last RECENT_MAX bytes. */
static int recent(const struct login *l, const struct stream *s, struct buf *text)
{
    size_t end = stream_end(s);
    size_t from = l->since > s->base ? l->since : s->base;
    if (end - from > RECENT_MAX)
        from = end - RECENT_MAX;
    buf_init(text, RECENT_MAX * 2);
    return clean_text(text, stream_at(s, from), end - from, NULL, 0);
}

static void line_around(const struct buf *text, size_t at, struct login_sight *sight)
{
    const char *bytes = buf_bytes(text);
    size_t from = at, to = at;
    while (from > 0 && bytes[from - 1] != '\n')
        from--;
    while (to < text->len && bytes[to] != '\n')
        to++;
    sight->line_len = to - from < sizeof sight->line ? to - from : sizeof sight->line;
    memcpy(sight->line, bytes + from, sight->line_len);
}

/* A console that the platform names wants it at once; a banner may hold such words, too, and go on.
 */
static bool wants_return(const struct dialogue_rules *r, const struct matcher *m,
                         const struct buf *text, bool *at_once)
{
    const char *bytes = buf_bytes(text);
    *at_once = rules_match_any(&r->press_return, m, bytes, text->len, NULL);
    return *at_once || match_text(&r->press_any_return, m, bytes, text->len, NULL);
}

static void look_at_recent(const struct login *l, const struct stream *s,
                           const struct dialogue_rules *r, const struct matcher *m,
                           struct login_sight *sight)
{
    struct buf text;
    size_t at = 0;
    if (recent(l, s, &text) != 0) {
        buf_wipe(&text);
        return;
    }
    const char *bytes = buf_bytes(&text);
    if (rules_match_any(&r->no_session, m, bytes, text.len, &at)) {
        sight->kind = LOGIN_NO_SESSION;
        line_around(&text, at, sight);
    } else if (l->password_sent && rules_match_any(&r->login_failed, m, bytes, text.len, &at)) {
        sight->kind = LOGIN_REFUSED;
        line_around(&text, at, sight);
    } else if (l->returns < LOGIN_RETURNS_MAX && wants_return(r, m, &text, &sight->at_once)) {
        sight->kind = LOGIN_RETURN;
    }
    buf_wipe(&text);
}

static bool tail_is(const struct stream *s, const struct matcher *m, const struct match *what)
{
    return match_text(what, m, s->tail, s->tail_len, NULL);
}

/* "Last login: …" of a message of the day, cut by a chunk, is no question. */
static bool is_user_question(const struct stream *s, const struct dialogue_rules *r,
                             const struct matcher *m)
{
    return strncasecmp(s->tail, "last ", s->tail_len < 5 ? s->tail_len : 5) != 0 &&
           tail_is(s, m, &r->login_user);
}

/* Nothing but the echo of what was answered stands between it and the tail. */
static bool follows_directly(const struct login *l, const struct stream *s)
{
    size_t from = l->since > s->base ? l->since : s->base;
    for (size_t i = 0, lf; from < s->line_start; from = lf + 1, i++) {
        lf = stream_line_end(s, from);
        if (i > 0 && !stream_is_blank(s, from, lf))
            return false;
    }
    return true;
}

static void look_at_question(const struct login *l, const struct stream *s,
                             const struct dialogue_rules *r, const struct matcher *m,
                             struct login_sight *sight)
{
    bool user = is_user_question(s, r, m);
    bool password = !user && tail_is(s, m, &r->login_password);
    if ((!user && !password) || l->question == s->line_start)
        return; /* the one that was answered, a blank later */
    if ((user && l->users >= LOGIN_USERS_MAX) || l->password_sent) {
        sight->kind = LOGIN_AGAIN;
        return;
    }
    sight->kind = user ? LOGIN_USER : LOGIN_PASSWORD;
    sight->at_once = user || (l->after_user && follows_directly(l, s));
}

/* Where every line may be a prompt, ENTER would take a question's default. */
static bool may_be_question(const struct stream *s, const struct dialogue_rules *r)
{
    int n = stream_tail_shown(s, TAIL_MAX);
    return r->platform->learn_prompt && n > 0 && s->tail[n - 1] == '?';
}

void login_look(const struct login *l, const struct stream *s, const struct dialogue_rules *r,
                const struct matcher *m, bool in_stream, struct login_sight *sight)
{
    *sight = (struct login_sight){.kind = LOGIN_NOTHING};
    look_at_recent(l, s, r, m, sight);
    if (sight->kind == LOGIN_NO_SESSION || sight->kind == LOGIN_RETURN || !s->tail_short ||
        s->tail_len == 0)
        return;
    bool refused = sight->kind == LOGIN_REFUSED;
    sight->kind = LOGIN_NOTHING;
    if (tail_is(s, m, &r->new_password))
        sight->kind = LOGIN_NEW_PASSWORD;
    else if (in_stream)
        look_at_question(l, s, r, m, sight);
    if (refused && sight->kind != LOGIN_NOTHING) { /* it asks once more: that is why */
        sight->kind = LOGIN_REFUSED;
        sight->at_once = true;
    }
    if (sight->kind != LOGIN_NOTHING || (in_stream && l->question == s->line_start))
        return;
    sight->kind =
        tail_is(s, m, &r->question) || may_be_question(s, r) ? LOGIN_QUESTION : LOGIN_PROMPT;
}

void login_why_ended(const struct login *l, const struct stream *s, const struct dialogue_rules *r,
                     const struct matcher *m, struct login_sight *sight)
{
    *sight = (struct login_sight){.kind = LOGIN_NOTHING};
    look_at_recent(l, s, r, m, sight);
}

void login_answered(struct login *l, const struct stream *s, enum login_kind kind)
{
    l->since = stream_end(s);
    if (kind == LOGIN_RETURN) {
        l->returns++;
        return;
    }
    l->asked = true;
    l->question = s->line_start;
    l->users += kind == LOGIN_USER;
    l->password_sent |= kind == LOGIN_PASSWORD;
    l->after_user = kind == LOGIN_USER;
}
