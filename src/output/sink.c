#include "output/sink.h"

#include "output/sinks.h"

#include <string.h>

static const struct sink_ops *const sinks[] = {&sink_text, &sink_json, &sink_jsonl, &sink_csv,
                                               &sink_none};

const struct sink_ops *sink_find(const char *name)
{
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++)
        if (strcmp(sinks[i]->name, name) == 0)
            return sinks[i];
    return NULL;
}
