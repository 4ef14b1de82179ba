/* What is done with what stands in the stream until the first prompt. */
#include "dialogue/entering.h"

#include "dialogue/advance.h"

static void asked_for_user(struct dialogue *d, const struct login_sight *sight)
{
    char words[WORDS_SIZE];
    if (!*d->config.username) {
        turn_fail(d, FAIL_AUTH, "the device asks for a user name (%s) and none is given",
                  words_tail(&d->config, &d->stream, words));
        return;
    }
    login_answered(&d->login, &d->stream, sight->kind);
    turn_say(d, d->config.username, true, false);
}

static void asked_for_password(struct dialogue *d, const struct login_sight *sight)
{
    char words[WORDS_SIZE];
    if (!*d->config.password) {
        turn_fail(d, FAIL_AUTH, "the device asks for a password (%s) and none is given",
                  words_tail(&d->config, &d->stream, words));
        return;
    }
    login_answered(&d->login, &d->stream, sight->kind);
    turn_say(d, d->config.password, true, true);
}

void entering_refused(struct dialogue *d, const struct login_sight *sight)
{
    char words[WORDS_SIZE];
    words_of(&d->config, sight->line, sight->line_len, words);
    if (sight->kind == LOGIN_NO_SESSION)
        turn_fail(d, FAIL_NO_SESSION,
                  "the device has no session for us: %s (try again later, or end idle sessions "
                  "there)",
                  words);
    else
        turn_fail(d, FAIL_AUTH,
                  "the login was refused: %s; check username and password, nothing was tried "
                  "again",
                  words);
}

static void asked_again(struct dialogue *d)
{
    char words[WORDS_SIZE];
    words_tail(&d->config, &d->stream, words);
    if (!d->login.password_sent)
        turn_fail(d, FAIL_LOGIN_PROMPT,
                  "the device asks for the user name again and again (%s) and never for a "
                  "password",
                  words);
    else if (match_text(&d->config.rules->login_user, &d->matcher, d->stream.tail,
                        d->stream.tail_len, NULL))
        turn_fail(d, FAIL_AUTH,
                  "the login was refused: the device asks for the user name again (%s)", words);
    else
        turn_fail(d, FAIL_AUTH, "the password was refused: the device asks for it again (%s)",
                  words);
}

static bool first_prompt(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (!prompt_is_like(&d->prompts, s->tail, s->tail_len))
        return false;
    if (s->tail_open) {
        turn_wait(d, HOLD_FIRST);
        return false;
    }
    /* Where every line may be a prompt, a question that is still on its way may not be cut off. */
    if (d->platform->learn_prompt && d->stage == STAGE_LOGIN && !d->login.password_sent)
        return false;
    advance_accept(d, s->line_start, 0, 0);
    return true;
}

static void look_at_login(struct dialogue *d, struct login_sight *sight)
{
    login_look(&d->login, &d->stream, d->config.rules, &d->matcher, d->stage == STAGE_LOGIN, sight);
}

bool entering_look(struct dialogue *d)
{
    struct login_sight sight;
    static const enum hold holds[] = {
        [LOGIN_USER] = HOLD_USER,         [LOGIN_PASSWORD] = HOLD_PASSWORD,
        [LOGIN_AGAIN] = HOLD_AGAIN,       [LOGIN_REFUSED] = HOLD_REFUSED,
        [LOGIN_QUESTION] = HOLD_QUESTION, [LOGIN_NEW_PASSWORD] = HOLD_NEW_PASSWORD,
        [LOGIN_PROMPT] = HOLD_NONE,       [LOGIN_RETURN] = HOLD_RETURN,
    };
    look_at_login(d, &sight);
    switch (sight.kind) {
    case LOGIN_NOTHING:
        break;
    case LOGIN_NO_SESSION:
        entering_refused(d, &sight);
        break;
    case LOGIN_PROMPT:
        return first_prompt(d);
    case LOGIN_RETURN:
    case LOGIN_USER:
    case LOGIN_PASSWORD:
    case LOGIN_AGAIN:
    case LOGIN_REFUSED:
    case LOGIN_NEW_PASSWORD:
    case LOGIN_QUESTION:
        turn_wait(d, holds[sight.kind]);
        if (sight.at_once) {
            turn_wait(d, HOLD_NONE);
            entering_quiet(d, holds[sight.kind]);
        }
        break;
    }
    return false;
}

void entering_quiet(struct dialogue *d, enum hold hold)
{
    char words[WORDS_SIZE];
    struct login_sight sight;
    look_at_login(d, &sight);
    if (hold == HOLD_USER)
        asked_for_user(d, &sight);
    else if (hold == HOLD_PASSWORD)
        asked_for_password(d, &sight);
    else if (hold == HOLD_RETURN) {
        login_answered(&d->login, &d->stream, LOGIN_RETURN);
        turn_say(d, "", true, false);
    } else if (hold == HOLD_AGAIN)
        asked_again(d);
    else if (hold == HOLD_REFUSED)
        entering_refused(d, &sight);
    else if (hold == HOLD_NEW_PASSWORD)
        turn_fail(d, FAIL_AUTH,
                  "the device asks to change the password (%s) before it lets us in: change it "
                  "by hand first",
                  words_tail(&d->config, &d->stream, words));
    else if (hold == HOLD_FIRST)
        advance_accept(d, d->stream.line_start, 0, 0);
}

bool entering_long_quiet(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    struct login_sight sight;
    look_at_login(d, &sight);
    if (!d->platform->learn_prompt || d->stage != STAGE_LOGIN || sight.kind != LOGIN_PROMPT ||
        d->login.question == s->line_start || !prompt_is_like(&d->prompts, s->tail, s->tail_len))
        return false;
    advance_accept(d, s->line_start, 0, 0);
    return true;
}
