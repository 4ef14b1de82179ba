/* A device's command line: bytes that were typed go in, what the device says comes out. The log-in
 * dialogue of Telnet, line editing and echo, modes, pager, and what a misbehaviour makes of them.
 *
 * No descriptor and no clock: time is an argument. One thread. What is typed ahead, typed as a
 * line, and waits to be said are bounded. */
#ifndef POLLER_LAB_SIM_CLI_H
#define POLLER_LAB_SIM_CLI_H

#include "base/buf.h"
#include "lab/devices/fleet.h"

#include <poller/clock.h>
#include <stdbool.h>
#include <stddef.h>

#define CLI_USER_MAX 64

enum cli_state {
    CLI_IDLE,     /* not started */
    CLI_USER,     /* reads a user name (Telnet) */
    CLI_PASSWORD, /* reads a password (Telnet) */
    CLI_CHECKING, /* the password, until due */
    CLI_RETURN,   /* waits for RETURN */
    CLI_CHANGE,   /* wants a new password */
    CLI_LINE,     /* reads a command */
    CLI_LATE,     /* holds the echo back, until due */
    CLI_THINKING, /* until due */
    CLI_ANSWER,   /* reads the answer to a command's question */
    CLI_MORE,     /* the pager waits for a key */
    CLI_PAUSED,   /* in an output, until due */
    CLI_DRIPPING, /* a byte whenever due */
    CLI_ENDLESS,  /* says more whenever all was sent */
    CLI_GREETING, /* a pause in the greeting, until due */
    CLI_STALLED,  /* never again */
    CLI_OVER
};

/* How it ended. */
enum cli_end {
    CLI_GOES_ON,
    CLI_LOGGED_OUT, /* the client asked for it, or a command by exec is through */
    CLI_HUNG_UP,    /* the device closed */
    CLI_LAST_WORDS  /* the device closed, in one segment with what it last said */
};

/* What a command line asks of the world around it. ctx is the caller's. */
struct cli_hooks {
    void *ctx;
    /* Whether this user may log in with that password (Telnet); counts it. */
    bool (*check)(void *ctx, const char *user, const char *password, struct mono now);
    /* A command was typed. */
    void (*command)(void *ctx, const char *line);
};

struct cli {
    const struct device *device; /* borrowed */
    struct cli_hooks hooks;
    enum cli_state state;
    enum cli_end end;
    struct buf typed; /* not looked at yet */
    struct buf line;  /* being typed */
    struct buf out;   /* for the caller to send and drop */
    struct buf later; /* of the output under way */
    const struct persona_command *command;
    struct mono due;

    size_t unfinished; /* of typed, at its end: what the kernel may still erase (cli_kernel.c) */
    unsigned rows;     /* of the client's window; 0: not told */
    unsigned tries, commands, endless;
    unsigned column; /* in which what is typed begins: behind the prompt */
    int mode, exit_status;
    bool is_telnet, is_exec, pages, after_cr, is_right, is_drained_often;
    bool holds;   /* what is in out belongs to a segment that is not complete */
    bool is_full; /* reads on when out was sent: the caller sets due then */
    char user[CLI_USER_MAX];
    const char *client; /* borrowed */
};

/* Borrows device and client, which outlive it. Allocates nothing. */
void cli_init(struct cli *c, const struct device *device, const char *client,
              const struct cli_hooks *hooks);
void cli_free(struct cli *c);

/* The beginning: a Telnet log-in dialogue; or a shell or one command, for a user who is in. */
void cli_open_telnet(struct cli *c, struct mono now);
void cli_open_shell(struct cli *c, const char *user, bool has_free_line, struct mono now);
void cli_open_exec(struct cli *c, const char *user, const char *line, struct mono now);

/* Whether a log-in that was right gets a line: asked once, before the first prompt. Telnet only. */
void cli_set_no_free_line(struct cli *c);

/* n bytes were typed. What is past the bound of typing ahead is dropped, as a terminal does it. */
void cli_input(struct cli *c, const char *bytes, size_t n, struct mono now);

/* due came, or everything in out was sent. */
void cli_tick(struct cli *c, struct mono now);

/* --- for the rooms cli_*.c --- */

/* Keys that edit a line. */
enum { KEY_INTERRUPT = 0x03, KEY_BS = 0x08, KEY_KILL = 0x15, KEY_DEL = 0x7f };

#define CLI_TYPED_MAX 8192
#define CLI_LINE_MAX  1024
#define CLI_OUT_MAX   (64u << 20)
/* Who does not read what is said is not listened to beyond this. */
#define CLI_OUT_ENOUGH (64u << 10)

/* Adds what a text says, or bytes as they are. The line ends of the device go in for \n. */
void cli_say(struct cli *c, const struct say *say);
void cli_put(struct cli *c, const char *bytes, size_t n);
void cli_put_raw(struct cli *c, const char *bytes, size_t n);
/* The same into any buffer. 0, or -1: memory or b's maximum. */
int cli_convert(const struct cli *c, const char *bytes, size_t n, struct buf *b);
struct say_world cli_world(const struct cli *c);

void cli_finish(struct cli *c, enum cli_end end);
void cli_wait(struct cli *c, enum cli_state state, struct mono now, int64_t ns);

/* Reads what was typed as long as the state takes input (cli_line.c). */
void cli_read(struct cli *c, struct mono now);
/* Whether a typed line is read now, and whether the device shows what is typed there. */
bool cli_reads_line(const struct cli *c);
bool cli_echoes(const struct cli *c);
/* Shows a sign of a line; a control sign as a terminal shows it, such as ^?. */
void cli_put_sign(struct cli *c, char sign);
/* Says the prompt of the mode. */
void cli_prompt(struct cli *c);
/* Says its last line once more. */
void cli_prompt_again(struct cli *c);

/* A Unix terminal's kernel (cli_kernel.c). Whether it takes what comes now, before anybody reads
 * it; whether no other than it edits and echoes. */
bool cli_kernel_takes(const struct cli *c);
bool cli_kernel_edits(const struct cli *c);
/* n bytes come: edits and echoes them, and keeps in typed what is left of them. */
void cli_kernel_input(struct cli *c, const char *bytes, size_t n);
/* A line that was typed where a command is read (cli_run.c). */
void cli_run(struct cli *c, const char *line, struct mono now);
/* Goes on with the command after its time to think. */
void cli_begin_output(struct cli *c, struct mono now);
/* The command that runs shows something: what goes wrong with outputs goes wrong with it. What only
 * sets the terminal up is let be. */
bool cli_shows(const struct cli *c);
/* The answer to the command's question. */
void cli_answer(struct cli *c, const char *line, struct mono now);
/* Shows more of the output (cli_output.c). */
void cli_flow(struct cli *c, struct mono now);
void cli_key(struct cli *c, char key, struct mono now);
void cli_drip(struct cli *c, struct mono now);
void cli_say_more(struct cli *c);
/* The output is through: what the command does, then the prompt. */
void cli_end_command(struct cli *c, struct mono now);

/* The log-in dialogue (cli_login.c). */
void cli_login_line(struct cli *c, const char *line, struct mono now);
void cli_login_checked(struct cli *c, struct mono now);
void cli_welcome(struct cli *c, struct mono now);
void cli_greeting_goes_on(struct cli *c, struct mono now);

#endif
