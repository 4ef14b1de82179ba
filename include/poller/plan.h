/* The plan: inventory x commands -> jobs. It is walked, never copied: a job is made when it is
 * handed out and borrows everything from the inventory and the plan. */
#ifndef POLLER_PLAN_H
#define POLLER_PLAN_H

#include <poller/inventory.h>

/* One visit to one device. Plain data, copied by value; borrows everything. */
struct job {
    uint32_t index;   /* the device's index in the inventory */
    uint32_t attempt; /* from 1 */
    const struct device *device;
    struct command_list commands; /* the plan's, else the device's */
    const char *privilege;        /* the plan's, else the device's, else NULL */
};

struct plan;

/* commands: of -c and --commands; n 0 keeps every device's own. privilege: of --privilege, or
 * NULL. Borrows inv; copies the texts. -1 via NULL with err: no device, or a device without any
 * command, or a privilege its platform does not have (position of the device). */
struct plan *plan_new(const struct inventory *inv, const char *const *commands, size_t n,
                      const char *privilege, struct err *e);
void plan_free(struct plan *plan);

size_t plan_count(const struct plan *plan);
/* The job of a device's index (0 ≤ index < plan_count). */
struct job plan_job(const struct plan *plan, size_t index);

#endif
