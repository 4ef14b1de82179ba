#include "report/html_parts.h"

#include <stdlib.h>
#include <string.h>

struct html *html_new(void)
{
    struct html *h = calloc(1, sizeof *h);
    if (h && !(h->documents = json_array())) {
        free(h);
        return NULL;
    }
    return h;
}

void html_free(struct html *h)
{
    if (!h)
        return;
    html_run_free(&h->run);
    json_decref(h->documents);
    free(h);
}

static int add_as(struct html *h, const json_t *document, const char *kind, struct err *e)
{
    json_t *copy = json_copy((json_t *)document);
    int rc = html_put(copy, "kind", json_string(kind));
    rc |= json_array_append_new(h->documents, copy);
    return rc == 0 ? 0 : html_no_memory(e);
}

static int add_rows(struct html *h, const json_t *document, struct err *e)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    bool sweep = kind ? strcmp(kind, "sweep") == 0 : json_object_get(document, "bends") != NULL;
    if (html_check_rows(document, e) != 0)
        return -1;
    return add_as(h, document, sweep ? "sweep" : "compare", e);
}

static int add_experiments(struct html *h, const json_t *document, struct err *e)
{
    if (html_check_experiments(document, e) != 0)
        return -1;
    return add_as(h, document, "experiments", e);
}

static int add_results(struct html *h, const json_t *document, struct err *e)
{
    size_t i;
    json_t *record;
    if (!json_is_array(json_object_get(document, "results")))
        return err_set(e, FAIL_USAGE, "is not JSON that poller wrote: 'results' is no list");
    json_array_foreach(json_object_get(document, "results"), i,
                       record) if (html_add_record(h, record, e) != 0) return -1;
    return html_add_run(h, json_object_get(document, "run"), e);
}

/* A document is told by the key that no other has. */
static const struct {
    const char *key;
    int (*add)(struct html *h, const json_t *document, struct err *e);
} kinds[] = {{"results", add_results},
             {"rows", add_rows},
             {"experiments", add_experiments},
             {"device", html_add_record}};

int html_add_document(struct html *h, const json_t *document, struct err *e)
{
    if (!json_is_object(document))
        return err_set(e, FAIL_USAGE, "is not JSON that poller wrote: it is no object");
    if (html_check_schema(document, e) != 0)
        return -1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_object_get(document, kinds[i].key))
            return kinds[i].add(h, document, e);
    return err_set(e, FAIL_USAGE,
                   "is not JSON that poller wrote: it holds neither results, rows, experiments nor "
                   "a record");
}
