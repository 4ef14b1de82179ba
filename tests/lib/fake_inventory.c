#include "tests/lib/fake_inventory.h"

size_t inventory_count(const struct inventory *inv)
{
    return inv->n;
}

const struct device *inventory_at(const struct inventory *inv, size_t index)
{
    return &inv->devices[index];
}

size_t inventory_group_count(const struct inventory *inv)
{
    return inv->n_groups;
}

const struct device_group *inventory_group_at(const struct inventory *inv, size_t index)
{
    return &inv->groups[index];
}

const char *secret_value(const struct secret *s)
{
    return s != NULL ? s->value : "";
}
