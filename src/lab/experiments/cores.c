#include "lab/experiments/cores.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 8 /* user nice system idle iowait irq softirq steal; guests count in user */
#define IDLE   3
#define IOWAIT 4

struct cores_time cores_look(void)
{
    struct cores_time t = {0};
    char line[256];
    FILE *stat = fopen("/proc/stat", "re");
    bool told = stat && fgets(line, sizeof line, stat) && strncmp(line, "cpu ", 4) == 0;
    if (stat)
        fclose(stat);
    char *at = line + 4, *end = at;
    for (int i = 0; told && i < FIELDS; i++, at = end) {
        double ticks = strtod(at, &end);
        if (end == at)
            break;
        t.all += ticks;
        t.busy += i == IDLE || i == IOWAIT ? 0 : ticks;
    }
    return t;
}

double cores_busy(struct cores_time from, struct cores_time to)
{
    double all = to.all - from.all;
    return all > 0 ? (to.busy - from.busy) / all : 0;
}
