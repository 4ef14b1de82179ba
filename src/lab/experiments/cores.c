#include "lab/experiments/cores.h"

#include <stdio.h>

#define FIELDS 8 /* user nice system idle iowait irq softirq steal; guests count in user */
#define IDLE   3
#define IOWAIT 4

struct cores_time cores_look(void)
{
    struct cores_time t = {0};
    double f[FIELDS] = {0};
    FILE *stat = fopen("/proc/stat", "re");
    if (!stat)
        return t;
    int n = fscanf(stat, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &f[0], &f[1], &f[2], &f[3], &f[4],
                   &f[5], &f[6], &f[7]);
    fclose(stat);
    for (int i = 0; i < n && n > IOWAIT; i++) {
        t.all += f[i];
        t.busy += i == IDLE || i == IOWAIT ? 0 : f[i];
    }
    return t;
}

double cores_busy(struct cores_time from, struct cores_time to)
{
    double all = to.all - from.all;
    return all > 0 ? (to.busy - from.busy) / all : 0;
}
