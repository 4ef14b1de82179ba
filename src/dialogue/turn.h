/* The director: what runs, what is sent next, and which proofs a command has.
 *
 * The state is a stage, two inputs, what is owed, and deadlines. `cur` is the input whose output is
 * being read; `next` is one that was sent at a prompt and whose echo is owed. Below stand what owns
 * one thing (stream, sending, outcome) and judges that return what they see; here is decided what
 * follows from it. The director's rooms share the state and are a stack: each calls those below.
 *
 *   dialogue   events in, an update out
 *   look       what is looked at when bytes come, and when it has been quiet
 *   late       deadlines and caps
 *   exec       commands by exec
 *   ending     the end of the stream
 *   waiting    what is done with what stands in the stream while an echo is owed
 *   reading    the same while an output is read
 *   entering   the same until the first prompt
 *   advance    a prompt is believed, and what comes next is sent
 *   script     which input comes next
 *   closing    what runs is given up; the log-out; the end of a round
 *   settling   what is whole is settled, or held for a while
 *   place      where an output ends
 *   hindsight  evidence that comes later, and what it corrects
 *   learn      what echoes and prompts teach of this device
 *   turn       the primitives: the only writers of the stage, of which input is current and which
 * is next, of what proves and what doubts them
 */
#ifndef POLLER_DIALOGUE_TURN_H
#define POLLER_DIALOGUE_TURN_H

#include "dialogue/input.h"
#include "dialogue/login.h"
#include "dialogue/outcome.h"
#include "dialogue/owed.h"
#include "dialogue/pager.h"
#include "dialogue/prompt.h"
#include "dialogue/question.h"
#include "dialogue/setup.h"
#include "dialogue/words.h"

#include <poller/dialogue.h>

#define HOLD_MS     250  /* quiet before something that only looks like a prompt is one */
#define STILL_MS    500  /* before a password goes to a question that does not follow our name */
#define QUESTION_MS 2000 /* before a question that nobody answers is one */
#define NUDGE_MS    1000 /* before an empty line is sent to see where we are */
#define ALONE_MS    2    /* that part what came alone from what came in the same burst */
#define NUDGES_MAX  3
#define LOGOUT_MS   2000
#define LOGOUTS_MAX 3
#define SETUP_TRIES 3          /* of a set-up input that was thrown away */
#define OUT_MAX     (1u << 20) /* bytes that wait to be sent */
#define RECENT_MAX  4096       /* bytes of the stream's end that are searched again */
#define ECHO_BEGUN  16         /* bytes of an echo that are enough to say that it began */

enum stage {
    STAGE_NEW,      /* no stream yet */
    STAGE_LOGIN,    /* logging in inside the stream */
    STAGE_FIRST,    /* logged in: the first prompt */
    STAGE_SETUP,    /* pager, mode */
    STAGE_COMMANDS, /* ready */
    STAGE_IDLE,     /* a round ended; the session stays open */
    STAGE_LOGOUT,   /* sent; perhaps not settled yet */
    STAGE_EXEC,     /* a channel for each command */
    STAGE_DONE,
    STAGES
};

enum echo_state { ECHO_UNKNOWN, ECHO_YES, ECHO_NO };

enum nonce_state {
    NONCE_OFF,
    NONCE_UNTRIED, /* the first set-up input goes with digits */
    NONCE_TRIED,   /* it was echoed and wiped out; is it refused? */
    NONCE_REFUSED, /* it is: it goes again without, and is that refused as well? */
    NONCE_FAILED,  /* its digits stand there still: it goes again without */
    NONCE_WORKS,
    NONCE_PAUSED /* they did not come back: does the next input's echo, without them? */
};

/* What quiet would mean. */
enum hold {
    HOLD_NONE,
    HOLD_PROMPT,
    HOLD_USER,
    HOLD_PASSWORD,
    HOLD_AGAIN,
    HOLD_REFUSED,
    HOLD_NEW_PASSWORD,
    HOLD_QUESTION,
    HOLD_SECRET,
    HOLD_ANSWER,
    HOLD_RETURN,
    HOLD_GLUED,
    HOLD_FIRST
};

/* A command settled for now, while what comes may still show that its end was a false one. */
struct held {
    bool active;
    struct span what;
    size_t next_end;           /* where it ends if its prompt was part of the output */
    size_t scan;               /* first line not looked at yet */
    size_t echo_from, echo_to; /* the echo behind its prompt: a kernel's, if the prompt was false */
    bool again;                /* prompt and echo may be drawn again: a device that echoes */
};

struct dialogue {
    struct dialogue_config config;
    const struct platform *platform;
    const struct job *job;
    struct matcher matcher;

    struct stream stream;
    struct buf out;
    bool out_secret;
    struct outcome outcome;
    struct prompts prompts;
    struct owed owed;
    struct login login;
    struct pager pager;
    struct questions questions;
    struct setup setup;
    struct prompt_text home; /* where the set-up left us: digits are typed there alone */
    bool home_varies;        /* it had been seen to by then: "r2#" may be another host than "r1#" */

    enum stage stage;
    struct input cur, next;
    size_t out_start;         /* of cur */
    size_t out_end, out_next; /* of cur, where its prompt was seen; if that was false */
    size_t second_at;         /* the stream's end when its second proof was asked for */
    struct held held;
    enum echo_state echo;
    enum nonce_state nonce;
    bool wants_nonce; /* digits are to be typed; where they do not work, `second` is demanded */
    bool wiped;       /* their echo was wiped out as by a key that erases */
    uint32_t refused_with; /* hash of the refusal, in NONCE_REFUSED */
    bool log_only;         /* only log lines came since cur's echo */
    bool first_line;       /* the first line behind it was not looked at yet */
    bool edited;           /* this command line wipes digits out as no kernel does */
    bool bracketed;        /* a shell with line editing: it brackets what is pasted */
    bool terminal;         /* a Unix terminal: its kernel echoes what is typed ahead */
    bool no_line_ends;     /* it does not even echo a line end */
    bool miscounted; /* without echo, a prompt too many came: what is read since may be shifted */
    bool redraws;    /* prompt and input are drawn again right behind the echo */
    bool echoes_twice;
    bool coloured;              /* bytes that no text is stand in its prompts */
    bool alone;                 /* a line end and nothing else came right behind the empty line */
    struct mono line_end_at;    /* when that came; or unset */
    char comment[COMMENT_SIZE]; /* text of an input with `comment` */
    unsigned tries;             /* of next */
    uint64_t sequence;          /* of digits */
    enum hold hold;
    unsigned logouts;
    size_t logout_line; /* the prompt's line at which the last log-out was sent */
    size_t next_command;
    int exec_status; /* -1: none yet */
    bool by_exec;    /* each command has a channel of its own, in every round */

    struct dialogue_update *update;
    struct mono now, silence_at, quiet_at, nudge_at, logout_at;
    bool lost;                                  /* the connection broke */
    bool failed;                                /* in this step */
    bool cut;                                   /* in this step, behind the log-out */
    bool ready, over, settled, finished, taken; /* over: the commands are */
};

/* The verdict, and nothing more is looked at: the caller returns at once. What runs is given up
 * when the step ends. */
void turn_fail(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void turn_to(struct dialogue *d, enum stage stage);
/* Sends text as it is; with line_end the platform's. */
void turn_say(struct dialogue *d, const char *text, bool line_end, bool secret);
/* An empty line, to see where we are; counted. */
void turn_nudge(struct dialogue *d);
/* next goes out now; next is no more owed; cur is over; next is cur; in runs at once, by exec. */
void turn_put_next(struct dialogue *d, const struct input *in);
void turn_drop_next(struct dialogue *d);
void turn_drop_cur(struct dialogue *d);
void turn_take_next(struct dialogue *d);
void turn_run(struct dialogue *d, const struct input *in);
/* What is known of cur's output. why: static. */
void turn_add_proofs(struct dialogue *d, unsigned proofs);
void turn_drop_proofs(struct dialogue *d, unsigned proofs);
void turn_doubt(struct dialogue *d, const char *why);
/* The same of next's, which begins only. */
void turn_doubt_next(struct dialogue *d, const char *why);
void turn_wait(struct dialogue *d, enum hold hold);
/* A kernel's terminal may stand behind it, which echoes at once. */
bool turn_is_unix_like(const struct dialogue *d);
/* It is a terminal, and no line editor of its own reads there. */
bool turn_kernel_reads(const struct dialogue *d);
/* Digits are wiped out, in the way in which a kernel does it, too. */
bool turn_digits_as_kernel(const struct dialogue *d);
int64_t turn_silence_ms(const struct dialogue *d);
/* A prompt that was proved. */
void turn_prove(struct dialogue *d, const char *text, size_t n);

#endif
