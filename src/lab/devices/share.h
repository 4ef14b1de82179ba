/* Lists such as `silent:1%,auth_refused:2%,drips@127.1.0.9`: which of several things each device
 * is. */
#ifndef POLLER_LAB_DEVICES_SHARE_H
#define POLLER_LAB_DEVICES_SHARE_H

#include <poller/err.h>
#include <stdbool.h>
#include <stdint.h>

#define SHARES_MAX 64

struct share {
    int what;         /* the caller's number of the name */
    double part;      /* of all devices, 0 to 1; for one device 0 */
    uint32_t address; /* host order; 0: a part of all */
};

struct shares {
    struct share items[SHARES_MAX];
    unsigned n;
};

/* Number of a name, or -1 with err. */
typedef int share_name_fn(void *ctx, const char *name, struct err *e);

/* Adds the items of a comma list: `name` (all that is left), `name:P%`, `name@ADDRESS`. option
 * names the option in messages. 0, or -1 with err (FAIL_USAGE): over 100 % in all, no address, … */
int shares_parse(const char *text, const char *option, share_name_fn *number, void *ctx,
                 struct shares *out, struct err *e);

/* What the device is, or -1 for none of them. place is its place in a shuffled order of n devices
 * (seed_place), so that 5 % of 5,460 are 273. */
int shares_pick(const struct shares *shares, uint32_t address, uint32_t place, uint32_t n);

#endif
