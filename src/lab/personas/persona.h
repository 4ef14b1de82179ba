/* What a kind of device says, as data (config/personas/README.md is the format).
 *
 * Loaded once, const, shared by every session of a process and inherited over fork. */
#ifndef POLLER_LAB_PERSONAS_PERSONA_H
#define POLLER_LAB_PERSONAS_PERSONA_H

#include "base/arena.h"
#include "base/buf.h"
#include "lab/personas/say.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERSONA_MODES_MAX    16
#define PERSONA_WORDS_MAX    12
#define PERSONA_COMMANDS_MAX 4096

enum { PERSONA_PASSWORD = 1, PERSONA_KBDINT = 2, PERSONA_PUBLICKEY = 4 };

struct persona_ssh {
    const char *version;
    struct say banner, question;
    unsigned auth; /* PERSONA_… bits */
    bool exec, exit_status;
};

/* One line of the first negotiation: a Telnet command and an option (RFC 854). */
struct persona_telnet_option {
    unsigned char command, option;
};

struct persona_telnet {
    const struct persona_telnet_option *options;
    size_t n_options;
    struct say greeting, user, password, refused, locked_out;
    int64_t attempts;
};

struct persona_pager {
    bool is_set, window;
    struct say text, erase;
    int64_t rows;
    const char *next_page, *next_line, *quit; /* keys */
};

/* What the echo of a key that erases looks like. */
enum persona_erase {
    ERASE_BS_BLANK_BS, /* for each sign BS, a blank, BS */
    ERASE_BS_EL,       /* BS for each sign, then el */
    ERASE_REDRAW       /* CR, the prompt, what is left of the line, el */
};

/* Who edits and echoes what is typed. */
enum persona_editor {
    EDITED_BY_DEVICE, /* as it reads: while it is busy nothing is echoed */
    EDITED_BY_SHELL, /* a Unix shell with an editor; while a command runs, the kernel, and the shell
                      * shows it once more as it reads */
    EDITED_BY_KERNEL /* a plain Unix shell: always the kernel, as it is typed */
};

struct persona_editing {
    enum persona_erase erase;
    enum persona_editor editor;
    struct say el;          /* clears to the line's end */
    struct say erase_empty; /* the echo where there is nothing to erase */
};

struct persona_mode {
    const char *name;
    struct say prompt;
};

/* A text, or `repeat` times a line. */
struct persona_part {
    struct say text;
    int64_t repeat;
};

enum persona_expects { EXPECTS_SECRET, EXPECTS_PASSWORD, EXPECTS_ANY };

struct persona_ask {
    bool is_set;
    struct say prompt, wrong, failed;
    enum persona_expects expects;
    int64_t attempts;
};

enum persona_pager_act { PAGER_STAYS, PAGER_OFF, PAGER_ON };

struct persona_command {
    const char *text; /* as written: `show version` */
    const char *words[PERSONA_WORDS_MAX];
    unsigned n_words; /* 0: the line is text, sign by sign, and nothing in it a wildcard */
    bool takes_rest;  /* the last word is ** */
    uint32_t modes;   /* bit i: mode i has it */
    const struct persona_part *parts;
    size_t n_parts;
    enum persona_pager_act pager;
    struct persona_ask ask;
    int enters;            /* mode, or -1 */
    bool logs_out, is_raw; /* is_raw: \n goes out as it is */
    bool is_recorded;      /* a device was seen to say this */
    struct say logout;
    int64_t exit_status, think_ms;
};

struct persona {
    const char *name, *platform;
    struct say hostname;
    bool privilege_secret, echo, abbreviates;
    const char *line_end;
    struct say input_done;
    struct persona_editing editing;
    struct persona_ssh ssh;
    struct persona_telnet telnet;
    struct persona_pager pager;
    struct say motd, no_free_line, press_return, password_expired, log_line, before_output;
    struct say unknown, incomplete, ambiguous;
    int64_t error_status;
    struct persona_mode modes[PERSONA_MODES_MAX];
    size_t n_modes;
    const struct persona_command *commands;
    size_t n_commands;
};

/* All personas of a run. */
struct persona_set {
    struct arena arena;
    const struct persona *items[64];
    size_t n;
};

/* The built-in ones, then those of dir/ *.yaml (NULL: none), which replace built-in ones of their
 * name. 0, or -1 with err (FAIL_USAGE, "file:line:column: …"). personas_free() in both cases. */
int personas_load(struct persona_set *set, const char *dir, struct err *e);
void personas_free(struct persona_set *set);

/* By name, or NULL. */
const struct persona *personas_find(const struct persona_set *set, const char *name);
/* For shares_parse: the place in items; ctx is the set. */
int personas_number(void *ctx, const char *name, struct err *e);

/* One persona from a text (file is its name in messages, name the persona's). NULL with err. What
 * it refers to lives in arena. */
struct persona *persona_read(const char *text, size_t len, const char *file, const char *name,
                             struct arena *arena, struct err *e);

enum persona_match { MATCH_ONE, MATCH_NONE, MATCH_INCOMPLETE, MATCH_AMBIGUOUS };

/* The command that a typed line means in a mode: words are compared whole, or as beginnings where
 * the persona abbreviates. Word for word from the left, a whole match beats a beginning, that beats
 * a `*`, and that a `**`. For MATCH_ONE *command is set; for the others *bad_at is where the first
 * word begins that no command has, or that may be one of several (len at the end of the line). */
enum persona_match persona_match(const struct persona *p, int mode, const char *line,
                                 const struct persona_command **command, size_t *bad_at);

/* Appends the whole output of a command (before_output too, in the first mode), with \n as line
 * ends. 0 or -1: memory or b's maximum. */
int persona_output(const struct persona *p, const struct persona_command *command,
                   const struct say_world *world, struct buf *b);

#endif
