/* How busy the whole machine is: everything that runs on it, not this program alone. */
#ifndef POLLER_LAB_EXPERIMENTS_CORES_H
#define POLLER_LAB_EXPERIMENTS_CORES_H

/* Time of all cores since boot, in the kernel's ticks (proc(5), /proc/stat). */
struct cores_time {
    double busy, all;
};

/* Zeros where the kernel does not tell. Any thread. */
struct cores_time cores_look(void);

/* Of the cores' time between two looks the part that was busy, 0 to 1; 0 where it is not known. */
double cores_busy(struct cores_time from, struct cores_time to);

#endif
