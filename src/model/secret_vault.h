/* Memory for secret values: locked where the limit allows, left out of core dumps, wiped when
 * freed. */
#ifndef POLLER_MODEL_SECRET_VAULT_H
#define POLLER_MODEL_SECRET_VAULT_H

#include <stddef.h>

struct vault_page;

/* Zero-initialised is empty. */
struct vault {
    struct vault_page *head;
};

/* A copy with a NUL behind it; lives until vault_free. NULL: memory is out. */
const char *vault_put(struct vault *v, const char *bytes, size_t n);
void vault_free(struct vault *v);

#endif
