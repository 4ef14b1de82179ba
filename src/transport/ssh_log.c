/* What libssh tells by its log alone. */
#include "transport/ssh.h"

#include <stdlib.h>
#include <string.h>

static void note_max_packet(struct ssht *t, const char *text)
{
    static const char mark[] = "maxpacket : ";
    const char *at = strstr(text, mark);

    if (at != NULL && strstr(text, "Remote window") != NULL)
        t->max_packet = (uint32_t)strtoul(at + strlen(mark), NULL, 10);
}

/* The session's own error text does not keep it: where an answer of ours was queued in the same
 * round, "Socket error" takes its place. */
static void note_farewell(struct ssht *t, const char *text)
{
    const char *at = strstr(text, SSHT_DISCONNECT);

    if (at != NULL && t->farewell == NULL)
        t->farewell = strdup(at);
}

/* Whose words they are, in this thread. */
static _Thread_local struct ssht *listener;
static _Thread_local int heard_level = SSH_LOG_NOLOG;

static void on_log(int priority, const char *function, const char *text, void *ctx)
{
    (void)priority;
    (void)function;
    (void)ctx;
    if (listener == NULL)
        return;
    if (heard_level >= SSH_LOG_PROTOCOL)
        note_max_packet(listener, text);
    note_farewell(listener, text);
}

/* Level and callback are this thread's alone, and nobody else's in it: they are set where they
 * change, and not taken back after each of the many calls. */
static void hear(int level)
{
    if (level == heard_level)
        return;
    if (heard_level == SSH_LOG_NOLOG)
        ssh_set_log_callback(on_log);
    ssh_set_log_level(level);
    heard_level = level;
}

void ssht_log_listen(struct ssht *t, int level, struct ssht_log *before)
{
    *before = (struct ssht_log){listener, heard_level};
    listener = t;
    hear(level);
}

void ssht_log_stop(const struct ssht_log *before)
{
    listener = before->listener;
    if (listener != NULL)
        hear(before->level);
}
