/* A plan of the fake inventory: every device once, with no command. */
#ifndef TESTS_LIB_FAKE_PLAN_H
#define TESTS_LIB_FAKE_PLAN_H

#include "tests/lib/fake_inventory.h"

struct plan {
    const struct inventory *inventory;
};

#endif
