/* An inventory of any bytes: refused with one sentence that has its place, or loaded whole; what is
 * loaded can be walked. The first byte chooses a limit and an exclusion, which are parsed too. */
#include "base/log.h"

#include <poller/err.h>
#include <poller/inventory.h>
#include <poller/plan.h>
#include <poller/platform.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct platform_set *platforms;

/* libfyaml forgets a buffer of 4 KiB where a file breaks inside a long quoted key. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void require(int holds)
{
    if (!holds)
        abort();
}

static void walk(const struct inventory *inv)
{
    static const char *const commands[] = {"show version"};
    struct err e = {0};
    size_t bytes = 0;
    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct device *d = inventory_at(inv, i);
        require(d->name && d->host && d->name[0]);
        require(d->port > 0 || d->transport == TRANSPORT_LOCAL);
        bytes += strlen(d->name) + strlen(d->host);
        for (size_t k = 0; k < d->commands.n; k++)
            bytes += strlen(d->commands.items[k].text);
        require(d->n_limits <= d->n_groups);
        for (size_t k = 0; k < d->n_limits; k++) {
            const struct device_group *g = inventory_group_at(inv, d->limits[k]);
            require(g && (g->limit > 0 || g->login_rate > 0));
        }
    }
    struct plan *plan = plan_new(inv, commands, 1, NULL, &e);
    require(plan != NULL || e.text[0]);
    plan_free(plan);
    require(bytes < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const limits[] = {NULL, "all", "r*", "core,!r1", "/^r/:&core"};
    static const char *const excludes[] = {"r[1-3]", "core", "^/dev/null"};
    char path[64];
    struct err e = {0};
    if (!platforms) {
        log_set_level(LOG_QUIET);
        platforms = platform_set_load(NULL, 0, &e);
    }
    if (size < 1 || size > 16384)
        return 0;
    int fd = memfd_create("inventory", 0);
    require(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct inventory_options options = {.platforms = platforms, .skip_unknown = data[0] & 1};
    struct inventory *inv = inventory_new(&options);
    require(inv != NULL);
    const char *limit = limits[data[0] / 2 % 5];
    size_t first = data[0] / 16 % 3, most = 3 - first, n = data[0] / 64;
    if (inventory_add_file(inv, path, &e) == 0 &&
        inventory_finish(inv, &excludes[first], n < most ? n : most, limit, &e) == 0)
        walk(inv);
    else
        require(e.text[0] && e.class == FAIL_USAGE && !strchr(e.text, '\n'));
    inventory_free(inv);
    close(fd);
    return 0;
}
