#include "tests/lib/fake_inventory.h"

size_t inventory_count(const struct inventory *inv)
{
    return inv->n;
}

const struct device *inventory_at(const struct inventory *inv, size_t index)
{
    return &inv->devices[index];
}

const char *secret_value(const struct secret *s)
{
    return s != NULL ? s->value : "";
}
