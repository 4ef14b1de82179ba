/* An inventory of devices that a test writes down, and secrets that are plain texts: for modules
 * that walk an inventory and need nothing of how it is read. */
#ifndef TESTS_LIB_FAKE_INVENTORY_H
#define TESTS_LIB_FAKE_INVENTORY_H

#include <poller/inventory.h>

struct inventory {
    const struct device *devices;
    size_t n;
    const struct device_group *groups;
    size_t n_groups;
};

struct secret {
    const char *value;
};

#endif
