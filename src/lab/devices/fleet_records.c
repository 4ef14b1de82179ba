/* --from: the devices of a directory that `poller -O` wrote, as simulated ones. */
#include "lab/devices/fleet_records.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The sub-directories of a device each, in order. */
struct listing {
    struct dirent **entries;
    int n;
};

static void free_listing(struct listing *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->entries[i]);
    free(l->entries);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A device's directory never begins with a dot: poller writes %2E for it. */
static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int join(char path[PATH_MAX], const char *dir, const char *name, struct err *e)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
    if (n > 0 && n < PATH_MAX)
        return 0;
    return err_set(e, FAIL_USAGE, "--from %s: too long a path: move the directory", dir);
}

/* 1: a device's, 0: something else, -1 with err. */
static int is_device(const char *dir, const char *name, struct err *e)
{
    char path[PATH_MAX], record[PATH_MAX];
    struct stat st;
    if (join(path, dir, name, e) != 0 || join(record, path, "record.json", e) != 0)
        return -1;
    if (lstat(record, &st) != 0)
        return 0;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return err_set(e, FAIL_USAGE,
                       "%s: is a symbolic link, and only what lies in the directory is read: copy "
                       "the device's directory to its place",
                       path);
    return 1;
}

static int list_devices(const char *dir, struct listing *l, struct err *e)
{
    int found = scandir(dir, &l->entries, is_visible, by_name), rc = 0, kept = 0;
    if (found < 0)
        return err_set(e, FAIL_USAGE, "--from %s: %s: name a directory that poller -O wrote", dir,
                       strerror(errno));
    l->n = found;
    for (int i = 0; i < found && rc >= 0; i++) {
        rc = is_device(dir, l->entries[i]->d_name, e);
        if (rc == 1) {
            struct dirent *device = l->entries[i];
            l->entries[i] = l->entries[kept];
            l->entries[kept++] = device;
        }
    }
    for (int i = kept; i < found; i++)
        free(l->entries[i]);
    l->n = kept;
    if (rc < 0)
        return -1;
    if (kept == 0)
        return err_set(e, FAIL_USAGE,
                       "--from %s: holds no <device>/record.json: name a directory that poller -O "
                       "wrote",
                       dir);
    return kept <= FLEET_DEVICES_MAX
               ? 0
               : err_set(e, FAIL_USAGE,
                         "--from %s: %d devices, and at most %d can be: take some away", dir, kept,
                         FLEET_DEVICES_MAX);
}

static const struct device_override *read_device(struct fleet *fleet, const char *dir,
                                                 const char *name, struct err *e)
{
    char path[PATH_MAX];
    struct record record;
    if (join(path, dir, name, e) != 0 || record_read(path, &fleet->arena, &record, e) != 0)
        return NULL;
    return record_device(fleet, &record, e);
}

int fleet_read_records(struct fleet *fleet, const char *dir, struct err *e)
{
    struct listing devices = {0};
    int rc = list_devices(dir, &devices, e);
    if (rc == 0) {
        fleet->n = (uint32_t)devices.n;
        rc = fleet_room(fleet, e);
    }
    for (int i = 0; i < devices.n && rc == 0; i++) {
        fleet->override[i] = read_device(fleet, dir, devices.entries[i]->d_name, e);
        rc = fleet->override[i] ? 0 : -1;
    }
    free_listing(&devices);
    return rc;
}
