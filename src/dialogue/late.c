/* Deadlines and caps: what was waited for, what was seen. */
#include "dialogue/late.h"

#include "dialogue/entering.h"

#include <stdio.h>
#include <string.h>

/* The patterns that would have helped, for people who write platforms. */
static void expected(const struct dialogue *d, char *to, size_t size)
{
    const struct platform *p = d->platform;
    if (d->stage == STAGE_LOGIN && !d->login.asked)
        snprintf(to, size, "a login prompt (%.100s or %.100s)",
                 p->login_user.text ? p->login_user.text : "login:",
                 p->login_password.text ? p->login_password.text : "password:");
    else if (p->learn_prompt && !d->prompts.confirmed)
        snprintf(to, size, "the same unterminated last line twice");
    else
        snprintf(to, size, "a prompt (%.200s)", p->prompt.text ? p->prompt.text : "any");
}

static void not_ready(struct dialogue *d, const char *what)
{
    char shown[WORDS_SIZE], wanted[240];
    struct login_sight sight;
    enum fail_class class = FAIL_PROMPT;
    login_why_ended(&d->login, &d->stream, d->config.rules, &d->matcher, &sight);
    if (d->stage <= STAGE_FIRST && sight.kind == LOGIN_REFUSED) {
        entering_refused(d, &sight);
        return;
    }
    if (d->stream.total == 0)
        class = FAIL_SILENCE;
    else if (d->stage == STAGE_LOGIN && !d->login.asked)
        class = FAIL_LOGIN_PROMPT;
    words_last_seen(&d->config, &d->stream, shown);
    expected(d, wanted, sizeof wanted);
    turn_fail(d, class, "%s while %s: expected %s, last seen: %s", what, dialogue_doing(d), wanted,
              shown);
}

/* What is to be named in a sentence: of the inputs the one that runs; never a secret. NULL: none.
 */
static const char *running(const struct dialogue *d)
{
    const struct input *in =
        d->cur.kind == INPUT_COMMAND && !d->cur.proved_twice ? &d->cur : &d->next;
    bool nameless = in->kind == INPUT_NONE || in->kind == INPUT_RESPONSE;
    return !nameless && in->text && *in->text ? in->text : NULL;
}

void late_silence(struct dialogue *d)
{
    char what[80], shown[WORDS_SIZE];
    double s = (double)turn_silence_ms(d) / 1000;
    snprintf(what, sizeof what, "nothing came for %g s", s);
    if (!d->ready) {
        not_ready(d, what);
        return;
    }
    words_last_seen(&d->config, &d->stream, shown);
    const char *text = running(d);
    if (d->next.kind == INPUT_COMMAND && d->next.text && d->owed.echoed >= ECHO_BEGUN)
        turn_fail(d, FAIL_SILENCE,
                  "%s: the device echoed only %zu of the %zu bytes of '%.160s', which may be too "
                  "long for its line; last seen: %s",
                  what, d->owed.echoed, strlen(d->next.text), d->next.text, shown);
    else if (text)
        turn_fail(d, FAIL_SILENCE, "%s while waiting for the end of '%.160s'; last seen: %s", what,
                  text, shown);
    else
        turn_fail(d, FAIL_SILENCE, "%s while waiting for the prompt; last seen: %s", what, shown);
}

void late_timeout(struct dialogue *d, enum fail_class class)
{
    char shown[WORDS_SIZE];
    if (!d->ready) {
        not_ready(d, class == FAIL_CONNECT_TIMEOUT ? "the time to get ready was over"
                                                   : "the total time was over");
        return;
    }
    words_last_seen(&d->config, &d->stream, shown);
    turn_fail(d, FAIL_TOTAL_TIMEOUT, "the total time was over while %s; last seen: %s",
              dialogue_doing(d), shown);
}

void late_too_much(struct dialogue *d, size_t limit, const char *of)
{
    const char *text = running(d);
    turn_fail(d, FAIL_TOO_MUCH_OUTPUT, "more than %zu bytes from one %s while %s%s%.160s%s", limit,
              of, dialogue_doing(d), text ? " ('" : "", text ? text : "", text ? "')" : "");
}
