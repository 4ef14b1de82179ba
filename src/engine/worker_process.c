#include "engine/worker_process.h"

#include "base/child.h"
#include "engine/port.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXTS_MAX (4u << 20) /* of a result, beside its outputs */
#define OUT_MAX   (1u << 20) /* frames that wait for a worker: a few bytes a job */

size_t worker_process_max_message(const struct engine_options *options)
{
    size_t outputs = options->env->max_device_bytes;
    return 2 * (outputs ? outputs : SESSION_MAX_DEVICE_BYTES) + TEXTS_MAX;
}

static int run_child(struct worker_process *w, int fd, runner_fn *runner)
{
    struct err e = {0};
    struct port *port = port_new(fd, &w->share, worker_process_max_message(w->share.options), &e);
    if (!port)
        return EXIT_FAILURE;
    struct engine_client client = port_client(port);
    struct share share = w->share;
    share.client = &client;
    int rc = runner(&share, &e);
    return port_finish(port) == 0 && rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static _Noreturn void be_child(struct worker_process *w, const struct worker_process *all, size_t n,
                               const int fds[2], runner_fn *runner)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].fd >= 0)
            close(all[i].fd);
    close(fds[0]);
    _Exit(run_child(w, fds[1], runner));
}

static int open_pair(int fds[2], struct err *e)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0)
        return 0;
    return err_set(e, FAIL_INTERNAL, "no socket for a worker process: %s", strerror(errno));
}

int worker_process_start(struct worker_process *w, const struct worker_process *all, size_t n,
                         runner_fn *runner, struct err *e)
{
    int fds[2];
    if (open_pair(fds, e) != 0)
        return -1;
    w->fd = -1;
    w->asked = 0;
    buf_init(&w->out, OUT_MAX);
    w->reader = codec_reader_new(worker_process_max_message(w->share.options));
    w->pid = w->reader ? child_fork() : -1;
    int error = w->reader ? errno : ENOMEM;
    if (w->pid == 0)
        be_child(w, all, n, fds, runner);
    close(fds[1]);
    if (w->pid > 0) {
        w->fd = fds[0];
        return 0;
    }
    close(fds[0]);
    codec_reader_free(w->reader);
    w->reader = NULL;
    return err_set(e, FAIL_INTERNAL, "no worker process could be made: %s", strerror(error));
}

int worker_process_hand(struct worker_process *w, const struct job *job, struct mono now)
{
    if (w->n_flights == w->room_flights) {
        size_t room = w->room_flights ? 2 * w->room_flights : 4;
        struct flight *more = realloc(w->flights, room * sizeof *more);
        if (!more)
            return -1;
        w->flights = more;
        w->room_flights = room;
    }
    if (codec_put_job(&w->out, &(struct codec_job){job->index, job->attempt}) != 0)
        return -1;
    w->flights[w->n_flights++] = (struct flight){.job = *job, .handed_out = now};
    w->asked--;
    return 0;
}

/* Of the job that result answers, whole or in part; NULL: of none. */
static struct flight *find_flight(const struct worker_process *w, const struct result *result)
{
    for (size_t i = 0; i < w->n_flights; i++)
        if (w->flights[i].job.index == result->index &&
            w->flights[i].job.commands.n == result->n_commands) /* sinks walk both side by side */
            return &w->flights[i];
    return NULL;
}

bool worker_process_land(struct worker_process *w, const struct result *result)
{
    struct flight *flight = find_flight(w, result);
    if (!flight)
        return false;
    result_free(flight->part);
    *flight = w->flights[--w->n_flights];
    return true;
}

bool worker_process_keep(struct worker_process *w, struct result *part)
{
    struct flight *flight = find_flight(w, part);
    struct result *kept = flight ? flight->part : NULL;
    if (flight && !kept)
        flight->part = part;
    for (size_t i = 0; kept && i < kept->n_commands; i++)
        if (kept->commands[i].status == COMMAND_NOT_RUN) {
            struct command_result none = kept->commands[i];
            kept->commands[i] = part->commands[i];
            part->commands[i] = none;
        }
    if (!flight || kept)
        result_free(part);
    return flight != NULL;
}

const struct job *worker_process_log_in(struct worker_process *w, const struct codec_job *job)
{
    for (size_t i = 0; i < w->n_flights; i++) {
        struct flight *flight = &w->flights[i];
        if (flight->job.index != job->index)
            continue;
        if (flight->job.attempt != job->attempt || flight->logged_in)
            return NULL;
        flight->logged_in = true;
        return &flight->job;
    }
    return NULL;
}

void worker_process_end(struct worker_process *w)
{
    if (w->fd >= 0)
        shutdown(w->fd, SHUT_WR);
}

void worker_process_reap(struct worker_process *w, bool kill_it, char *why, size_t size)
{
    int status = 0;
    if (kill_it)
        kill(w->pid, SIGKILL);
    close(w->fd);
    w->fd = -1;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        snprintf(why, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(why, size, "left with exit code %d", WEXITSTATUS(status));
    codec_reader_free(w->reader);
    w->reader = NULL;
    buf_free(&w->out);
}

void worker_process_free(struct worker_process *w)
{
    char why[64];
    if (w->fd >= 0)
        worker_process_reap(w, true, why, sizeof why);
    for (size_t i = 0; i < w->n_flights; i++)
        result_free(w->flights[i].part);
    free(w->flights);
}
