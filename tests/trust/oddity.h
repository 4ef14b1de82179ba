/* What may be unusual about a session. A harmless one happens on healthy devices every day and
 * imitates nothing; a hostile one imitates a prompt, a pager or a question, or loses bytes. */
#ifndef TRUST_ODDITY_H
#define TRUST_ODDITY_H

#include <stdbool.h>

enum oddity {
    ODD_CUTS,         /* chunks end anywhere */
    ODD_BYTES,        /* byte by byte */
    ODD_SLOW,         /* pauses between whole lines */
    ODD_TYPED_SLOWLY, /* a serial console: keys arrive one by one */
    ODD_LOG_IN_OUTPUT,
    ODD_LOG_BEHIND_PROMPT,
    ODD_LOG_IN_ECHO,
    ODD_SAME_TWICE, /* the same command twice */
    ODD_PAGER,      /* a pager that cannot be turned off */
    ODD_NO_LAST_LF,
    ODD_BLANKS, /* trailing blanks, blank lines */
    ODD_COLOURS,
    ODD_WRAPPED,
    ODD_SCROLLED,
    ODD_REDRAWN, /* the line is drawn anew at each key */
    ODD_ECHO_TWICE,
    ODD_CHANGING_PROMPT,
    ODD_UPPER_LINE,
    ODD_DOUBLE_ENTER,
    ODD_NO_ERASE,
    ODD_PROMPT_LINE,      /* the own prompt as a whole line */
    ODD_PROMPT_OPEN,      /* the own prompt, a pause, and the line goes on */
    ODD_PROMPT_BLANK,     /* a prompt line, a pause, a blank line */
    ODD_PROMPT_LAST,      /* the output ends in the own prompt's text, without a line end */
    ODD_PROMPT_NEXT,      /* prompt and next input, as in a log of this session */
    ODD_FOREIGN,          /* another device's prompt */
    ODD_PAGER_TEXT,       /* a pager's mark as text */
    ODD_QUESTION,         /* a question as text, and a pause */
    ODD_BANNER,           /* a question in a banner */
    ODD_LONG_LAST,        /* over 512 bytes without a line end */
    ODD_LOST_AT_FIRST,    /* what is typed right behind the first prompt is thrown away */
    ODD_LOST_TYPED_AHEAD, /* what is typed while a command runs is thrown away */
    ODD_CUT_IN_OUTPUT,
    ODD_CUT_AT_PROMPT, /* behind a true prompt, or behind text that looks like one */
    ODD_CUT_AT_LOGOUT,
    ODD_SILENT,
    ODDITIES
};

const char *oddity_name(enum oddity o);
bool oddity_is_hostile(enum oddity o);

#endif
