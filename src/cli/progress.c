#include "cli/progress.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_MS  100
#define CLEAR_LINE "\r\033[K"

static void put(const char *text, size_t n)
{
    /* A terminal that went away has nobody to tell. */
    ssize_t ignored = write(STDERR_FILENO, text, n);
    (void)ignored;
}

static void clear_line(void)
{
    put(CLEAR_LINE, strlen(CLEAR_LINE));
}

static void draw(struct progress *p, struct mono now)
{
    char line[128];
    int n = snprintf(line, sizeof line, CLEAR_LINE "%zu of %zu devices, %zu failed, %.1f s",
                     p->done, p->devices, p->failed, mono_ms_between(p->start, now) / 1000);
    p->drawn = now;
    put(line, (size_t)n);
}

void progress_start(struct progress *p, size_t devices, bool results_too, struct mono now)
{
    *p = (struct progress){.devices = devices, .start = now, .is_in_the_way = results_too};
    log_set_hooks(clear_line, NULL);
    draw(p, now);
}

void progress_result(struct progress *p, const struct result *result)
{
    struct mono now = mono_now();
    p->done++;
    p->failed += result->class != FAIL_NONE;
    if (mono_ms_between(p->drawn, now) >= REDRAW_MS)
        draw(p, now);
}

void progress_clear(struct progress *p)
{
    if (p->is_in_the_way)
        clear_line();
}

void progress_stop(struct progress *p)
{
    (void)p;
    log_set_hooks(NULL, NULL);
    clear_line();
}
