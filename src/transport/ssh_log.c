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

static void on_log(int priority, const char *function, const char *text, void *ctx)
{
    (void)priority;
    (void)function;
    if (ctx == NULL)
        return;
    note_max_packet(ctx, text);
    note_farewell(ctx, text);
}

/* Log level, callback and its context are this thread's alone. */
void ssht_log_listen(struct ssht *t, int level, struct ssht_log *before)
{
    *before =
        (struct ssht_log){ssh_get_log_callback(), ssh_get_log_userdata(), ssh_get_log_level()};
    ssh_set_log_callback(on_log);
    ssh_set_log_userdata(t);
    ssh_set_log_level(level);
}

/* A callback cannot be taken back, but without a level it is never called. */
void ssht_log_stop(const struct ssht_log *before)
{
    ssh_set_log_level(before->level);
    ssh_set_log_userdata(before->ctx);
    if (before->callback != NULL)
        ssh_set_log_callback(before->callback);
}
