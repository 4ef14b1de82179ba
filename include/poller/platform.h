/* Platforms: what a kind of device says and wants, as data.
 *
 * The files are in the scrapli definitions schema (version 2 of that project), so its published
 * ones load unchanged; what poller needs beyond it lives under the key `poller`. Patterns stay
 * text here, with their positions; dialogue/rules compiles them. Everything is const after load
 * and shared by all threads. */
#ifndef POLLER_PLATFORM_H
#define POLLER_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct platform_set;

/* A pattern: PCRE2 (caseless, multi-line), or with `exact` a plain text. text NULL: absent. */
struct platform_pattern {
    const char *text;
    bool exact;
    const char *file;
    int line;
    int column;
};

struct platform_pattern_list {
    const struct platform_pattern *items;
    size_t n;
};

enum instruction_kind {
    INSTRUCTION_SEND_INPUT,          /* send input, wait for the prompt */
    INSTRUCTION_SEND_PROMPTED_INPUT, /* send input, wait for prompt, send response, wait */
    INSTRUCTION_ENTER_MODE,          /* walk the modes to requested_mode */
    INSTRUCTION_WRITE                /* send input, wait for nothing */
};

struct instruction {
    enum instruction_kind kind;
    const char *input;
    struct platform_pattern prompt; /* of send_prompted_input */
    const char *response;           /* "__lookup::enable" stands for the enable secret */
    const char *requested_mode;
};

struct instruction_list {
    const struct instruction *items;
    size_t n;
};

/* One edge of the graph of modes. */
struct accessible_mode {
    size_t target; /* index into platform->modes */
    struct instruction_list instructions;
};

struct platform_mode {
    const char *name;
    struct platform_pattern prompt; /* prompt_exact or prompt_pattern */
    const char *const *excludes;    /* texts that a matching prompt must not contain */
    size_t n_excludes;
    const struct accessible_mode *accessible;
    size_t n_accessible;
};

/* A pager that may stop an output: its mark, and what shows the next page (default one space, sent
 * without a line end). Given as a pattern alone or as {pattern, response}. */
struct platform_pager {
    struct platform_pattern pattern;
    const char *response;
};

/* How a device echoes what is typed. */
enum platform_echo {
    PLATFORM_ECHO_DEVICE, /* when it reads it (network gear): the echo proves that it was read */
    PLATFORM_ECHO_TTY,    /* a Unix terminal: typed ahead, it may echo at once and again later */
    PLATFORM_ECHO_NONE
};

struct platform {
    const char *name;
    const char *const *aliases;
    size_t n_aliases;
    const char *file; /* "built-in" or its path */
    size_t index;     /* in its set */

    struct platform_pattern prompt; /* any prompt this platform may show */
    const char *const *excludes;
    size_t n_excludes;
    size_t default_mode; /* index into modes */
    const struct platform_mode *modes;
    size_t n_modes;
    const char *const *failure_indicators; /* plain texts, not patterns, as the schema has it */
    size_t n_failure_indicators;
    struct instruction_list on_open;
    struct instruction_list on_close;
    bool force_in_session_auth;  /* log in inside the stream even over SSH */
    bool bypass_in_session_auth; /* never log in inside the stream */
    const char *ntc_templates_platform;
    const char *genie_platform;

    /* `poller:` */
    const struct platform_pager *pagers;
    size_t n_pagers;
    struct platform_pattern login_user, login_password;
    struct platform_pattern_list login_failed;
    struct platform_pattern_list no_session;   /* "no free line" and its like */
    struct platform_pattern_list press_return; /* answered by a line end while logging in */
    bool learn_prompt;                         /* generic: any line that comes twice is a prompt */
    bool exec;                                 /* commands may go by SSH exec, a channel each */
    bool second_proof;                         /* an empty line after each command, prompt again */
    enum platform_echo echo;
    const char *line_end;   /* "\n", "\r" or "\r\n"; default "\n" over SSH and "\r\n" over Telnet
                               when NULL */
    int pty_cols, pty_rows; /* 0: the default 500 x 5000 for SSH; no NAWS answer for Telnet */
    const char *pty_term;   /* default "vt100" */
    const char *erase;      /* the key that erases the character before the cursor; default DEL when
                               NULL; "" where nothing is to be erased: no digits are sent then */
    const char *kill;       /* the key that erases the line, where a document names one; or NULL */
    const char *comment;    /* what begins a line that is ignored, where a document names it */
    const char *logout;     /* what logs out; default: the first write of on_close, else "exit" */
};

/* The built-in platforms, then every *.yaml of each directory in dirs, which add to and override
 * them by name; names stand before aliases. NULL with err (FAIL_USAGE: file:line:column, the key,
 * the nearest known name). Only a reference to a mode that is not there costs no more than that
 * platform, with a warning, where it overrides none: some published files have one. */
struct platform_set *platform_set_load(const char *const *dirs, size_t n_dirs, struct err *e);
void platform_set_free(struct platform_set *set);

/* By name or alias, case-sensitive; NULL when unknown. */
const struct platform *platform_find(const struct platform_set *set, const char *name);
/* The nearest known name to a wrong one, or NULL. */
const char *platform_nearest(const struct platform_set *set, const char *name);

size_t platform_count(const struct platform_set *set);
const struct platform *platform_at(const struct platform_set *set, size_t index);

/* The index of the mode of that name, or -1. */
int platform_mode_index(const struct platform *p, const char *name);

#endif
