/* YAML files as a tree of plain nodes, and mappings read into structs by a table of fields.
 *
 * libfyaml parses (as a stream of events, which is linear where its document tree is not); the
 * tree is ours: every node has its position, aliases are followed by the functions here, and what
 * they could multiply (a "billion laughs") is counted while the tree is built. After load the tree
 * is const, holds no cycle, is at most YAML_DEPTH_MAX deep with aliases followed, and has at most
 * YAML_NODES_MAX nodes when every alias is counted as what it stands for.
 *
 * Errors are FAIL_USAGE and begin with "file:line:column: ". */
#ifndef POLLER_BASE_YAML_H
#define POLLER_BASE_YAML_H

#include "base/strmap.h"
#include "base/text.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_FILE_MAX  (64u << 20)
#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 10000000

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_doc;
struct yaml_node;

/* Reads and parses a file ("-": standard input), or len bytes of text that stand for a file called
 * name (copied). NULL with err: unreadable, a directory, over YAML_FILE_MAX, not UTF-8, not YAML,
 * past a bound, more than one document. */
struct yaml_doc *yaml_load_file(const char *path, struct err *e);
struct yaml_doc *yaml_load_text(const char *text, size_t len, const char *name, struct err *e);

/* Wipes what it held (a file may hold secrets); NULL allowed. */
void yaml_free(struct yaml_doc *doc);

/* The top node, or NULL where the file holds nothing but comments. */
const struct yaml_node *yaml_root(const struct yaml_doc *doc);
/* True where it is a regular file that others than its owner may read. */
bool yaml_readable_by_others(const struct yaml_doc *doc);

/* Any node may be an alias; each of these follows it. */
enum yaml_kind yaml_kind(const struct yaml_node *node);
/* "a list", "a mapping", "a text", "nothing": for messages. */
const char *yaml_kind_name(const struct yaml_node *node);
/* A scalar's text, NUL-terminated, *len bytes (len may be NULL). "" for other kinds. */
const char *yaml_text(const struct yaml_node *node, size_t *len);
struct source_pos yaml_pos(const struct yaml_doc *doc, const struct yaml_node *node);
/* Number of elements of a list, or of pairs of a mapping (merged ones not counted). */
size_t yaml_count(const struct yaml_node *node);
/* A list's elements: for (n = yaml_first(list); n; n = yaml_next(n)). NULL for other kinds. */
const struct yaml_node *yaml_first(const struct yaml_node *list);
const struct yaml_node *yaml_next(const struct yaml_node *element);

/* Sets "file:line:column: text"; returns -1. */
int yaml_fail(const struct yaml_doc *doc, const struct yaml_node *node, struct err *e,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Calls each for every pair of a mapping, own pairs in their order and then those merged by `<<`
 * which it does not have itself. Keys are texts; a key given twice is an error with both
 * positions. Stops at the first call that does not return 0, and returns that. */
typedef int yaml_pair_fn(void *ctx, const struct yaml_node *key, const struct yaml_node *value);
int yaml_each_pair(const struct yaml_doc *doc, const struct yaml_node *map, yaml_pair_fn *each,
                   void *ctx, struct err *e);

/* The value of that key (merged ones too), or NULL. Reports nothing. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *name);

/* What readers need: texts they keep go through strings (and live in its arena), arrays into
 * arena; ctx is the caller's own. */
struct yaml_in {
    const struct yaml_doc *doc;
    struct arena *arena;
    struct intern *strings;
    void *ctx;
    struct err *e;
};

struct yaml_field;

/* Reads value into *to. 0, or -1 with in->e. */
typedef int yaml_read_fn(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to);

/* One key of a mapping: its reader and where in the record it goes. min and max bound
 * yaml_read_int (both 0: any). */
struct yaml_field {
    const char *name;
    yaml_read_fn *read;
    size_t offset;
    int64_t min, max;
};

/* Reads a mapping into record by its fields. A key with no value (`port:`) is known and sets
 * nothing. An unknown key is an error with the nearest known name; what names the thing in it ("a
 * device"). */
int yaml_read_map(const struct yaml_in *in, const struct yaml_node *map,
                  const struct yaml_field *fields, size_t n, const char *what, void *record);

struct yaml_strings {
    const char *const *items;
    size_t n;
};

/* The readers, by what `to` points at. A wrong type names the key, what was there and what should
 * be. Any scalar is a text as it was written (password: 0123 keeps its zero). */
yaml_read_fn yaml_read_string;  /* const char *; refuses NUL bytes */
yaml_read_fn yaml_read_bool;    /* bool: true false yes no on off, any case */
yaml_read_fn yaml_read_int;     /* int64_t */
yaml_read_fn yaml_read_number;  /* double: decimal, finite; the caller bounds it */
yaml_read_fn yaml_read_seconds; /* int64_t milliseconds: above 0, fractions allowed, ≤ 30 days */
yaml_read_fn yaml_read_strings; /* struct yaml_strings: a list, or one text as a list of one */
yaml_read_fn yaml_read_comma_list; /* const char *: a list joined by commas, or the text itself */
yaml_read_fn yaml_read_node;       /* const struct yaml_node *: for the caller to look at */
yaml_read_fn yaml_read_nothing;    /* known, not needed: any value */

#endif
