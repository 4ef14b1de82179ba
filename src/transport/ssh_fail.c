/* Failures told apart: our own state first, then libssh's text by its beginning. */
#include "base/buf.h"
#include "base/escape.h"
#include "base/mask.h"
#include "transport/ssh.h"
#include "transport/ssh_algorithms.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_MAX 320
#define SAID_MAX 4096 /* bytes of a device's text that are looked at */

const char *ssht_printable(const struct ssht *t, const char *from, size_t n, char *out, size_t size)
{
    struct mask secrets;
    struct buf masked;

    mask_init(&secrets);
    mask_add(&secrets, t->config.password);
    mask_add(&secrets, t->config.passphrase);
    buf_init(&masked, SAID_MAX * sizeof(MASK_TEXT));
    out[0] = '\0';
    if (mask_piece(&secrets, from, n < SAID_MAX ? n : SAID_MAX, &masked) == 0)
        escape_bytes(ESCAPE_SENTENCE, buf_bytes(&masked), masked.len, out, size);
    mask_free(&secrets);
    buf_free(&masked);
    return out;
}

void ssht_keep_failure(struct ssht *t, enum fail_class class, const char *text)
{
    if (t->failure == FAIL_NONE) {
        t->failure = class;
        t->failure_text = strdup(text);
    }
    t->state = SSHT_FAILED;
}

enum io_result ssht_fail(struct ssht *t, struct err *e, enum fail_class class, const char *format,
                         ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    if (t->state != SSHT_FAILED || t->failure == FAIL_NONE) {
        struct err whole = {0};

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        err_set(&whole, class, "%.255s port %u %s", t->config.device->host, t->config.device->port,
                text);
        ssht_keep_failure(t, class, whole.text);
    }
    err_set(e, t->failure, "%s", t->failure_text != NULL ? t->failure_text : "memory is out");
    return IO_FAIL;
}

static const char *stage(const struct ssht *t)
{
    if (t->state <= SSHT_HOSTKEY)
        return t->session != NULL && ssh_get_serverbanner(t->session) == NULL
                   ? "before its SSH banner"
                   : "during the key exchange";
    if (t->state < SSHT_OPEN)
        return "during authentication";
    return t->stream < SSHT_STREAM_RUNNING ? "while a session was opened" : "in the session";
}

/* What devices say as they hang up. Texts first: they tell more than the numbers of RFC 4253. */
static const struct reason {
    const char *text; /* anywhere in theirs, in any case; NULL: any */
    int code;         /* 0: any */
    enum fail_class class;
    const char *advice;
} reasons[] = {
    {"authentication failure", 0, FAIL_AUTH, "check username and password or key"},
    {"no more auth", 0, FAIL_AUTH, "check username and password or key"},
    {"no more session", 0, FAIL_NO_SESSION, "its lines are all in use: free one, or try later"},
    {"too many", 0, FAIL_NO_SESSION, "its lines are all in use: free one, or try later"},
    {"maximum number", 0, FAIL_NO_SESSION, "its lines are all in use: free one, or try later"},
    {NULL, 3, FAIL_KEX, "try `legacy: true` for it"},
    {NULL, 8, FAIL_NOT_SSH, "it wants another version of the protocol"},
    {NULL, 12, FAIL_NO_SESSION, "its lines are all in use: free one, or try later"},
    {NULL, 13, FAIL_AUTH, "check username and password or key"},
    {NULL, 14, FAIL_AUTH, "check username and password or key"},
    {NULL, 15, FAIL_AUTH, "check the username"},
    {NULL, 0, FAIL_PEER_CLOSED, "its own log may say why"},
};

static const struct reason *reason_of(int code, const char *text)
{
    const struct reason *reason = reasons;

    while ((reason->text != NULL && strcasestr(text, reason->text) == NULL) ||
           (reason->code != 0 && reason->code != code))
        reason++;
    return reason;
}

/* "Received SSH_MSG_DISCONNECT: code:text" */
static enum io_result hung_up(struct ssht *t, struct err *e, const char *message)
{
    char *text;
    int code = (int)strtol(message, &text, 10);
    char said[PART_MAX];
    const struct reason *reason;

    text += *text == ':';
    reason = reason_of(code, text);
    ssht_printable(t, text, strlen(text), said, sizeof(said));
    return ssht_fail(t, e, reason->class, "hung up %s (reason %d): '%s'; %s", stage(t), code, said,
                     reason->advice);
}

/* Beginnings of other servers' greetings, so that the sentence can say what it is. */
static const struct greeting {
    const char *begin;
    enum fail_class class;
    const char *advice;
} greetings[] = {
    {"\xff", FAIL_NOT_SSH, "this looks like Telnet: set `transport: telnet`"},
    {"HTTP/", FAIL_NOT_SSH, "this is a web server: check the port"},
    {"SSH-1.", FAIL_NOT_SSH, "it speaks SSH version 1 alone, which is broken: enable version 2"},
    {"Exceeded MaxStartups", FAIL_PEER_CLOSED,
     "too many logins at once: fewer workers, or a higher MaxStartups there"},
    {"Not allowed at this time", FAIL_PEER_CLOSED,
     "it turned us away after failed logins (OpenSSH's penalties): wait, or exempt this address"},
    {"", FAIL_NOT_SSH, "check the port, or set `transport: telnet`"},
};

static enum io_result no_banner(struct ssht *t, struct err *e)
{
    const struct greeting *greeting = greetings;
    char said[PART_MAX];

    if (t->seen_len == 0)
        return ssht_fail(t, e, FAIL_PEER_CLOSED,
                         "closed the connection before its SSH banner, without a byte; it may have "
                         "no free line, limit logins, or not allow this address");
    while (strncmp(t->seen, greeting->begin, strlen(greeting->begin)) != 0)
        greeting++;
    ssht_printable(t, t->seen, t->seen_len, said, sizeof(said));
    return ssht_fail(t, e, greeting->class,
                     "sent '%s' where an SSH server's 'SSH-2.0-' was expected; %s", said,
                     greeting->advice);
}

static enum io_result in_key_exchange(struct ssht *t, struct err *e, const char *text)
{
    char part[ERR_TEXT_MAX - 64], said[ERR_TEXT_MAX - 64];

    if (ssh_get_serverbanner(t->session) == NULL || strstr(text, "No version of SSH") != NULL)
        return no_banner(t, e);
    if (ssht_algorithms_mismatch(text, part, sizeof(part))) {
        escape_bytes(ESCAPE_SENTENCE, part, strlen(part), said, sizeof(said));
        return ssht_fail(t, e, FAIL_KEX, "has %s", said);
    }
    ssht_printable(t, text, strlen(text), said, PART_MAX);
    return ssht_fail(t, e, FAIL_KEX, "failed in the key exchange: %s; %s", said,
                     strstr(text, "RSA_MIN_SIZE") != NULL || strstr(text, "not allowed") != NULL
                         ? "set `legacy: true` for it"
                         : "try `legacy: true` for it");
}

static enum io_result otherwise(struct ssht *t, struct err *e, const char *text)
{
    char said[PART_MAX];

    ssht_printable(t, text, strlen(text), said, sizeof(said));
    return ssht_fail(t, e, FAIL_PEER_CLOSED, "was lost %s%s%s; its own log may say why", stage(t),
                     said[0] != '\0' ? ": " : "", said);
}

/* libssh tells of it as of any other failure, in words if it comes to that; libcrypto's random
 * generator, once it could not be set up, fails for good. */
static bool is_out_of_memory(int error, const char *text)
{
    return error == ENOMEM || strstr(text, "Out of memory") != NULL ||
           strstr(text, "PRNG error") != NULL;
}

enum io_result ssht_lost(struct ssht *t, struct err *e)
{
    static const char socket_error[] = "Socket error: ";
    int error = errno;
    const char *text = t->session != NULL ? ssh_get_error(t->session) : "";

    if (t->farewell != NULL)
        text = t->farewell;
    if (strncmp(text, SSHT_DISCONNECT, strlen(SSHT_DISCONNECT)) == 0)
        return hung_up(t, e, text + strlen(SSHT_DISCONNECT));
    if (is_out_of_memory(error, text))
        return ssht_fail(t, e, FAIL_INTERNAL,
                         "was given up %s: no memory was left: use fewer workers (-n)", stage(t));
    if (t->state <= SSHT_HOSTKEY && ssh_get_serverbanner(t->session) == NULL)
        return no_banner(t, e);
    if (strncmp(text, socket_error, strlen(socket_error)) == 0) {
        text += strlen(socket_error);
        return ssht_fail(t, e, FAIL_PEER_CLOSED,
                         "closed the connection %s%s%s; its own log may "
                         "say why",
                         stage(t), strcmp(text, "disconnected") == 0 ? "" : ": ",
                         strcmp(text, "disconnected") == 0 ? "" : text);
    }
    if (t->state <= SSHT_HOSTKEY)
        return in_key_exchange(t, e, text);
    return otherwise(t, e, text);
}
