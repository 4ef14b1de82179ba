/* Keyboard-interactive (RFC 4256): the device asks, in rounds; a round may ask nothing. */
#include "transport/ssh.h"

#include <string.h>

#define ROUNDS_MAX    10
#define QUESTIONS_MAX 16

/* What questions with echo ask for the name by. */
static bool asks_name(const char *question)
{
    static const char *const words[] = {"user", "login", "name", "account"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasestr(question, words[i]) != NULL)
            return true;
    }
    return false;
}

/* What to say, or NULL where we cannot know. The password is said once: what asks again without
 * echo asks for something else, or refused it. */
static const char *reply_to(struct ssht *t, const char *question, bool echo)
{
    if (!echo && !t->password_used) {
        t->password_used = true;
        return t->config.password;
    }
    return echo && asks_name(question) ? t->config.username : NULL;
}

static enum io_result reply(struct ssht *t, unsigned i, struct err *e)
{
    char echo = 0;
    const char *question = ssh_userauth_kbdint_getprompt(t->session, i, &echo);
    const char *text;
    bool again = t->password_used && echo == 0;

    if (question == NULL)
        return ssht_lost(t, e);
    ssht_printable(t, question, strlen(question), t->question, sizeof(t->question));
    text = reply_to(t, question, echo != 0);
    if (text == NULL)
        return ssht_fail(t, e, FAIL_AUTH, "asked '%s'%s, which only a person can answer; %s",
                         t->question, again ? " after the password" : "",
                         again ? "the password may have been refused or a code is wanted; it was "
                                 "not given twice"
                               : "use a key for this device");
    if (ssh_userauth_kbdint_setanswer(t->session, i, text) < 0)
        return ssht_lost(t, e);
    return IO_OK;
}

/* The answers of one round; none where nothing is asked, and that needs its call, too. */
static enum io_result answer_round(struct ssht *t, struct err *e)
{
    int n = ssh_userauth_kbdint_getnprompts(t->session);

    if (++t->rounds > ROUNDS_MAX || n < 0 || n > QUESTIONS_MAX)
        return ssht_fail(t, e, FAIL_AUTH,
                         "does not end its questions (round %u, %d at once; at most %d of %d are "
                         "answered); use a key for this device",
                         t->rounds, n, ROUNDS_MAX, QUESTIONS_MAX);
    for (unsigned i = 0; i < (unsigned)n; i++) {
        enum io_result rc = reply(t, i, e);

        if (rc != IO_OK)
            return rc;
    }
    return IO_OK;
}

enum io_result ssht_auth_kbdint(struct ssht *t, struct mono now, struct err *e)
{
    int rc = ssh_userauth_kbdint(t->session, t->config.username, NULL);

    if (rc == SSH_AUTH_INFO)
        return answer_round(t, e);
    return ssht_auth_answer(t, rc, "keyboard-interactive", "the password", now, e);
}
