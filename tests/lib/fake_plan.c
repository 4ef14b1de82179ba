#include "tests/lib/fake_plan.h"

#include <poller/poller.h>

size_t plan_count(const struct plan *plan)
{
    return plan->inventory->n;
}

struct job plan_job(const struct plan *plan, size_t index)
{
    return (struct job){
        .index = (uint32_t)index, .attempt = 1, .device = inventory_at(plan->inventory, index)};
}
