#include "base/yaml_tree.h"

#include <libfyaml.h>
#include <string.h>

#define CORE_TAG "tag:yaml.org,2002:"

/* A node with a name. While it is open an alias to it would be a node inside itself. */
struct anchor {
    const struct yaml_node *node;
    size_t weight; /* nodes, aliases counted as what they stand for */
    unsigned height;
    bool is_open;
};

/* A list or mapping that is not closed yet. */
struct frame {
    struct yaml_node *node, *last;
    struct anchor *anchor;
    size_t weight_before;
    unsigned height;
};

struct builder {
    struct yaml_doc *doc;
    struct strmap anchors;
    struct frame frames[YAML_DEPTH_MAX];
    unsigned depth;
    size_t weight; /* of all so far */
    unsigned n_documents;
    struct fy_mark mark; /* of the last event that had a position */
    struct err *e;
};

static int fail_here(const struct builder *b, const char *text)
{
    return err_set(b->e, FAIL_USAGE, "%s:%d:%d: %s", b->doc->file, b->mark.line + 1,
                   b->mark.column + 1, text);
}

static int no_memory(const struct builder *b)
{
    return err_set(b->e, FAIL_INTERNAL, "%s: out of memory", b->doc->file);
}

/* An empty value has no token of its own: it keeps the position of what came before it. Marks of
 * quoted texts and aliases stand behind their quote or star, which is ahead bytes. */
static void take_mark(struct builder *b, struct fy_token *token, int ahead)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    if (!mark)
        return;
    b->mark = *mark;
    if (b->mark.column >= ahead)
        b->mark.column -= ahead;
}

static bool is_quoted(struct fy_token *token)
{
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static int count_weight(struct builder *b, size_t weight)
{
    b->weight += weight;
    if (b->weight <= YAML_NODES_MAX)
        return 0;
    return fail_here(b, "too many values (aliases count as what they stand for)");
}

/* A new node, linked behind the last one of the open list or mapping. */
static struct yaml_node *add_node(struct builder *b, unsigned kind)
{
    struct yaml_node *node = arena_alloc(&b->doc->arena, sizeof *node);
    if (!node) {
        no_memory(b);
        return NULL;
    }
    node->kind = (uint8_t)kind;
    node->line = (uint32_t)b->mark.line + 1;
    node->column = (uint32_t)b->mark.column + 1;
    if (b->depth == 0) {
        b->doc->root = node;
        return node;
    }
    struct frame *f = &b->frames[b->depth - 1];
    if (f->last)
        f->last->next = node;
    else
        f->node->first = node;
    f->last = node;
    f->node->n++;
    return node;
}

/* Without a token there is no anchor: *out is NULL then. */
static int add_anchor(struct builder *b, struct fy_token *token, const struct yaml_node *node,
                      struct anchor **out)
{
    *out = NULL;
    if (!token)
        return 0;
    size_t len;
    const char *text = fy_token_get_text(token, &len);
    const char *name = text ? arena_dup(&b->doc->arena, text, len) : NULL;
    struct anchor *anchor = arena_alloc(&b->doc->arena, sizeof *anchor);
    void **place = name && anchor ? strmap_put(&b->anchors, name, len) : NULL;
    if (!place)
        return no_memory(b);
    *anchor = (struct anchor){.node = node, .weight = 1};
    *place = anchor;
    *out = anchor;
    return 0;
}

/* *tag: what follows YAML's own prefix ("str", "int", …), "" without a tag. */
static int read_tag(const struct builder *b, struct fy_token *token, char *tag, size_t size)
{
    tag[0] = '\0';
    if (!token)
        return 0;
    size_t len, prefix = strlen(CORE_TAG);
    const char *text = fy_token_get_text(token, &len);
    if (!text)
        return no_memory(b);
    if (len == 1 && text[0] == '!')
        return 0;
    static const char *const known[] = {"str", "int", "float", "bool", "null", "map", "seq"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i]);
        if (len == prefix + n && memcmp(text, CORE_TAG, prefix) == 0 &&
            memcmp(text + prefix, known[i], n) == 0) {
            memcpy(tag, known[i], n + 1 < size ? n + 1 : size);
            return 0;
        }
    }
    return fail_here(b, "a tag (!…) that is not known here");
}

static bool spells_null(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (strcmp(text, nulls[i]) == 0)
            return true;
    return false;
}

static int on_scalar(struct builder *b, const struct fy_event *event)
{
    char tag[8];
    struct anchor *anchor;
    take_mark(b, event->scalar.value, is_quoted(event->scalar.value) ? 1 : 0);
    struct yaml_node *node = add_node(b, YAML_SCALAR);
    if (!node || read_tag(b, event->scalar.tag, tag, sizeof tag) != 0 || count_weight(b, 1) != 0 ||
        add_anchor(b, event->scalar.anchor, node, &anchor) != 0)
        return -1;
    size_t len = 0;
    const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &len) : "";
    char *copy = text ? arena_dup(&b->doc->arena, text, len) : NULL;
    if (!copy)
        return no_memory(b);
    node->text = copy;
    node->n = (uint32_t)len;
    node->is_plain =
        !event->scalar.value || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    if (node->is_plain && strcmp(tag, "str") != 0 && spells_null(copy))
        node->kind = YAML_NULL;
    return 0;
}

static int on_alias(struct builder *b, const struct fy_event *event)
{
    take_mark(b, event->alias.anchor, 1);
    size_t len = 0;
    const char *name = event->alias.anchor ? fy_token_get_text(event->alias.anchor, &len) : NULL;
    const struct anchor *anchor = name ? strmap_get(&b->anchors, name, len) : NULL;
    if (!anchor)
        return fail_here(b, "an alias (*name) to an anchor that no line before it sets");
    if (anchor->is_open)
        return fail_here(b, "an alias (*name) to a value that it is itself part of");
    if (b->depth + anchor->height > YAML_DEPTH_MAX)
        return fail_here(b, "aliases nested too deep");
    struct yaml_node *node = add_node(b, YAML_ALIAS);
    if (!node)
        return -1;
    node->target = anchor->node;
    if (b->depth > 0 && b->frames[b->depth - 1].height < anchor->height)
        b->frames[b->depth - 1].height = anchor->height;
    return count_weight(b, anchor->weight);
}

static int on_open(struct builder *b, unsigned kind, struct fy_token *start,
                   struct fy_token *anchor_token, struct fy_token *tag_token)
{
    char tag[8];
    struct anchor *anchor;
    take_mark(b, start, 0);
    if (b->depth == YAML_DEPTH_MAX)
        return fail_here(b, "nested too deep");
    size_t before = b->weight;
    struct yaml_node *node = add_node(b, kind);
    if (!node || read_tag(b, tag_token, tag, sizeof tag) != 0 || count_weight(b, 1) != 0 ||
        add_anchor(b, anchor_token, node, &anchor) != 0)
        return -1;
    if (anchor)
        anchor->is_open = true;
    b->frames[b->depth++] = (struct frame){.node = node, .anchor = anchor, .weight_before = before};
    return 0;
}

static int on_close(struct builder *b)
{
    if (b->depth == 0)
        return fail_here(b, "not YAML");
    const struct frame *f = &b->frames[--b->depth];
    unsigned height = f->height + 1;
    if (f->anchor) {
        f->anchor->is_open = false;
        f->anchor->weight = b->weight - f->weight_before;
        f->anchor->height = height;
    }
    if (b->depth > 0 && b->frames[b->depth - 1].height < height)
        b->frames[b->depth - 1].height = height;
    return 0;
}

static int on_document(struct builder *b, const struct fy_event *event)
{
    take_mark(b, event->document_start.document_start, 0);
    if (b->n_documents++ == 0)
        return 0;
    return fail_here(b, "a second document (---): one file is one document");
}

static int on_event(struct builder *b, const struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        return on_document(b, event);
    case FYET_SCALAR:
        return on_scalar(b, event);
    case FYET_ALIAS:
        return on_alias(b, event);
    case FYET_SEQUENCE_START:
        return on_open(b, YAML_LIST, event->sequence_start.sequence_start,
                       event->sequence_start.anchor, event->sequence_start.tag);
    case FYET_MAPPING_START:
        return on_open(b, YAML_MAP, event->mapping_start.mapping_start, event->mapping_start.anchor,
                       event->mapping_start.tag);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return on_close(b);
    default:
        return 0;
    }
}

/* What libfyaml found wrong. It notices late where a value was left open, so the last thing that
 * was understood is named too. */
static int fail_syntax(const struct builder *b, struct fy_diag *diag)
{
    void *iterator = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &iterator);
    if (!first || !first->msg)
        return fail_here(b, "not YAML from here on");
    return err_set(b->e, FAIL_USAGE, "%s:%d:%d: not YAML: %s (read well up to line %d)",
                   b->doc->file, first->line, first->column, first->msg, b->mark.line + 1);
}

static int run(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
    struct fy_event *event;
    int rc = 0;
    while (rc == 0 && (event = fy_parser_parse(parser)) != NULL) {
        rc = on_event(b, event);
        fy_parser_event_free(parser, event);
    }
    if (rc == 0 && fy_parser_get_stream_error(parser))
        rc = fail_syntax(b, diag);
    return rc;
}

int yaml_parse(struct yaml_doc *doc, const char *text, size_t len, struct err *e)
{
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (!diag)
        return err_set(e, FAIL_INTERNAL, "%s: out of memory", doc->file);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    int rc;
    if (!parser || fy_parser_set_string(parser, text, len) != 0) {
        rc = err_set(e, FAIL_INTERNAL, "%s: out of memory", doc->file);
    } else {
        struct builder b = {.doc = doc, .e = e};
        rc = run(&b, parser, diag);
        strmap_free(&b.anchors);
    }
    if (parser)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return rc;
}
