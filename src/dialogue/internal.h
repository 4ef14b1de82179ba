/* One dialogue from inside: shared by the rooms of dialogue/, private to them.
 *
 * The state is a position in a script (stage, and how far in it), two inputs, a bounded buffer and
 * three deadlines. `cur` is the input whose output is being read; `next` is one that was sent at a
 * prompt and whose echo is still owed. Until that echo comes, the prompt may be a false one: then
 * what comes belongs to cur, and the echo is looked for behind a later prompt (proof.c).
 *
 * Positions in the stream count from its beginning, so they stay true while the buffer's front is
 * dropped. */
#ifndef POLLER_DIALOGUE_INTERNAL_H
#define POLLER_DIALOGUE_INTERNAL_H

#include "base/buf.h"
#include "dialogue/clean.h"
#include "dialogue/echo.h"
#include "dialogue/rules.h"

#include <poller/dialogue.h>
#include <stdint.h>

#define TAIL_MAX    512   /* longest unterminated last line that may be a prompt or a question */
#define TAIL_RAW    2048  /* the same before it is cleaned */
#define BEFORE_MAX  65536 /* kept of what comes before the first prompt */
#define RECENT_MAX  4096  /* searched for what ends a login, and for a prompt under a log line */
#define SHOWN_MAX   120   /* bytes of the device's that a message shows */
#define NOWHERE     SIZE_MAX
#define HOLD_MS     250 /* quiet before something that only looks like a prompt or question is one */
#define NUDGE_MS    1000 /* quiet before an empty line is sent to see where we are */
#define NUDGES_MAX  3
#define LOGOUT_MS   2000
#define LOGOUTS_MAX 3

enum stage {
    STAGE_NEW,      /* no stream yet */
    STAGE_LOGIN,    /* logging in inside the stream */
    STAGE_FIRST,    /* logged in: the first prompt */
    STAGE_SETUP,    /* pager, mode */
    STAGE_COMMANDS, /* ready */
    STAGE_LOGOUT,   /* sent; perhaps not settled yet */
    STAGE_EXEC,     /* a channel for each command */
    STAGE_DONE,
    STAGES
};

enum input_kind {
    INPUT_NONE,
    INPUT_EMPTY,    /* an empty line: does the first prompt come again? */
    INPUT_SECOND,   /* an empty line after a command: the second proof */
    INPUT_SETUP,    /* of the platform's instructions */
    INPUT_PROMPTED, /* the same; a question follows */
    INPUT_RESPONSE, /* to that question; never echoed */
    INPUT_COMMAND,
    INPUT_LOGOUT
};

struct input {
    enum input_kind kind;
    const char *text;
    size_t command;                /* of INPUT_COMMAND: its index */
    const struct instruction *ins; /* of set-up inputs */
    unsigned proofs;
    struct mono sent_at, done_at; /* done_at: its prompt was seen */
    bool proved_twice;            /* the second proof is there */
    bool glued;                   /* its prompt stood behind text on the same line: ask again */
};

/* A prompt that was believed, at which `next` was sent. */
struct candidate {
    size_t at;         /* its line's start */
    size_t out_end;    /* where cur's output ends if it was true */
    size_t sent;       /* the stream's end when next was sent */
    size_t scan;       /* first line not looked at yet */
    size_t anchor;     /* the line on which the echo began */
    size_t echoed;     /* bytes of it that came on lines that ended */
    size_t lines;      /* that ended since, its own included */
    size_t again;      /* after other lines: where the prompt stood again; NOWHERE */
    size_t nudge_line; /* the line on which a prompt stood when an empty line was sent to see */
    size_t weak;       /* a line, behind others, that reads as the echo would; NOWHERE */
    size_t weak_end;   /* behind it */
    bool broken;       /* something else followed it on its line */
    bool other;        /* a line followed that is neither the prompt nor decoration */
    bool moved;        /* an earlier one was false */
};

/* What stays out of outputs: a pager's mark, or our own echo. */
struct omission {
    size_t from, to;
    bool mark;
};

/* A command settled for now, where echoes alone prove little (a Unix terminal), or where the end of
 * the stream is awaited. */
struct held {
    bool active;
    size_t command, start, end;
    unsigned proofs;
    size_t scan;               /* first line not looked at yet */
    size_t echo_from, echo_to; /* the echo behind its prompt: ours, if the prompt was false */
    double ms;
};

enum echo_state { ECHO_UNKNOWN, ECHO_YES, ECHO_NO };

struct setup {
    size_t open_at;                     /* next of the platform's on_open */
    const struct accessible_mode *edge; /* being walked; NULL: none */
    size_t edge_at;
    int target;      /* of the walk; -1: none */
    bool must;       /* a privilege asked for */
    bool default_in; /* the mode to poll in was dealt with */
    bool asked;      /* the question of the instruction came */
    int hops;
    size_t refused[8]; /* inputs refused before the mode changed: tried once more in it */
    size_t n_refused;
    bool again;
};

struct login {
    bool asked, user_sent, password_sent;
    size_t question; /* where the line began that was answered last */
    size_t since;    /* what stands before it was judged */
    size_t returns;
};

struct pager_state {
    size_t line; /* of the mark that was answered; NOWHERE: none now */
    size_t which;
};

struct dialogue {
    struct dialogue_config config;
    const struct dialogue_rules *rules;
    const struct platform *platform;
    const struct job *job;
    struct matcher matcher;
    struct match *answers; /* of the current command */
    size_t n_answers;
    size_t answered_line; /* NOWHERE: none */
    unsigned n_answered;
    size_t last_answer; /* which of the command's answers was given last; or NOWHERE */

    enum stage stage;
    struct input cur, next;
    size_t out_start; /* of cur */
    struct candidate cand;
    struct held held;
    struct setup setup;
    struct login login;
    struct pager_state pager;
    enum echo_state echo;
    bool confirmed; /* a prompt was proved */
    unsigned nudges;
    size_t nudged_at;   /* the stream's end at the last; NOWHERE: none for this command */
    unsigned spare;     /* line ends sent that may bring a prompt of their own */
    bool hold_prompt;   /* quiet makes the tail a prompt */
    bool hold_question; /* quiet makes it a question */
    unsigned logouts;
    size_t logout_line; /* the prompt's line at which the last log-out was sent */

    struct buf in;
    size_t base;       /* position of its first byte */
    size_t line_start; /* of the unterminated last line */
    size_t total;
    char *tail; /* in lines */
    size_t tail_len;
    bool tail_short; /* tail holds that line; else it is too long to be of interest */
    struct omission *omissions;
    size_t n_omissions, cap_omissions;

    char *prompt;      /* in lines */
    size_t prompt_len; /* 0: none learned yet */
    int mode;          /* -1: not one of the platform's */
    char *proved;      /* the last prompt that an echo proved; in lines */
    size_t proved_len;
    char *lines; /* room for line_max bytes of each of tail, prompt and proved: most are short, and
                    there is a dialogue for each of ten thousand sessions */
    size_t line_max;

    struct buf out;
    bool out_secret;
    struct dialogue_update *update;
    struct mono now, silence_at, quiet_at, nudge_at, logout_at;

    struct command_result *results;
    size_t n_results;
    size_t next_command;
    int exec_status;       /* -1: none yet */
    enum fail_class error; /* the verdict */
    char *error_text;      /* NULL: no memory was left for it */
    struct buf note;
    bool ready, over, settled, finished, taken; /* over: the commands are */
};

/* stream.c: the buffer */
int stream_add(struct dialogue *d, const char *data, size_t len);
void stream_read_tail(struct dialogue *d);
/* Makes room for lines of n bytes. False: memory is out. */
bool stream_line_room(struct dialogue *d, size_t n);
void stream_free_lines(struct dialogue *d);
/* The tail for a message: without blanks at its end, at most max bytes of it. */
int stream_tail_shown(const struct dialogue *d, int max);
const char *stream_at(const struct dialogue *d, size_t position);
size_t stream_end(const struct dialogue *d);
/* The position of the next LF in [from, end); NOWHERE. */
size_t stream_line_end(const struct dialogue *d, size_t from);
/* A line as text into to[TAIL_MAX]; its length, or NOWHERE when it is longer than that. */
size_t stream_line(const struct dialogue *d, size_t from, size_t to, char text[TAIL_MAX]);
void stream_drop_to(struct dialogue *d, size_t position);
/* Leaves these bytes out of outputs. */
void stream_omit(struct dialogue *d, struct omission what);
/* The omissions within [from, to), relative to from, in a fresh array (free); *n may be 0. NULL:
 * memory is out. */
struct clean_skip *stream_omissions(const struct dialogue *d, size_t from, size_t to, size_t *n);
/* The last bytes that came, escaped, secrets masked, in quotes; or: nothing. */
void stream_show(const struct dialogue *d, char *to, size_t size);
/* Answers a pager. True: the tail is its mark. */
bool pager_look(struct dialogue *d);

/* prompt.c */
enum prompt_judgement { PROMPT_NOT, PROMPT_HOLD, PROMPT_PATTERN, PROMPT_EXACT };
enum prompt_judgement prompt_judge(const struct dialogue *d, const char *text, size_t n);
bool prompt_is_like(const struct dialogue *d, const char *text, size_t n);
bool prompt_is_exact(const struct dialogue *d, const char *text, size_t n);
/* The line [from, to) is the learned prompt and nothing else. */
bool prompt_is_bare(const struct dialogue *d, size_t from, size_t to);
/* The line is one of those that the platform prints around its prompts. */
bool prompt_is_decoration(const struct dialogue *d, size_t from, size_t to);
/* "$ $ ": an empty line between was echoed long ago, so the two prompts stand on one line. */
bool prompt_is_doubled(const struct dialogue *d, const char *text, size_t n);
void prompt_learn(struct dialogue *d, const char *text, size_t n);
/* The tail is a prompt, and cur's output ended at out_end: learn it, send what comes next. */
void prompt_accept(struct dialogue *d, size_t out_end, unsigned proofs);
/* The same without learning it. */
void prompt_go_on(struct dialogue *d, size_t out_end, unsigned proofs);
bool prompt_look(struct dialogue *d);
/* Quiet, and something is held back. */
void prompt_quiet(struct dialogue *d);
/* Quiet for longer in the middle of an output: perhaps a log line follows the prompt. */
void prompt_nudge(struct dialogue *d);

/* proof.c */
/* The learned prompt is a true one. */
void proof_confirm(struct dialogue *d);
void proof_send(struct dialogue *d, const struct input *input);
bool proof_look(struct dialogue *d);
/* Quiet, and the echo that is owed has not come. */
void proof_quiet(struct dialogue *d);
/* cur ended at out_end; next takes its place, its output beginning at out_start. */
void proof_promote(struct dialogue *d, size_t out_end, size_t out_start, unsigned proofs);
void proof_nudge(struct dialogue *d);
/* Nothing speaks against the prompt at which next was sent. */
bool proof_stands(const struct dialogue *d);
/* Is the line [from, to) a prompt with input, or the beginning of it, behind? */
enum echo_result proof_line(const struct dialogue *d, size_t from, size_t to, const char *input,
                            size_t *matched);

/* held.c */
bool held_wanted(const struct dialogue *d);
void held_begin(struct dialogue *d, size_t out_end, size_t out_start);
bool held_look(struct dialogue *d);
void held_finish(struct dialogue *d, unsigned proofs);

/* login.c, setup.c */
bool login_look(struct dialogue *d);
bool first_look(struct dialogue *d);
void login_quiet(struct dialogue *d);
/* Quiet, and the tail asks for a new password. */
void login_question(struct dialogue *d);
/* True: the stream says why it will end (class and text are set). */
bool login_refused(struct dialogue *d);
/* The next input of the set-up into in, or INPUT_NONE when it is done or was given up. */
void setup_next(struct dialogue *d, struct input *in);
bool setup_look(struct dialogue *d);

/* command.c */
void command_begin(struct dialogue *d, size_t index, struct input *in);
bool command_look(struct dialogue *d);
/* It is cur now. */
void command_started(struct dialogue *d);
/* Its output is [start, end): whole, with these proofs. */
void command_settle(struct dialogue *d, const struct held *what);
/* What there is of it from start on, not whole. */
void command_give_up(struct dialogue *d, size_t index, size_t start, enum fail_class class,
                     const char *sentence);
/* Whether output holds a refusal; the line of it. */
const char *command_refusal(const struct platform *p, const char *output, size_t n, size_t *len);

/* Quiet, and the tail is a question that nobody answers. */
void command_question(struct dialogue *d);

/* ending.c */
/* The verdict: what runs is given up, nothing more is sent. */
void ending_fail(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The verdict, where the device is at a prompt: the next input is the log-out. */
void ending_refuse(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ending_settle(struct dialogue *d);
/* The log-out as the next input. */
void ending_input(struct dialogue *d, struct input *in);
/* It is cur now. */
void ending_begun(struct dialogue *d);
bool ending_look(struct dialogue *d);
/* Its time is over. */
void ending_late(struct dialogue *d);
void ending_stream_end(struct dialogue *d);
void ending_lost(struct dialogue *d, const char *why, size_t len);
void ending_note(struct dialogue *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* late.c: deadlines */
void late_silence(struct dialogue *d);
void late_timeout(struct dialogue *d, enum fail_class class);
void late_too_much(struct dialogue *d, size_t limit, const char *of);

/* exec.c */
bool exec_wanted(const struct dialogue *d);
void exec_next(struct dialogue *d);
void exec_end(struct dialogue *d);
bool exec_refused(struct dialogue *d);

/* dialogue.c */
void dialogue_out(struct dialogue *d, const char *text, bool line_end, bool secret);
int64_t dialogue_silence_ms(const struct dialogue *d);

#endif
