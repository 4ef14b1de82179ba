/* How many devices at once: a window that grows while more at once get more done, and gives way
 * where they do not. One `struct adapt` for each thing that devices share: the run, a group.
 *
 * After TCP (RFC 5681: slow start clocked by what comes back, one back-off for all that was under
 * way; RFC 7661: no growth that nobody uses), HyStart++ (RFC 9406: slow start ends where delays
 * are a multiple of the least) and the gradient of Netflix's concurrency-limits: by Little's law
 * throughput is window / duration, so where visits take longer in the proportion in which there are
 * more of them, more do not help. Durations of visits that went well are compared, so that dead
 * devices, which hold their places until a deadline, blur nothing.
 *
 *  - Growing: each log-in makes room for one more, so the window doubles in the time of a log-in;
 *    to at most eight times what visits that ended well were begun under. The log-in is where
 *    devices meet (a jump host, an authentication server, this machine); where it gets slow, growth
 *    stops until a round of visits has ended.
 *  - Failures that overload makes (refused, no line, silence) are held against their share so far,
 *    with a margin for small numbers: devices that are dead are a part of every inventory. Beyond
 *    it the window falls at once, and stays below what failed until a probe goes well. Where all
 *    that was under way fails it is an outage, and where as many fail under a smaller window they
 *    are dead: it comes back.
 *  - Visits or log-ins that got slow are tested: the window falls in proportion. If they are no
 *    faster then, these devices are slow and not overloaded: it comes back.
 *  - What was stopped tries a little more now and then, less often each time it does not help.
 *
 * Pure: time is an argument. Not thread-safe; stays where it was initialised. */
#ifndef POLLER_PACE_ADAPT_H
#define POLLER_PACE_ADAPT_H

#include <poller/clock.h>
#include <poller/err.h>

#define ADAPT_START   20
#define ADAPT_SAMPLES 64

enum adapt_verdict {
    ADAPT_GOOD,     /* what it was asked for was done: its duration tells something */
    ADAPT_OVERLOAD, /* as an overloaded device, or what stands before it, fails; a dead one, too */
    ADAPT_OTHER     /* says nothing about how many there are: a password, a name, a lost worker */
};

enum adapt_verdict adapt_verdict_of(enum fail_class class, bool was_ready);

struct adapt_visit {
    struct mono started; /* the hand-out */
    enum adapt_verdict verdict;
    double ms; /* from there to its end, without the log-out */
};

/* Times of one kind, in rounds: the median of visits that began in one. */
struct adapt_series {
    struct mono since;
    double window; /* then */
    double ms[ADAPT_SAMPLES];
    unsigned n, need;
    double last; /* the median of the last round; 0: none yet */
    double base; /* the least of them, drifting slowly to what has become usual */
};

enum adapt_state {
    ADAPT_GROWING,
    ADAPT_HOLDING,
    ADAPT_PROBING, /* a little more, to see whether it helps */
    ADAPT_TESTING  /* less, to see whether that is why they are slow */
};

struct adapt_failures {
    double usual, usual_of; /* failed, and ended, in rounds that were in order */
    unsigned peak;          /* under way at once in this round */
    unsigned failed, ended; /* since then */
    /* Of the last back-off, and of those before it since which nothing has ended well. */
    struct mono at;    /* what began before says nothing more; unset: nothing to be judged */
    double together;   /* how many were under way at once, */
    unsigned of_them;  /* and of them failed so far */
    double from;       /* the window before them */
    double share;      /* that failed; negative: it is judged */
    unsigned old;      /* what began before and is still under way */
    unsigned unproven; /* how many they are */
    unsigned patience; /* rounds until more is tried */
    bool any_good;     /* something has ended well since */
};

struct adapt_test {
    struct adapt_series *slow;
    double from, ms; /* the window, and what made it slow */
    struct mono at;
    bool drained; /* what was too many is gone: from here on it counts */
    enum adapt_state before;
};

struct adapt_probe {
    double from, ms; /* the window, and how long visits took */
    double first;    /* the window before the first of a row of wins */
    unsigned wins;
};

struct adapt {
    enum adapt_state state;
    unsigned ceiling;
    double window;
    double edge;         /* growth ends below what failed; the ceiling where nothing did */
    double credit;       /* and here until visits that were begun under more have ended */
    unsigned banked;     /* log-ins that made no room for want of credit */
    double doubled_from; /* the window when it last had doubled, and when that was */
    struct mono doubled_at;
    unsigned held, patience; /* rounds that it stands still, and after which it tries more */
    struct adapt_series log_ins, visits;
    bool log_ins_slow; /* in their last round */
    struct adapt_failures failures;
    struct adapt_test test;
    struct adapt_probe probe;

    /* For the summary. */
    unsigned first;
    double most, mark;   /* the next growth to be counted is twice the mark */
    unsigned grew;       /* times that it doubled */
    unsigned backed_off; /* and that it fell and that helped */
};

/* The window is start, or ceiling where that is less. Both at least 1. */
void adapt_init(struct adapt *a, unsigned start, unsigned ceiling, struct mono now);

/* How many may be under way: 1 to ceiling. */
unsigned adapt_window(const struct adapt *a);

/* A visit logged in. under_way: how many were, this one included. */
void adapt_logged_in(struct adapt *a, struct mono now, struct mono started, unsigned under_way);

/* A visit ended. under_way: how many were, this one included. To be told only while there is more
 * to be handed out: where a run runs dry, its last visits are those that fail late. */
void adapt_ended(struct adapt *a, struct mono now, const struct adapt_visit *visit,
                 unsigned under_way);

#endif
