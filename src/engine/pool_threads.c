/* Runners that drive one device at a time: inline, or in threads. */
#include "base/log.h"
#include "engine/share.h"
#include "session/drive.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Plenty for libssh, libcrypto and PCRE2's machine stack; a thousand threads must not need 8 GiB of
 * address space. */
#define THREAD_STACK (1u << 20)

struct slot {
    const struct share *share;
    unsigned worker;
    pthread_t thread;
};

struct visit_told {
    const struct share *share;
    const struct job *job;
    struct share_told told;
};

static void tell(void *ctx, const struct session *s)
{
    struct visit_told *v = ctx;
    share_tell(v->share, v->job, s, &v->told);
}

static void run_slot(const struct share *share, unsigned worker)
{
    const struct engine_options *o = share->options;
    const struct engine_client *client = share->client;
    struct job job;
    while (client->next(client->ctx, true, &job) == ENGINE_JOB) {
        double queued_ms = share_queued_ms(share, mono_now());
        struct visit_told told = {.share = share, .job = &job};
        struct drive_watch watch = {.stepped = tell, .ctx = &told};
        struct result *r =
            drive_job(&job, o->env, queued_ms, cancel_fd(o->cancel), o->hooks, &watch);
        share_give(share, &job, worker, r);
    }
}

int run_inline(const struct share *share, struct err *e)
{
    (void)e;
    run_slot(share, share->first_worker);
    return 0;
}

static void *run_thread(void *ctx)
{
    struct slot *slot = ctx;
    run_slot(slot->share, slot->worker);
    return NULL;
}

/* How many of the share's threads could be started. Signals stay with the calling thread. */
static unsigned start_threads(const struct share *share, struct slot *slots, int *error)
{
    sigset_t interrupts, before;
    pthread_attr_t attributes;
    unsigned n = 0;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    pthread_sigmask(SIG_BLOCK, &interrupts, &before);
    for (*error = 0; n < share->places; n++) {
        slots[n] = (struct slot){.share = share, .worker = share->first_worker + n};
        *error = pthread_create(&slots[n].thread, &attributes, run_thread, &slots[n]);
        if (*error != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return n;
}

int run_threads(const struct share *share, struct err *e)
{
    int error;
    struct slot *slots = calloc(share->places, sizeof *slots);
    if (!slots)
        return err_set(e, FAIL_INTERNAL, "out of memory for %u threads", share->places);
    unsigned n = start_threads(share, slots, &error);
    if (error != 0 && n > 0)
        log_warn("only %u of %u threads could be started (%s): the run goes on with those", n,
                 share->places, strerror(error));
    for (unsigned i = 0; i < n; i++)
        pthread_join(slots[i].thread, NULL);
    free(slots);
    if (n > 0)
        return 0;
    return err_set(e, FAIL_INTERNAL, "no thread could be started: %s", strerror(error));
}
