/* What can be wrong with a simulated device, by name. A device has at most one of these. */
#ifndef POLLER_LAB_DEVICES_MISBEHAVE_H
#define POLLER_LAB_DEVICES_MISBEHAVE_H

#include <poller/err.h>
#include <stdbool.h>

enum misbehaviour {
    MIS_NONE,
    /* Made by the inventory: there is nothing that could answer. */
    MIS_REFUSED,
    MIS_UNANSWERED,
    MIS_NAMELESS,
    MIS_WRONG_PASSWORD,
    /* The connection. */
    MIS_SILENT,
    MIS_NOT_SSH,
    MIS_RESETS,
    MIS_CHATTER,
    MIS_STALLS_KEX,
    MIS_OLD_ALGORITHMS,
    MIS_HOSTKEY_CHANGES,
    MIS_LOGIN_LIMIT,
    MIS_SESSION_LIMIT,
    /* Authentication. */
    MIS_AUTH_REFUSED,
    MIS_KBDINT_ONLY,
    MIS_KBDINT_ZERO,
    MIS_LOCKOUT,
    /* The log-in dialogue. */
    MIS_NO_FREE_LINE,
    MIS_STALLS_LOGIN,
    MIS_PASSWORD_CHANGE,
    MIS_BANNER_LIKE_PROMPT,
    MIS_PRESS_RETURN,
    /* Prompt and echo. */
    MIS_CHANGING_PROMPT,
    MIS_LOG_LINES,
    MIS_ECHO_OFF,
    MIS_ECHO_WRAPPED,
    MIS_ECHO_LATE,
    MIS_NO_ERASE,
    /* Output. */
    MIS_STALLS_OUTPUT,
    MIS_DRIPS,
    MIS_ENDLESS,
    MIS_CLOSES_OUTPUT,
    MIS_LAST_WORDS,
    MIS_PROMPT_IN_OUTPUT,
    MIS_STUBBORN_PAGER,
    MIS_BAD_BYTES,
    MIS_CR_ONLY,
    MIS_CR_NUL,
    MIS_LF_CR,
    MIS_ONE_BYTE,
    MIS_ONE_SEGMENT,
    /* Telnet. */
    MIS_TELNET_ENDLESS,
    MIS_TELNET_MUTE,
    MIS_COUNT
};

struct misbehaviour_entry {
    const char *name;
    const char *summary; /* what the device does, for --help and docs */
    bool ssh, telnet;    /* where it makes a difference */
    bool by_inventory;   /* poller-lab inventory makes it, the simulator has no part in it */
};

const struct misbehaviour_entry *misbehave_entry(enum misbehaviour m);

/* The number of a name for shares_parse; ctx is not used. "well" is MIS_NONE. An unknown name is an
 * error with the nearest known one. */
int misbehave_number(void *ctx, const char *name, struct err *e);

#endif
