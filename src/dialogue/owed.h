/* What is owed behind a prompt that was believed: the echo of the input that was sent there, or,
 * after an empty line, the same prompt again.
 *
 * Until it comes the prompt may be a false one: then what came belongs to the output, and the echo
 * is looked for behind a later prompt. A command is never sent again: what was typed ahead may
 * still be waiting at the device, or may have run.
 *
 * Prompts are counted: an input brings one, an empty line one. Those that stand one under another
 * with nothing but blank lines between are a run; where the echo stands at its end, the prompt that
 * ended the output is as far from there as empty lines were sent.
 *
 * An echo may be wrapped (its parts are whole lines, one after another) or interrupted (a log line
 * in the middle; then the rest of it, or prompt and all of it, stands on a line of its own).
 *
 * A judge: it looks at lines that have ended, each once, and keeps in struct owed how far it is; it
 * returns what it sees and changes nothing else. */
#ifndef POLLER_DIALOGUE_OWED_H
#define POLLER_DIALOGUE_OWED_H

#include "dialogue/input.h"
#include "dialogue/prompt.h"

#define RUN_MAX     16
#define EMPTIES_MAX 8 /* more than NUDGES_MAX, a probe and a second proof */

struct owed {
    size_t at;           /* start of the line on which the believed prompt stands */
    size_t prompt;       /* where the prompt itself stands: behind at where text stands before it */
    size_t here;         /* prompts that stood on that line when it was believed */
    size_t stack;        /* a prompt right above it that ended the output; NOWHERE: none */
    bool first;          /* the lines above the first prompt may come again */
    size_t sent;         /* the stream's end when next was sent */
    size_t scan;         /* first line not looked at yet */
    size_t lines;        /* that ended since, its own included */
    size_t run[RUN_MAX]; /* the prompts that stand one under another; n_run of them */
    size_t n_run;
    size_t blanks;      /* blank lines since the last prompt */
    size_t gap;         /* of them an empty line brings on this device; RUN_MAX: not known */
    bool no_line_ends;  /* it does not echo a line end: a prompt that one follows is text */
    size_t last_prompt; /* the last that stood bare; text may have followed */
    size_t text_lines;  /* lines that are neither prompt, blank nor decoration */
    bool any_other;     /* there was one that does not read as a log's */
    bool in_log;        /* the line before reads as a log's: one that is set in goes on */
    bool log_head;      /* … or announces one: the next line is its text */
    size_t other_lines; /* of those since a bare prompt, the ones that do not read as a log's */
    size_t empties[EMPTIES_MAX]; /* where the stream ended when we sent an empty line … */
    size_t n_empties;            /* … since the input before; n_before of them before next */
    size_t n_before;
    size_t answered;   /* of n_before: their prompts stood right above the believed one */
    unsigned spare;    /* prompts that line ends of ours may bring besides */
    bool double_enter; /* each line end brings two prompts */
    size_t anchor;     /* the line on which the echo began */
    size_t echoed;     /* bytes of it that came on lines that ended */
    bool hit;          /* the digits were seen, the text not all yet */
    size_t hit_end;    /* behind the line on which they were */
    bool log_behind;   /* a line of a log came since, and it was not quiet: prompt and text may be
                          drawn again key by key */
    unsigned digits;   /* of them, on the anchor's line, before something came between */
    size_t weak;       /* a line, behind others, that reads as the echo would; NOWHERE */
    size_t weak_end;   /* behind it */
    bool broken;       /* something else followed the believed prompt on its line */
    size_t glued;      /* a line that ended in a known prompt when a chunk did; NOWHERE */
    bool ahead;        /* the kernel echoed it before it was read: it comes again without digits */
    bool moved;        /* the believed prompt is a later one than that at which next was sent */
};

enum sight_kind {
    SIGHT_NOTHING,
    SIGHT_ECHO,  /* the echo: place, out_start, prompt */
    SIGHT_AHEAD, /* the kernel's echo, before the input was read: leave [place, out_start) out */
    SIGHT_AGAIN, /* the prompt again after an empty line: place, out_start (the last prompt) */
    SIGHT_OTHER  /* after an empty line another line stands where the first prompt did */
};

struct sight {
    enum sight_kind kind;
    size_t place;        /* the prompt that ended cur's output, without its upper lines */
    size_t place_next;   /* the prompt behind it, if that one was false */
    size_t out_start;    /* behind the echo */
    size_t run;          /* prompts that stand one under another there */
    size_t blanks;       /* blank lines between the last two prompts */
    bool one_line;       /* the last prompt stands on the line of the one before */
    unsigned owed;       /* prompts that may come yet */
    size_t prompts;      /* how many stood there, more than inputs brought */
    bool spared;         /* … or as many as line ends of ours may have brought besides */
    bool lacking;        /* a prompt too few came: lines of a log stood behind the first */
    bool log;            /* text stood between a prompt and the echo: an output's, or a log line */
    bool other;          /* … which does not read as a log's */
    size_t place_before; /* the prompt before `place` in the run; `place` where there is none */
    bool weak;           /* the place is guessed: the echo stands behind no prompt */
    bool not_erased;     /* the digits are there still */
    bool quoted;         /* they stand in a message, not behind a prompt */
    unsigned missing;    /* digits that something ate */
    bool redrawn;        /* the believed prompt came twice, and its line was drawn anew */
    bool log_on_line; /* a line of a log followed the echo on its line: our line end is to come */
    bool torn;        /* they were echoed before they were read, at least in part */
    enum erase_form form;
    bool glued;            /* the output lacks its last line end */
    char prompt[TAIL_MAX]; /* the prompt before the echo; prompt_len 0: none */
    size_t prompt_len;
};

/* A prompt is believed. What line ends of ours may bring besides stays owed. */
void owed_begin(struct owed *o, const struct stream *s, const struct prompts *p, size_t prompt);
void owed_sent_empty(struct owed *o, const struct stream *s);

/* Looks at the lines that ended since, for the echo of next. edited: this session's command line
 * wipes digits out as no kernel does. */
void owed_look_for_echo(struct owed *o, const struct stream *s, const struct prompts *p,
                        const struct input *next, bool edited, struct sight *sight);

/* The stream is over: its last line counts as one that has ended. */
void owed_look_at_end(struct owed *o, const struct stream *s, const struct prompts *p,
                      const struct input *next, bool edited, struct sight *sight);

/* The same for the prompt after an empty line; first: it is the one that shows whether the first
 * prompt comes again. patient: it has been quiet, so what is there is all. */
void owed_look_for_prompt(struct owed *o, const struct stream *s, const struct prompts *p,
                          bool first, bool patient, struct sight *sight);

/* Nothing speaks against the believed prompt: what came since is nothing but prompts. */
bool owed_stands(const struct owed *o);

/* Is it the known prompt with the end of input behind it? Something ate the beginning. */
bool owed_line_is_rest(const struct stream *s, const struct prompts *p, size_t from, size_t to,
                       const char *input);

/* Is the line [from, to) a known prompt, or one of the platform's, with input behind it? */
bool owed_line_is(const struct stream *s, const struct prompts *p, size_t from, size_t to,
                  const char *input);

#endif
