/* Until the first prompt: is it a question for a name or a password, a refusal, "press RETURN"?
 *
 * A judge: it returns what it sees; what was answered is noted by the turn through login_answered.
 * A question for a name, and one for a password right behind our name, are answered at once. Any
 * other must stand still first: a banner cut by a chunk reads the same. */
#ifndef POLLER_DIALOGUE_LOGIN_H
#define POLLER_DIALOGUE_LOGIN_H

#include "dialogue/prompt.h"
#include "dialogue/rules.h"
#include "dialogue/stream.h"

#define LOGIN_USERS_MAX   2 /* a name may have gone to a line of a banner */
#define LOGIN_RETURNS_MAX 3

enum login_kind {
    LOGIN_NOTHING,
    LOGIN_USER,         /* asks for the name */
    LOGIN_PASSWORD,     /* for the password */
    LOGIN_AGAIN,        /* for either, which was given */
    LOGIN_NEW_PASSWORD, /* wants another password first */
    LOGIN_QUESTION,     /* asks something else */
    LOGIN_RETURN,       /* "Press RETURN to get started." */
    LOGIN_REFUSED,      /* says that we are not let in; or only a line of a message of the day */
    LOGIN_NO_SESSION,
    LOGIN_PROMPT /* none of these: it may be a prompt */
};

struct login {
    bool asked, password_sent;
    unsigned users;  /* names sent */
    size_t question; /* start of the line that was answered last */
    size_t since;    /* what stands before it was judged */
    size_t returns;
    bool after_user; /* our name was the last answer */
};

struct login_sight {
    enum login_kind kind;
    bool at_once;   /* else it must stand still */
    char line[160]; /* of a refusal */
    size_t line_len;
};

/* in_stream: names and passwords are asked for in the stream (Telnet). */
void login_look(const struct login *l, const struct stream *s, const struct dialogue_rules *r,
                const struct matcher *m, bool in_stream, struct login_sight *sight);

/* Says the stream, which has ended, why? */
void login_why_ended(const struct login *l, const struct stream *s, const struct dialogue_rules *r,
                     const struct matcher *m, struct login_sight *sight);

/* The question that stands there was answered. */
void login_answered(struct login *l, const struct stream *s, enum login_kind kind);

#endif
