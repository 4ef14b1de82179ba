/* So many results of a class in a row end the run: pure.
 *
 * Many are under way at once, so what "in a row" is would depend on whose result comes first. For
 * refused log-ins, each of which brings an account nearer to its lock, a row ends only with a
 * log-in that was begun after the row's last refusal was known: with any other the device may have
 * let it in before it refused the row. */
#ifndef POLLER_PACE_BUDGET_STOP_H
#define POLLER_PACE_BUDGET_STOP_H

#include <poller/result.h>

struct stop_rule {
    enum fail_class class;
    unsigned after; /* results in a row; 0: the run is never stopped */
};

struct stop {
    struct stop_rule rule;
    uint32_t seen;     /* results of the class */
    uint32_t over;     /* how many of them a log-in has put behind us */
    uint32_t *seen_at; /* by device: those that were seen when it was handed out; or NULL */
    bool reached;
};

/* For n devices. 0, or -1: memory is out; stop_free() either way. */
int stop_init(struct stop *s, const struct stop_rule *rule, size_t n);
void stop_free(struct stop *s);

void stop_handed_out(struct stop *s, uint32_t index);
void stop_logged_in(struct stop *s, uint32_t index);
void stop_answer(struct stop *s, const struct result *result);

/* How many may be between hand-out and log-in, so that the row cannot grow longer than the rule
 * allows; UINT_MAX: any number. */
unsigned stop_handshakes(const struct stop *s);

#endif
