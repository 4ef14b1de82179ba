/* Reads one platform definition: private to the rooms platform*.
 *
 * The published schema (scrapli definitions, version 2) and our `poller:` beside it. Every key is
 * known or refused; every reference to a mode is resolved; what the schema demands is there. Errors
 * are FAIL_USAGE and begin with "file:line:column: ". */
#ifndef POLLER_MODEL_PLATFORM_YAML_H
#define POLLER_MODEL_PLATFORM_YAML_H

#include "base/yaml.h"

#include <poller/platform.h>

/* What the readers here need beside the document: in->ctx points at one. */
struct platform_reader {
    struct platform *platform; /* its modes are named before anything refers to them */
    const char *file;          /* the document's name, living as long as the platform */
    bool dangling;             /* the error is a mode that is referred to and not there */
};

/* Fills p, whose name is set, from in->doc. Texts and arrays live in in->arena; nothing points into
 * the document afterwards. Sets in->ctx for its own time. 0, or -1 with in->e; *dangling then tells
 * whether all that is wrong is a mode that is referred to and not there. */
int platform_read(struct yaml_in *in, struct platform *p, bool *dangling);

/* The value of the key `poller`: p's part of it. */
int platform_read_extensions(const struct yaml_in *in, const struct yaml_node *map,
                             struct platform *p);

/* A list of instructions; node NULL or empty: none. key names it in messages. */
int platform_read_instructions(const struct yaml_in *in, const struct yaml_node *node,
                               const char *key, struct instruction_list *to);

/* The index of the mode called name, or -1 with err at node and the nearest name. */
int platform_read_mode_name(const struct yaml_in *in, const struct yaml_node *node,
                            const char *name);

/* Of a prompt given as a plain text or as a pattern the one that is there: -1 with err at node
 * where that is none or both. what names the thing that has it. */
int platform_choose_prompt(const struct yaml_in *in, const struct yaml_node *at, const char *what,
                           const struct platform_pattern *exact,
                           const struct platform_pattern *pattern, struct platform_pattern *to);

/* 0 where value is there; else -1 with err at node: "what needs 'key'". */
int platform_need(const struct yaml_in *in, const struct yaml_node *node, const void *value,
                  const char *what, const char *key);
/* 0 where node is a list; else -1 with err. */
int platform_need_list(const struct yaml_in *in, const struct yaml_node *node, const char *key);
int platform_no_memory(const struct yaml_in *in);

/* Readers, by what `to` points at. None takes an empty text: it would match everything. */
yaml_read_fn platform_read_pattern;  /* struct platform_pattern: PCRE2 */
yaml_read_fn platform_read_exact;    /* the same, a plain text */
yaml_read_fn platform_read_patterns; /* struct platform_pattern_list: a list, or one */
yaml_read_fn platform_read_texts;    /* struct yaml_strings: plain texts, a list or one */

#endif
