#include "lab/experiments/threads.h"

#include <poller/clock.h>
#include <string.h>

void start_line_init(struct start_line *line, unsigned n)
{
    pthread_barrier_init(&line->barrier, NULL, n);
}

void start_line_wait(struct start_line *line)
{
    (void)pthread_barrier_wait(&line->barrier);
}

void start_line_destroy(struct start_line *line)
{
    pthread_barrier_destroy(&line->barrier);
}

int threads_run_parts(void *(*body)(void *), void *parts, size_t size, unsigned n, double *ms,
                      struct err *e)
{
    pthread_t threads[EXPERIMENT_THREADS_MAX];
    struct mono start = mono_now();
    if (n > EXPERIMENT_THREADS_MAX)
        return err_set(e, FAIL_INTERNAL, "%u threads are too many", n);
    for (unsigned i = 0; i < n; i++) {
        int rc = pthread_create(&threads[i], NULL, body, (char *)parts + i * size);
        /* The others may wait for this one for ever: the process of the experiment ends. */
        if (rc != 0)
            return err_set(e, FAIL_INTERNAL, "a thread could not be started: %s", strerror(rc));
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    *ms = mono_ms_between(start, mono_now());
    return 0;
}

int threads_run(void *(*body)(void *), void *ctx, unsigned n, double *ms, struct err *e)
{
    return threads_run_parts(body, ctx, 0, n, ms, e);
}
