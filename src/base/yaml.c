#include "base/file.h"
#include "base/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libfyaml takes a byte that is not UTF-8, or a NUL, for the end of the file, without a word: the
 * devices behind it would be lost. So such a byte is found first. Bytes of the character at p, or
 * 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' ? 1 : 0;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

static int check_bytes(const char *file, const char *text, size_t len, struct err *e)
{
    int line = 1, column = 1;
    for (size_t at = 0; at < len;) {
        size_t n = utf8_length((const unsigned char *)text + at, len - at);
        if (n == 0)
            return err_set(e, FAIL_USAGE, "%s:%d:%d: byte 0x%02x is not UTF-8 text", file, line,
                           column, (unsigned char)text[at]);
        column = text[at] == '\n' ? 1 : column + 1;
        line += text[at] == '\n';
        at += n;
    }
    return 0;
}

struct yaml_doc *yaml_load_text(const char *text, size_t len, const char *name, struct err *e)
{
    struct yaml_doc *doc = calloc(1, sizeof *doc);
    if (doc)
        doc->file = arena_strdup(&doc->arena, name);
    if (!doc || !doc->file) {
        err_set(e, FAIL_INTERNAL, "%s: out of memory", name);
    } else if (len > YAML_FILE_MAX) {
        err_set(e, FAIL_USAGE, "%s: over %u MiB", name, YAML_FILE_MAX >> 20);
    } else if (check_bytes(name, text, len, e) == 0 && yaml_parse(doc, text, len, e) == 0) {
        return doc;
    }
    yaml_free(doc);
    return NULL;
}

struct yaml_doc *yaml_load_file(const char *path, struct err *e)
{
    struct stat st;
    struct buf text;
    buf_init(&text, YAML_FILE_MAX + 1);
    struct yaml_doc *doc = NULL;
    if (file_read(path, YAML_FILE_MAX, &text, &st, e) == 0)
        doc = yaml_load_text(buf_bytes(&text), text.len, file_name(path), e);
    buf_wipe(&text);
    if (doc)
        doc->readable_by_others = S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return doc;
}

void yaml_free(struct yaml_doc *doc)
{
    if (!doc)
        return;
    arena_wipe(&doc->arena);
    free(doc);
}

const struct yaml_node *yaml_root(const struct yaml_doc *doc)
{
    return doc->root && yaml_kind(doc->root) != YAML_NULL ? doc->root : NULL;
}

bool yaml_readable_by_others(const struct yaml_doc *doc)
{
    return doc->readable_by_others;
}

enum yaml_kind yaml_kind(const struct yaml_node *node)
{
    return (enum yaml_kind)yaml_follow(node)->kind;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
    static const char *const names[] = {
        [YAML_NULL] = "nothing",
        [YAML_SCALAR] = "a text",
        [YAML_LIST] = "a list",
        [YAML_MAP] = "a mapping",
    };
    return names[yaml_kind(node)];
}

const char *yaml_text(const struct yaml_node *node, size_t *len)
{
    node = yaml_follow(node);
    bool has_text = node->kind == YAML_SCALAR || node->kind == YAML_NULL;
    if (len)
        *len = has_text ? node->n : 0;
    return has_text ? node->text : "";
}

struct source_pos yaml_pos(const struct yaml_doc *doc, const struct yaml_node *node)
{
    node = yaml_follow(node);
    return (struct source_pos){doc->file, (int)node->line, (int)node->column};
}

size_t yaml_count(const struct yaml_node *node)
{
    node = yaml_follow(node);
    return node->kind == YAML_LIST ? node->n : node->kind == YAML_MAP ? node->n / 2 : 0;
}

const struct yaml_node *yaml_first(const struct yaml_node *list)
{
    list = yaml_follow(list);
    return list->kind == YAML_LIST ? list->first : NULL;
}

const struct yaml_node *yaml_next(const struct yaml_node *element)
{
    return element->next;
}

int yaml_fail(const struct yaml_doc *doc, const struct yaml_node *node, struct err *e,
              const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    node = yaml_follow(node);
    return err_set(e, FAIL_USAGE, "%s:%u:%u: %s", doc->file, node->line, node->column, text);
}
