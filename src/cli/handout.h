/* The hand-out: the only place that knows what is left. It walks the plan, keeps the devices whose
 * turn comes again, asks the budget who may go, and says when there is nothing more. Any thread. */
#ifndef POLLER_CLI_HANDOUT_H
#define POLLER_CLI_HANDOUT_H

#include "cli/world.h"
#include "pace/budget.h"
#include "pace/retry.h"

struct handout;

struct handout_options {
    struct retry_policy retry;
    struct budget_pace pace;
    unsigned workers; /* devices visited at once; with adapts: at most */
    bool adapts;      /* -n auto: as many as do good */
};

/* Devices that the world has as done are passed over. NULL with err. */
struct handout *handout_new(const struct world *w, const struct handout_options *options,
                            struct err *e);
void handout_free(struct handout *h);

/* As engine_client's next and room_fd. With may_block a caller also waits for a device's next turn;
 * one that no waiting device needs is told that there is no more: those that are under way have
 * callers of their own. */
enum engine_next handout_next(struct handout *h, bool may_block, struct job *job);
int handout_room_fd(const struct handout *h);

/* Nothing is handed out while the results have no room. */
void handout_set_full(struct handout *h, bool full);

/* As engine_client's logged_in. */
void handout_logged_in(struct handout *h, const struct job *job);

/* A job has its result. True: the device waits for another attempt. */
bool handout_answer(struct handout *h, const struct result *result);

/* A job's result could not be made, or not be kept: the job stays among the unanswered. */
void handout_lose(struct handout *h, uint32_t index);

/* After the run, where it adapts: what run->workers and run->windows say. */
void handout_summary(const struct handout *h, struct run_summary *run);

/* Whether results enough of one class ended the run, which was not interrupted. */
bool handout_is_stopped(struct handout *h);

/* After the run, by one thread. The next job that has no result, from *at (0 at first), which moves
 * on; *begun: it was handed out. False: there are no more. */
bool handout_unanswered(struct handout *h, size_t *at, struct job *job, bool *begun);
/* The next device that still waited for another attempt; the caller's (free), or NULL. */
struct retry_waiting *handout_drop(struct handout *h);

#endif
