/* The tree behind yaml.h: private to the rooms yaml*. */
#ifndef POLLER_BASE_YAML_TREE_H
#define POLLER_BASE_YAML_TREE_H

#include "base/yaml.h"

/* A kind that yaml_kind() never shows. */
#define YAML_ALIAS (YAML_MAP + 1)

struct yaml_node {
    const struct yaml_node *next; /* in its list; in a mapping keys and values take turns */
    union {
        const char *text;              /* scalar, and null: as written */
        const struct yaml_node *first; /* list and mapping */
        const struct yaml_node *target;
    };
    uint32_t n; /* bytes of text; nodes of a list or mapping */
    uint32_t line, column;
    uint8_t kind;
    bool is_plain; /* a scalar without quotes */
};

struct yaml_doc {
    struct arena arena;
    const char *file;
    const struct yaml_node *root;
    bool readable_by_others;
};

static inline const struct yaml_node *yaml_follow(const struct yaml_node *node)
{
    return node->kind == YAML_ALIAS ? node->target : node;
}

/* Parses into doc->root: 0, or -1 with err. */
int yaml_parse(struct yaml_doc *doc, const char *text, size_t len, struct err *e);

#endif
