/* Whether a document is one of ours: what the page relies on, and no more. */
#include "report/html_parts.h"

#include <string.h>

#define LIST_MAX 100000

int html_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value);
}

int html_no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

int html_check_schema(const json_t *document, struct err *e)
{
    const json_t *schema = json_object_get(document, "schema");
    if (!json_is_integer(schema))
        return err_set(e, FAIL_USAGE, "is not JSON that poller wrote: it has no 'schema'");
    if (json_integer_value(schema) > HTML_SCHEMA)
        return err_set(e, FAIL_USAGE,
                       "is of schema %" JSON_INTEGER_FORMAT ", and this poller knows %d: a newer "
                       "one wrote it",
                       json_integer_value(schema), HTML_SCHEMA);
    if (json_integer_value(schema) < 1)
        return err_set(e, FAIL_USAGE,
                       "is not JSON that poller wrote: its 'schema' is %" JSON_INTEGER_FORMAT,
                       json_integer_value(schema));
    return 0;
}

/* What a member of a list must have. */
struct must {
    const char *key;
    bool number; /* else a text */
};

static int check_list(const json_t *document, const char *key, const struct must *musts, size_t n,
                      struct err *e)
{
    const json_t *list = json_object_get(document, key);
    size_t i;
    json_t *one;
    if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
        return err_set(e, FAIL_USAGE, "is not JSON that poller wrote: '%s' is no list", key);
    json_array_foreach(list, i, one) for (size_t k = 0; k < n; k++)
    {
        const json_t *value = json_object_get(one, musts[k].key);
        if (musts[k].number ? !json_is_number(value) : !json_is_string(value))
            return err_set(e, FAIL_USAGE,
                           "is not JSON that poller wrote: '%s' of %s number %zu is no %s",
                           musts[k].key, key, i + 1, musts[k].number ? "number" : "text");
    }
    return 0;
}

int html_check_rows(const json_t *document, struct err *e)
{
    static const struct must row[] = {{"mode", false}, {"workers", true}, {"elapsed_ms", true}};
    return check_list(document, "rows", row, sizeof row / sizeof *row, e);
}

int html_check_experiments(const json_t *document, struct err *e)
{
    static const struct must one[] = {{"id", false}, {"verdict", false}};
    return check_list(document, "experiments", one, sizeof one / sizeof *one, e);
}
