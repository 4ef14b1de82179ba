#include "lab/devices/misbehave.h"

#include "base/text.h"

#include <string.h>

#define BOTH true, true
#define SSH  true, false
#define TEL  false, true

static const struct misbehaviour_entry entries[MIS_COUNT] = {
    [MIS_NONE] = {"well", "does everything right", BOTH, false},
    [MIS_REFUSED] = {"refused", "nobody listens on its port", BOTH, true},
    [MIS_UNANSWERED] = {"unanswered", "its port accepts nobody and answers nothing", BOTH, true},
    [MIS_NAMELESS] = {"nameless", "its name does not resolve", BOTH, true},
    [MIS_WRONG_PASSWORD] = {"wrong_password", "the inventory has another password", BOTH, true},
    [MIS_SILENT] = {"silent", "accepts the connection and never says a word", BOTH, false},
    [MIS_NOT_SSH] = {"not_ssh", "answers with an HTTP error, then closes", SSH, false},
    [MIS_RESETS] = {"resets", "resets the connection as soon as it stands", BOTH, false},
    [MIS_CHATTER] = {"chatter", "says lines without end before its SSH version", SSH, false},
    [MIS_STALLS_KEX] = {"stalls_kex", "says its SSH version and no more", SSH, false},
    [MIS_OLD_ALGORITHMS] = {"old_algorithms", "offers group14-sha1, ssh-rsa, aes128-cbc, hmac-sha1",
                            SSH, false},
    [MIS_HOSTKEY_CHANGES] = {"hostkey_changes", "shows another host key every other time", SSH,
                             false},
    [MIS_LOGIN_LIMIT] = {"login_limit", "closes what exceeds its logins per second", BOTH, false},
    [MIS_SESSION_LIMIT] = {"session_limit", "has no free line beyond its sessions at once", BOTH,
                           false},
    [MIS_AUTH_REFUSED] = {"auth_refused", "refuses every password", BOTH, false},
    [MIS_KBDINT_ONLY] = {"kbdint_only", "takes keyboard-interactive alone, with an odd question",
                         SSH, false},
    [MIS_KBDINT_ZERO] = {"kbdint_zero", "as kbdint_only, with rounds of no question around it", SSH,
                         false},
    [MIS_LOCKOUT] = {"lockout", "after three refusals refuses everyone for a minute", BOTH, false},
    [MIS_NO_FREE_LINE] = {"no_free_line", "lets in, says that no line is free, closes", BOTH,
                          false},
    [MIS_STALLS_LOGIN] = {"stalls_login", "lets in and never shows a prompt", BOTH, false},
    [MIS_PASSWORD_CHANGE] = {"password_change", "asks for a new password before anything else",
                             BOTH, false},
    [MIS_BANNER_LIKE_PROMPT] = {"banner_like_prompt",
                                "its greeting holds its prompt, and pauses there", BOTH, false},
    [MIS_PRESS_RETURN] = {"press_return", "waits for RETURN before the first prompt", BOTH, false},
    [MIS_CHANGING_PROMPT] = {"changing_prompt", "counts the commands in its prompt", BOTH, false},
    [MIS_LOG_LINES] = {"log_lines", "a log line follows the prompt behind every output", BOTH,
                       false},
    [MIS_ECHO_OFF] = {"echo_off", "does not echo what is typed", BOTH, false},
    [MIS_ECHO_WRAPPED] = {"echo_wrapped", "wraps its echo at a narrow terminal", BOTH, false},
    [MIS_ECHO_LATE] = {"echo_late", "echoes after a third of a second", BOTH, false},
    [MIS_NO_ERASE] = {"no_erase", "takes keys that erase as signs of the line, and refuses it",
                      BOTH, false},
    [MIS_STALLS_OUTPUT] = {"stalls_output", "stops in the middle of an output", BOTH, false},
    [MIS_DRIPS] = {"drips", "sends an output a byte a second", BOTH, false},
    [MIS_ENDLESS] = {"endless", "never ends an output", BOTH, false},
    [MIS_CLOSES_OUTPUT] = {"closes_output", "closes in the middle of an output", BOTH, false},
    [MIS_LAST_WORDS] = {"last_words", "output, prompt and close in one segment", BOTH, false},
    [MIS_PROMPT_IN_OUTPUT] = {"prompt_in_output",
                              "shows its prompt in a line of an output, and at a line's start with "
                              "a pause behind it",
                              BOTH, false},
    [MIS_STUBBORN_PAGER] = {"stubborn_pager", "its pager cannot be turned off", BOTH, false},
    [MIS_BAD_BYTES] = {"bad_bytes", "escape codes, NUL and bad UTF-8 in every output", BOTH, false},
    [MIS_CR_ONLY] = {"cr_only", "ends lines with CR CR LF", BOTH, false},
    [MIS_CR_NUL] = {"cr_nul", "ends lines with CR NUL LF", BOTH, false},
    [MIS_LF_CR] = {"lf_cr", "ends lines with LF CR", BOTH, false},
    [MIS_ONE_BYTE] = {"one_byte", "sends every byte in a segment of its own", BOTH, false},
    [MIS_ONE_SEGMENT] = {"one_segment", "holds echo, output and prompt back for one segment", BOTH,
                         false},
    [MIS_TELNET_ENDLESS] = {"telnet_endless", "negotiates options for ever", TEL, false},
    [MIS_TELNET_MUTE] = {"telnet_mute", "never negotiates, and answers no negotiation", TEL, false},
};

const struct misbehaviour_entry *misbehave_entry(enum misbehaviour m)
{
    return &entries[m];
}

int misbehave_number(void *ctx, const char *name, struct err *e)
{
    const char *names[MIS_COUNT];
    (void)ctx;
    for (int i = 0; i < MIS_COUNT; i++) {
        names[i] = entries[i].name;
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    const char *near = text_nearest(name, names, MIS_COUNT);
    return err_set(e, FAIL_USAGE,
                   "--misbehave: nobody knows '%s'%s%s%s: poller-lab misbehaviours "
                   "lists them",
                   name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}
