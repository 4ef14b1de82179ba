/* A device as one line of text, with what was said of it alone: for comparing in tests. */
#ifndef POLLER_TESTS_INVENTORY_DUMP_H
#define POLLER_TESTS_INVENTORY_DUMP_H

#include "base/buf.h"

#include <poller/inventory.h>

void dump_device(struct buf *to, const struct device *d);
void dump_inventory(struct buf *to, const struct inventory *inv);

#endif
