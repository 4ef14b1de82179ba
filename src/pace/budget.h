/* The budget: who may be visited next, and when. Pure: no lock, no clock; one caller at a time.
 *
 * A device is under the run's limits and under those of its groups and its host. Who finds one of
 * them full is passed over: it stands in line, and is looked at again when there is room, while the
 * others go on. Whatever the number of devices, a hand-out costs O(log n) in time, and waiting 4
 * bytes a device, as does knowing its limits; without limits but the run's neither is there. */
#ifndef POLLER_PACE_BUDGET_H
#define POLLER_PACE_BUDGET_H

#include "pace/budget_stop.h"

#include <poller/clock.h>
#include <poller/inventory.h>
#include <poller/result.h>

/* Zero-initialised: no limits but those of the inventory's groups. */
struct budget_pace {
    double login_rate;   /* of the run, a second; 0: any */
    unsigned handshakes; /* devices between hand-out and log-in; 0: any number */
    unsigned per_host;   /* devices at once of one host; 0: any number */
    int64_t jitter_ms;   /* the places of the run open within that time; 0: at once */
    uint64_t seed;       /* of these moments */
    struct stop_rule stop;
    bool windows; /* limits that change: of the run, and of each group that is a device's first */
};

struct budget;

/* places: devices visited at once. NULL with err: memory is out. */
struct budget *budget_new(const struct inventory *inventory, const struct budget_pace *pace,
                          unsigned places, struct mono now, struct err *e);
void budget_free(struct budget *b);

/* Whether the run's own limits let one more go. To be asked before budget_take and budget_offer. */
bool budget_is_open(struct budget *b, struct mono now);
/* From when on; MONO_NEVER: only what is told below can open it. */
struct mono budget_open_at(const struct budget *b);

/* Why there is no device to be had, as far as it is one of the limits. What -n auto allows is no
 * limit, but its number of places. */
enum pace_hold budget_held_by(const struct budget *b, struct mono now);

/* The next of those that were passed over and now may go: it has its permits. */
bool budget_take(struct budget *b, struct mono now, uint32_t *index);
/* From when on there may be one, as far as the run's limits allow. */
struct mono budget_waiting_at(const struct budget *b);
size_t budget_waiting(const struct budget *b);

/* A device whose turn it is. True: it goes and has its permits; false: it waits for budget_take. */
bool budget_offer(struct budget *b, uint32_t index, struct mono now);

/* It is logged in, in between; its permits come back with its result, or where the result was lost.
 * Devices that have no permits are let pass. */
void budget_logged_in(struct budget *b, uint32_t index);
void budget_answer(struct budget *b, const struct result *result);
void budget_lose(struct budget *b, uint32_t index);

/* Results enough of the class that ends the run: nothing more is to be handed out. */
bool budget_is_stopped(const struct budget *b);

/* Windows, from 0: the run's; then those of the groups, by name. A limit of 0 is none, as at first.
 * Devices whose first group is none have no window but the run's. */
uint32_t budget_windows(const struct budget *b);
const char *budget_window_name(const struct budget *b, uint32_t window); /* NULL: the run's */
/* The device's own; 0 where it has none. */
uint32_t budget_window_of(const struct budget *b, uint32_t index);
unsigned budget_window_used(const struct budget *b, uint32_t window);
void budget_set_window(struct budget *b, uint32_t window, unsigned limit);

#endif
