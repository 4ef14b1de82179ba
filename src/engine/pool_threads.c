/* Runners that drive one device at a time: inline, or in threads. */
#include "base/log.h"
#include "base/memory.h"
#include "engine/share.h"
#include "session/drive.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Plenty for libssh, libcrypto and PCRE2's machine stack; a thousand threads must not need 8 GiB of
 * address space. */
#define THREAD_STACK (1u << 20)

/* Address space that has to be left when a thread starts, for what the visits need and for their
 * records: where it is bounded (ulimit -v), threads would take all of it, and every visit fail. */
#define SPARE_SPACE        (16u << 20)
#define SPARE_SPACE_THREAD (256u << 10)

/* From so many threads on the memory of each is worth a system call, and its part of the heap the
 * time to fill it again. */
#define TRIM_PLACES 1000

/* Of the calling thread: what a key exchange needed once, and a visit that waits does not. */
struct stack {
    char *low;
    size_t page;
};

static bool stack_find(struct stack *stack)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    long page = sysconf(_SC_PAGESIZE);
    if (page <= 0 || pthread_getattr_np(pthread_self(), &attributes) != 0)
        return false;
    bool found = pthread_attr_getstack(&attributes, &low, &size) == 0;
    pthread_attr_destroy(&attributes);
    if (found)
        *stack = (struct stack){low, (size_t)page};
    return found;
}

/* Gives back the pages below this frame, but for one or two. */
static __attribute__((noinline)) void stack_trim(const struct stack *stack)
{
    const char *here = __builtin_frame_address(0);
    size_t pages = (size_t)(here - stack->low) / stack->page;
    if (pages > 2)
        madvise(stack->low, (pages - 1) * stack->page, MADV_DONTNEED);
}

struct crew;

struct slot {
    struct crew *crew;
    unsigned worker;
    pthread_t thread;
};

/* The threads of a share: one more is started where all have a device, so that there are no more
 * than the hand-out has work for, and one. */
struct crew {
    const struct share *share;
    struct slot *slots; /* by number; those that were started */
    sigset_t signals;   /* that stay with the calling thread */

    pthread_mutex_t lock; /* guards what follows */
    unsigned started, idle;
    int error; /* why no more could be started; 0: none */
};

struct visit_told {
    const struct share *share;
    const struct job *job;
    struct share_told told;
    struct stack *stack; /* to be trimmed once logged in, as its heap is; or NULL */
};

static void tell(void *ctx, const struct session *s)
{
    struct visit_told *v = ctx;
    share_tell(v->share, v->job, s, &v->told);
    if (v->stack && session_logged_in(s)) {
        stack_trim(v->stack);
        memory_thread_rests();
        v->stack = NULL;
    }
}

static void visit(const struct share *share, unsigned worker, const struct job *job,
                  struct stack *stack)
{
    const struct engine_options *o = share->options;
    double queued_ms = share_queued_ms(share, mono_now());
    struct visit_told told = {.share = share, .job = job, .stack = stack};
    struct drive_watch watch = {.stepped = tell, .ctx = &told};
    struct result *r = drive_job(job, o->env, queued_ms, cancel_fd(o->cancel), o->hooks, &watch);
    share_give(share, job, worker, r);
}

int run_inline(const struct share *share, struct err *e)
{
    const struct engine_client *client = share->client;
    struct job job;
    (void)e;
    while (client->next(client->ctx, true, &job) == ENGINE_JOB)
        visit(share, share->first_worker, &job, NULL);
    return 0;
}

static void *run_thread(void *ctx);

static bool has_space(unsigned threads)
{
    size_t size = SPARE_SPACE + THREAD_STACK + (size_t)threads * SPARE_SPACE_THREAD;
    void *space = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return space != MAP_FAILED && munmap(space, size) == 0;
}

/* Under the lock. */
static void start_thread(struct crew *crew)
{
    unsigned n = crew->started;
    pthread_attr_t attributes;
    sigset_t before;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    crew->slots[n] = (struct slot){.crew = crew, .worker = crew->share->first_worker + n};
    pthread_sigmask(SIG_BLOCK, &crew->signals, &before);
    crew->error = n > 0 && !has_space(n) ? ENOMEM
                                         : pthread_create(&crew->slots[n].thread, &attributes,
                                                          run_thread, &crew->slots[n]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (crew->error == 0) {
        crew->started++;
        crew->idle++;
    }
}

/* This thread has a device: another one is to ask for the next. */
static void go_to_work(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->idle--;
    if (crew->idle == 0 && crew->started < crew->share->places && crew->error == 0)
        start_thread(crew);
    pthread_mutex_unlock(&crew->lock);
}

static void leave_work(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->idle++;
    pthread_mutex_unlock(&crew->lock);
}

static void go_home(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->idle--;
    pthread_mutex_unlock(&crew->lock);
}

static void *run_thread(void *ctx)
{
    const struct slot *slot = ctx;
    struct crew *crew = slot->crew;
    const struct engine_client *client = crew->share->client;
    struct stack stack = {0};
    bool trims = crew->share->places >= TRIM_PLACES && stack_find(&stack);
    struct job job;
    while (client->next(client->ctx, true, &job) == ENGINE_JOB) {
        go_to_work(crew);
        visit(crew->share, slot->worker, &job, trims ? &stack : NULL);
        leave_work(crew);
    }
    go_home(crew);
    return NULL;
}

/* Only threads that are not joined yet start others, so that the last one joined was the last. */
static unsigned join_all(struct crew *crew)
{
    unsigned n = 0;
    for (;; n++) {
        pthread_mutex_lock(&crew->lock);
        bool is_there = n < crew->started;
        pthread_mutex_unlock(&crew->lock);
        if (!is_there)
            return n;
        pthread_join(crew->slots[n].thread, NULL);
    }
}

int run_threads(const struct share *share, struct err *e)
{
    struct crew crew = {.share = share, .lock = PTHREAD_MUTEX_INITIALIZER};
    crew.slots = calloc(share->places, sizeof *crew.slots);
    if (!crew.slots)
        return err_set(e, FAIL_INTERNAL, "out of memory for %u threads", share->places);
    sigemptyset(&crew.signals);
    sigaddset(&crew.signals, SIGINT);
    sigaddset(&crew.signals, SIGTERM);
    sigaddset(&crew.signals, SIGHUP);
    pthread_mutex_lock(&crew.lock);
    start_thread(&crew);
    pthread_mutex_unlock(&crew.lock);
    unsigned n = join_all(&crew);
    free(crew.slots);
    if (crew.error != 0 && n > 0)
        log_warn("only %u of %u threads could be started (%s): the run went on with those", n,
                 share->places, strerror(crew.error));
    if (n > 0)
        return 0;
    return err_set(e, FAIL_INTERNAL, "no thread could be started: %s", strerror(crew.error));
}
