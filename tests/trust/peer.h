/* A device in virtual time: gets what the client types, edits its line as its terminal does, reads
 * it when it is at its prompt, answers as the scene says. Truths are built beside the wire form.
 *
 * peer.c knows states and time, peer_output.c what a command prints, peer_input.c what is
 * typed. Times are milliseconds. */
#ifndef TRUST_PEER_H
#define TRUST_PEER_H

#include "tests/trust/line.h"
#include "tests/trust/scene.h"
#include "tests/trust/truth.h"
#include "tests/trust/wire.h"

#define USER     "lab"
#define PASSWORD "lab-password"
#define ENABLE   "enable-word"

enum peer_state {
    PEER_BANNER,   /* in the middle of one that reads as a question */
    PEER_USER,     /* asks for the user name */
    PEER_PASSWORD, /* of the log-in */
    PEER_ENABLE,   /* the same of enable */
    PEER_BUSY,     /* will show `answer` and the prompt */
    PEER_PROMPT,   /* reads */
    PEER_RUNNING,  /* a command of the script */
    PEER_PAGED,    /* in it, at a pager's mark */
    PEER_ENDING,   /* will end as scene->cut says */
    PEER_GONE      /* ended, or silent for ever */
};

struct peer {
    const struct scene *scene;
    struct random random; /* of chunks */
    enum peer_state state;
    int64_t now, next_at; /* when something happens by itself; WIRE_NEVER */
    struct wire *to_client;
    struct buf out;    /* shown at this moment */
    size_t shown;      /* bytes in all */
    struct buf in;     /* typed and not read yet; of a kernel: edited */
    struct line line;  /* being read */
    bool lf_owed;      /* to the CR before it: no ENTER of its own */
    struct line typed; /* the kernel's, not ended yet */
    struct buf answer; /* of PEER_BUSY */
    bool user_mode;
    char prompt[128]; /* as it is seen */
    unsigned counter;

    unsigned next; /* command of the script */
    unsigned running;
    unsigned piece;
    bool piece_begun, waited;
    char text[PIECE_WIRE];
    size_t text_n, text_at;
    int page;    /* lines on it */
    bool at_end; /* the pager's own end mark is shown */
    bool left;   /* it was answered */
    int64_t log_at;
    const struct log_event *log; /* that is due at log_at */
    bool echo_log_done;

    struct truth truths[COMMANDS_MAX];
    size_t prompt_end[COMMANDS_MAX]; /* bytes shown when the true prompt behind it was there */
    bool cut;                        /* the stream ended early, or went silent */
    bool lost;                       /* input that the device took as something else is gone */
    unsigned strange;                /* lines read that nobody meant to send */
    int64_t deaf_until;
};

void peer_init(struct peer *d, struct wire *to_client);
void peer_free(struct peer *d);
/* Ready for another scene; keeps its memory. */
void peer_begin(struct peer *d, const struct scene *scene);
/* At d->next_at, or later. */
void peer_step(struct peer *d, int64_t now);
void peer_receive(struct peer *d, int64_t now, const char *bytes, size_t n);

/* --- between its files --- */

void peer_show(struct peer *d, const char *text);
void peer_wait(struct peer *d, enum peer_state state, int64_t ms);
void peer_prompt(struct peer *d);
void peer_logged_in(struct peer *d);
/* The first half of a banner that stands there; false: none does. */
bool peer_banner(struct peer *d, bool behind);
/* The scene's untimely end, in delay_ms. */
void peer_end(struct peer *d);
/* Ended as it should be. */
void peer_close(struct peer *d, enum cut_how how);
void peer_log(struct peer *d, const struct log_event *log);

/* The script's next command was read: begin it. */
void output_begin(struct peer *d);
/* Goes on until a pause, a pager or the prompt. */
void output_run(struct peer *d);
/* A key at a pager's mark. */
void output_key(struct peer *d, char key);

/* Keys that the kernel edits at once, or keys to be read. */
void input_typed(struct peer *d, char key);
/* Reads what was typed, while at a prompt or question. */
void input_read(struct peer *d);
/* The kernel's unfinished line becomes readable: the terminal is raw now. */
void input_release(struct peer *d);

#endif
