/* The director: what runs, what is sent next, and which proofs a command has.
 *
 * The state is a stage, two inputs, what is owed, and deadlines. `cur` is the input whose output is
 * being read; `next` is one that was sent at a prompt and whose echo is owed. Below stand what owns
 * one thing (stream, sending, outcome) and judges that return what they see; here alone is decided
 * what follows from it. Ten rooms share the state:
 *
 *   turn.c     the primitives: the one that changes the stage, sends, settles, begins an input
 *   script.c   which input comes next
 *   entering.c  what is done with what stands in the stream until the first prompt
 *   reading.c  the same while an output is read
 *   waiting.c  the same while an echo is owed
 *   place.c    where an output ends
 *   settling.c  what is whole is settled, or held for a while
 *   hindsight.c  evidence that comes later, and what it corrects
 *   closing.c  failures, the log-out, the end of a round and of the stream
 *   late.c     deadlines and caps
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
    struct prompt_text
        home; /* the prompt at which the set-up left us: digits are typed there alone */

    enum stage stage;
    struct input cur, next;
    size_t out_start;         /* of cur */
    size_t out_end, out_next; /* of cur, where its prompt was seen; if that was false */
    size_t second_at;         /* the stream's end when its second proof was asked for */
    struct held held;
    enum echo_state echo;
    enum nonce_state nonce;
    bool wants_nonce; /* digits are to be typed; where they do not work, `second` is demanded */
    bool wiped;            /* their echo was wiped out as by a key that erases */
    uint32_t refused_with; /* hash of the refusal, in NONCE_REFUSED */
    bool log_only;     /* only log lines came since cur's echo */
    bool first_line;   /* the first line behind it was not looked at yet */
    bool edited;       /* this command line wipes digits out as no kernel does */
    bool bracketed;    /* a shell with line editing: it brackets what is pasted */
    bool terminal;     /* a Unix terminal: its kernel echoes what is typed ahead */
    bool no_line_ends; /* it does not even echo a line end */
    bool miscounted;   /* without echo, a prompt too many came: what is read since may be shifted */
    bool redraws;      /* prompt and input are drawn again right behind the echo */
    bool echoes_twice;
    bool alone;              /* a line end and nothing else came right behind the empty line */
    struct mono line_end_at; /* when that came; or unset */
    unsigned tries;          /* of next */
    uint64_t sequence;       /* of digits */
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
    bool ready, over, settled, finished, taken; /* over: the commands are */
};

/* --- turn.c --- */

/* The verdict, and nothing more is looked at; what runs is given up when the step ends. */
void turn_fail(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The only writer of the stage. */
void turn_to(struct dialogue *d, enum stage stage);
/* Looks at what has come until there is nothing more to be made of it. */
void turn_look(struct dialogue *d);
/* Sends text as it is; with line_end the platform's. */
void turn_say(struct dialogue *d, const char *text, bool line_end, bool secret);
/* An empty line, to see where we are; counted. */
void turn_nudge(struct dialogue *d);
/* The tail is a prompt, and cur's output ended at out_end: send what comes next. stray bytes at the
 * tail's end are echoes of a pager's key. */
void turn_accept(struct dialogue *d, size_t prompt, unsigned proofs, size_t stray);
/* A mark was text. True: the key that was to answer it stands behind it. */
bool turn_take_back_key(struct dialogue *d);
void turn_send(struct dialogue *d, const struct input *input);
/* The only writers of what is current and what is next: the rooms below say what was seen of them.
 * next is no more owed; cur is over; next is cur; in runs at once, by exec. */
void turn_drop_next(struct dialogue *d);
void turn_drop_cur(struct dialogue *d);
void turn_take_next(struct dialogue *d);
void turn_run(struct dialogue *d, const struct input *in);
/* cur ended at d->out_end; next takes its place, its output beginning at out_start. */
void turn_promote(struct dialogue *d, size_t out_start, unsigned proofs);
void turn_wait(struct dialogue *d, enum hold hold);
/* A kernel's terminal may stand behind it, which echoes at once. */
bool turn_is_unix_like(const struct dialogue *d);
int64_t turn_silence_ms(const struct dialogue *d);
/* The first input of another round, or the log-out. */
void turn_resume(struct dialogue *d);
/* A prompt that was proved. */
void turn_prove(struct dialogue *d, const char *text, size_t n);

/* --- place.c --- */

/* cur's output ends at the prompt that sight names. */
void place_set(struct dialogue *d, const struct sight *sight);
/* The same where the echo of next was seen, and where the prompt came twice: counted, our own line
 * ends left out, and in doubt where they cannot be told from the output's. */
void place_of_echo(struct dialogue *d, const struct sight *sight);
void place_of_second(struct dialogue *d, const struct sight *sight);
void place_note_log(struct dialogue *d, const struct sight *sight);
/* The first n empty lines since next was sent; `answered` of them brought prompts of their own. */
void place_omit_empties(struct dialogue *d, size_t n, size_t answered, const struct sight *sight);

/* --- settling.c --- */

/* cur, a command, is whole up to d->out_end. */
struct span settling_span(const struct dialogue *d);
/* It is settled; or held, where what comes may correct it: an output that was held is settled then.
 */
void settling_hold(struct dialogue *d, size_t out_start);
/* What is held, with these proofs besides. */
void settling_release(struct dialogue *d, unsigned proofs);

/* --- hindsight.c --- */

extern const char hindsight_surplus_doubt[]; /* of what a prompt too many may have ended */

/* Looks at the lines that ended since cur's echo for what speaks about that echo: it is drawn
 * again. */
void hindsight_look(struct dialogue *d);
/* An output that is about to be settled holds our prompt at the beginning of a line: where a kernel
 * may have echoed, it or the one before is in doubt. */
void hindsight_of_prompts(struct dialogue *d, struct span *what);
/* cur, a command without echo, begins with a prompt too many: the one before may have ended too
 * early. */
void hindsight_surplus(struct dialogue *d);
/* The stream ended behind the log-out: did a prompt stand there? */
void hindsight_at_end(struct dialogue *d);
/* Known prompts and nothing else stand on the last line, more than one. */
void hindsight_prompts_on_one_line(struct dialogue *d);
/* A prompt stands behind the log-out. True: it is one too many, the last command's own. */
bool hindsight_at_logout(struct dialogue *d);

/* --- script.c --- */

/* The next input into in; INPUT_NONE when nothing is to be sent. */
void script_next(struct dialogue *d, struct input *in);
void script_exec_next(struct dialogue *d);
/* Can its commands go by exec? */
bool script_exec_wanted(const struct dialogue *d, const struct job *job);
void script_respond(struct dialogue *d);

/* --- entering.c --- */

bool entering_look(struct dialogue *d);
/* Quiet, and what was held back is believed. */
void entering_quiet(struct dialogue *d, enum hold hold);
/* Quiet for longer. True: the tail is taken for the first prompt. */
bool entering_long_quiet(struct dialogue *d);
/* The login was refused, with the device's words for it. */
void entering_refused(struct dialogue *d, const struct login_sight *sight);

/* --- reading.c --- */

bool reading_setup(struct dialogue *d);
bool reading_output(struct dialogue *d);
bool reading_logout(struct dialogue *d);
bool reading_pager(struct dialogue *d);
void reading_quiet(struct dialogue *d);
void reading_long_quiet(struct dialogue *d);

/* --- waiting.c --- */

bool waiting_look(struct dialogue *d);
/* The echo that was owed. */
bool waiting_echo(struct dialogue *d, const struct sight *sight);
void waiting_long_quiet(struct dialogue *d);

/* --- closing.c --- */

/* After turn_fail: what runs is given up, nothing more is sent. */
void closing_give_up(struct dialogue *d);
/* The verdict, where the device is at a prompt: the next input is the log-out. */
void closing_refuse(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void closing_settle(struct dialogue *d);
void closing_logout(struct dialogue *d, struct input *in);
void closing_logout_begun(struct dialogue *d);
void closing_logout_late(struct dialogue *d);
/* All that the round ran is settled; the device stands at its prompt. */
void closing_round(struct dialogue *d);
/* The session is over while nothing is owed: nothing fails. */
void closing_idle(struct dialogue *d);
void closing_stream_end(struct dialogue *d);
void closing_lost(struct dialogue *d, const char *why, size_t len);
void closing_exec_end(struct dialogue *d);

/* --- late.c --- */

void late_silence(struct dialogue *d);
void late_timeout(struct dialogue *d, enum fail_class class);
void late_too_much(struct dialogue *d, size_t limit, const char *of);

#endif
