/* The prompts of one device: is a line one of them?
 *
 * Two texts are known: the one that an echo or an empty line proved last, and the one at which we
 * sent something and that is not proved yet. A false prompt never replaces the proved one. A prompt
 * may have a part that changes (a counter, a clock, a star) and lines above it ("{master:0}"); both
 * are learned from what set-up inputs and empty lines bring, never from an output.
 *
 * Judges return what they see; what is learned is told them by the turn alone. */
#ifndef POLLER_DIALOGUE_PROMPT_H
#define POLLER_DIALOGUE_PROMPT_H

#include "dialogue/rules.h"
#include "dialogue/stream.h"

#define ABOVE_LINES 3   /* at most, of a prompt's upper lines */
#define ABOVE_MAX   400 /* bytes of them */

enum prompt_judgement {
    PROMPT_NOT,
    PROMPT_HOLD,    /* it may be one, or the beginning of one: quiet tells */
    PROMPT_PATTERN, /* the platform's pattern, with another text */
    PROMPT_EXACT    /* a text that is known; blanks behind it do not count */
};

struct prompt_text {
    char *text;
    size_t n, room;
};

struct prompts {
    const struct dialogue_rules *rules;
    const struct matcher *matcher;
    struct prompt_text believed, proved;
    struct prompt_text earlier; /* proved before this one: another mode's, or this one was text */
    bool confirmed;             /* one was proved */
    bool varies;                /* its middle changes: these bytes at both ends stay */
    size_t front, back;
    int mode;                 /* of the one believed last; -1: none of the platform's */
    int target;               /* the mode that the set-up is walking to; -1: none */
    struct prompt_text above; /* its upper lines, each with '\n' */
    struct prompt_text seen;  /* what stood above the prompt before this one */
    bool looked;              /* seen is set */
    bool compared;            /* with another: an upper line stands above the first prompt, too */
};

void prompts_init(struct prompts *p, const struct dialogue_rules *rules,
                  const struct matcher *matcher);
void prompts_free(struct prompts *p);

enum prompt_judgement prompt_judge(const struct prompts *p, const char *text, size_t n);
/* One of the platform's, known or not. */
bool prompt_is_like(const struct prompts *p, const char *text, size_t n);
/* Its last byte is one in which prompts end: > # $ % ] */
bool prompt_ends_as_one(const char *text, size_t n);
/* It is t, but for blanks behind it. */
bool prompt_is_text(const struct prompt_text *t, const char *text, size_t n);
/* Exactly a known one, or one that differs in the part that varies. */
bool prompt_is_known(const struct prompts *p, const char *text, size_t n);
/* A known one, or the beginning of one or of a line that stood above it: the rest may be on its
 * way. */
bool prompt_begins(const struct prompts *p, const char *text, size_t n);
/* It differs from the believed one in digits alone, as counters and clocks do. */
bool prompt_is_variant(const struct prompts *p, const char *text, size_t n);

/* The proved one begins text, and a line of a log stands behind it. */
bool prompt_has_log_behind(const struct prompts *p, const char *text, size_t n);

/* How many known prompts, one behind the other, text ends in; *rest gets the length of what
 * stands before them, at[] (if not NULL, for up to max) where they begin in text, the last one
 * first. */
size_t prompt_count(const struct prompts *p, const char *text, size_t n, size_t *rest, size_t *at,
                    size_t max);

/* Where in text the end of it begins that differs from the proved prompt in digits alone, before it
 * is known that they change; NOWHERE: there is none, or it is all of the text. */
size_t prompt_variant_at_end(const struct prompts *p, const char *text, size_t n);

/* Where the known prompt in which the line [from, to) ends begins; the line may be long. *text and
 * *n get it, if text is not NULL. NOWHERE: it ends in none. */
size_t prompt_at_end(const struct prompts *p, const struct stream *s, size_t from, size_t to,
                     char text[TAIL_MAX], size_t *n);

/* The line [from, to) is one that the platform prints around its prompts, or one of the upper lines
 * that were learned; first: or one that stood above the prompt before. */
bool prompt_is_decoration(const struct prompts *p, const struct stream *s, size_t from, size_t to,
                          bool first);

/* Above the prompt at `at` stand a blank line, lines of a log, and a known prompt: where the blank
 * line begins, which an empty line of ours brought; NOWHERE: not so. */
size_t prompt_line_end_behind_log(const struct prompts *p, const struct stream *s, size_t at,
                                  size_t floor);
/* Where on the line right above `at` a known prompt stands that is all of it, or with glued the end
 * of it; not before floor; NOWHERE. */
size_t prompt_above(const struct prompts *p, const struct stream *s, size_t at, size_t floor,
                    bool glued);

/* Where the prompt that stands at `at` begins with its upper lines, not before floor. */
size_t prompt_block(const struct prompts *p, const struct stream *s, size_t at, size_t floor);
/* The known prompt above the one at `at` and its upper lines, as prompt_above. */
size_t prompt_above_block(const struct prompts *p, const struct stream *s, size_t at, size_t floor,
                          bool glued);

/* -1: memory is out. The text may be the stream's tail. */
int prompt_believe(struct prompts *p, const char *text, size_t n);
int prompt_prove(struct prompts *p, const char *text, size_t n);
/* A prompt stands at `at`, and what came for its input begins at floor: learns the lines above it
 * when the prompt before had the same. Of a command's output only what looks like decoration may be
 * such a line, and only where it is known that this prompt has some, or the prompt is another one:
 * two commands may both end in "[OK]". */
void prompt_see_above(struct prompts *p, const struct stream *s, size_t at, size_t floor,
                      bool of_command);

/* --- for above.c --- */

/* A copy of text, which may lie in t itself; -1: memory is out. */
int prompt_keep(struct prompt_text *t, const char *text, size_t n);
void prompt_free(struct prompt_text *t); /* wipes */
/* Digits count as one, a star or none as the same: what counters, clocks and unsaved changes do. */
bool prompt_same_shape(const char *a, size_t n, const char *b, size_t len);
/* The n-th line of t, counted from its end; NULL: there are fewer. */
const char *prompt_line_of(const struct prompt_text *t, size_t back, size_t *len);

#endif
