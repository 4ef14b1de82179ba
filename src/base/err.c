#include <poller/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum exit_kind { EXIT_WELL = 0, EXIT_OURS = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 3, EXIT_REFUSED = 4 };
enum { EXIT_COMMAND = 5, EXIT_INTERRUPTED = 130 };

static const struct {
    const char *name;
    int exit_code;
} classes[FAIL_COUNT] = {
    [FAIL_NONE] = {NULL, EXIT_WELL},
    [FAIL_DNS] = {"dns", EXIT_REFUSED},
    [FAIL_REFUSED] = {"refused", EXIT_REFUSED},
    [FAIL_UNREACHABLE] = {"unreachable", EXIT_REFUSED},
    [FAIL_CONNECT_TIMEOUT] = {"connect_timeout", EXIT_TIMEOUT},
    [FAIL_NOT_SSH] = {"not_ssh", EXIT_REFUSED},
    [FAIL_KEX] = {"kex", EXIT_REFUSED},
    [FAIL_HOSTKEY_UNKNOWN] = {"hostkey_unknown", EXIT_REFUSED},
    [FAIL_HOSTKEY_CHANGED] = {"hostkey_changed", EXIT_REFUSED},
    [FAIL_AUTH] = {"auth", EXIT_REFUSED},
    [FAIL_NO_SESSION] = {"no_session", EXIT_REFUSED},
    [FAIL_ENABLE] = {"enable", EXIT_REFUSED},
    [FAIL_LOGIN_PROMPT] = {"login_prompt", EXIT_REFUSED},
    [FAIL_PROMPT] = {"prompt", EXIT_TIMEOUT},
    [FAIL_SILENCE] = {"silence", EXIT_TIMEOUT},
    [FAIL_TOTAL_TIMEOUT] = {"total_timeout", EXIT_TIMEOUT},
    [FAIL_COMMAND_ERROR] = {"command_error", EXIT_COMMAND},
    [FAIL_TRUNCATED] = {"truncated", EXIT_COMMAND},
    [FAIL_TOO_MUCH_OUTPUT] = {"too_much_output", EXIT_COMMAND},
    [FAIL_PEER_CLOSED] = {"peer_closed", EXIT_COMMAND},
    [FAIL_CANCELLED] = {"cancelled", EXIT_INTERRUPTED},
    [FAIL_WORKER_LOST] = {"worker_lost", EXIT_OURS},
    [FAIL_INTERNAL] = {"internal", EXIT_OURS},
    [FAIL_USAGE] = {"usage", EXIT_USAGE},
};

/* Where several apply, the first wins. */
static const int exit_order[] = {EXIT_INTERRUPTED, EXIT_USAGE,   EXIT_OURS,
                                 EXIT_REFUSED,     EXIT_TIMEOUT, EXIT_COMMAND};

const char *fail_name(enum fail_class c)
{
    return (unsigned)c < FAIL_COUNT ? classes[c].name : NULL;
}

enum fail_class fail_by_name(const char *name)
{
    for (int c = FAIL_NONE + 1; c < FAIL_COUNT; c++)
        if (strcmp(classes[c].name, name) == 0)
            return (enum fail_class)c;
    return FAIL_NONE;
}

int fail_exit_code(enum fail_class c, bool was_ready)
{
    if (c == FAIL_PEER_CLOSED && !was_ready)
        return EXIT_REFUSED;
    return (unsigned)c < FAIL_COUNT ? classes[c].exit_code : EXIT_OURS;
}

int fail_exit_merge(int a, int b)
{
    for (size_t i = 0; i < sizeof exit_order / sizeof *exit_order; i++)
        if (a == exit_order[i] || b == exit_order[i])
            return exit_order[i];
    return EXIT_WELL;
}

/* A cut must not leave half a UTF-8 character behind. */
static void drop_cut_character(char *text, size_t len)
{
    size_t at = len;
    while (at > 0 && len - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (want > 1 && len - (at - 1) < want)
        text[at - 1] = '\0';
}

static void put_text(char *text, const char *format, va_list ap)
{
    int n = vsnprintf(text, ERR_TEXT_MAX, format, ap);
    if (n >= ERR_TEXT_MAX)
        drop_cut_character(text, ERR_TEXT_MAX - 1);
    /* Files and devices are quoted in it: a sentence stays one line, and obeys nobody. */
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = *c == '\n' || *c == '\t' ? ' ' : '?';
}

int err_set(struct err *e, enum fail_class c, const char *format, ...)
{
    if (!e || err_is_set(e))
        return -1;
    e->class = c;
    va_list ap;
    va_start(ap, format);
    put_text(e->text, format, ap);
    va_end(ap);
    return -1;
}

void err_prefix(struct err *e, const char *format, ...)
{
    if (!e || !err_is_set(e))
        return;
    char old[ERR_TEXT_MAX];
    memcpy(old, e->text, sizeof old);
    va_list ap;
    va_start(ap, format);
    put_text(e->text, format, ap);
    va_end(ap);
    size_t len = strlen(e->text);
    if ((size_t)snprintf(e->text + len, ERR_TEXT_MAX - len, "%s", old) >= ERR_TEXT_MAX - len)
        drop_cut_character(e->text, ERR_TEXT_MAX - 1);
}

void err_clear(struct err *e)
{
    e->class = FAIL_NONE;
    e->text[0] = '\0';
}
