#include "base/file.h"
#include "model/hostlist.h"

#include <poller/inventory.h>
#include <string.h>

#define LIST_FILE_MAX (64U << 20)

struct list_reader {
    hostlist_entry_fn *each;
    void *ctx;
    bool in_file;
};

static int read_file(struct list_reader *r, const char *path, struct err *e);

static int take_entry(struct list_reader *r, const char *entry, size_t len, struct err *e)
{
    while (len > 0 && (*entry == ' ' || *entry == '\t')) {
        entry++;
        len--;
    }
    while (len > 0 && strchr(" \t\r", entry[len - 1]))
        len--;
    if (len == 0)
        return 0;
    bool is_stdin = len == 1 && entry[0] == '-';
    if (!is_stdin && entry[0] != '^')
        return r->each(r->ctx, entry, len, e);
    if (r->in_file)
        return err_set(e, FAIL_USAGE, "a file of hosts names no further files");
    char path[4096];
    if (len >= sizeof path)
        return err_set(e, FAIL_USAGE, "a path of over %zu bytes", sizeof path - 1);
    memcpy(path, entry + !is_stdin, len - !is_stdin);
    path[len - !is_stdin] = '\0';
    if (path[0] == '\0')
        return err_set(e, FAIL_USAGE, "'^' without a file behind it");
    return read_file(r, path, e);
}

/* Commas separate, but not those inside brackets. */
static int take_list(struct list_reader *r, const char *list, size_t len, struct err *e)
{
    size_t start = 0;
    bool in_brackets = false;
    for (size_t at = 0; at <= len; at++) {
        if (at < len && (list[at] == '[' || list[at] == ']'))
            in_brackets = list[at] == '[';
        if (at < len && (list[at] != ',' || in_brackets))
            continue;
        int rc = take_entry(r, list + start, at - start, e);
        if (rc != 0)
            return rc;
        start = at + 1;
    }
    return 0;
}

static int take_lines(struct list_reader *r, const char *text, size_t len, const char *name,
                      struct err *e)
{
    struct list_reader in_file = {r->each, r->ctx, true};
    int rc = 0;
    for (int line = 1; rc == 0 && len > 0; line++) {
        const char *end = memchr(text, '\n', len);
        size_t n = end ? (size_t)(end - text) : len;
        const char *comment = memchr(text, '#', n);
        rc = take_list(&in_file, text, comment ? (size_t)(comment - text) : n, e);
        if (rc != 0)
            err_prefix(e, "%s:%d: ", name, line);
        n += end ? 1 : 0;
        text += n;
        len -= n;
    }
    return rc;
}

static int read_file(struct list_reader *r, const char *path, struct err *e)
{
    struct buf text;
    buf_init(&text, LIST_FILE_MAX + 1);
    int rc = file_read(path, LIST_FILE_MAX, &text, NULL, e);
    if (rc == 0)
        rc = take_lines(r, buf_bytes(&text), text.len, file_name(path), e);
    buf_free(&text);
    return rc;
}

int hostlist_each(const char *list, hostlist_entry_fn *each, void *ctx, struct err *e)
{
    struct list_reader r = {each, ctx, false};
    return take_list(&r, list, strlen(list), e);
}

struct expansion {
    int (*each)(void *ctx, const char *name);
    void *ctx;
    size_t left, max;
};

static int expand_entry(void *ctx, const char *entry, size_t len, struct err *e)
{
    struct expansion *x = ctx;
    struct host_pattern p;
    if (memchr(entry, '\0', len))
        return err_set(e, FAIL_USAGE, "a NUL byte in a list of hosts");
    if (host_pattern_parse(entry, len, &p, e) != 0)
        return -1;
    if (p.count > x->left)
        return err_set(e, FAIL_USAGE, "over %zu hosts in all", x->max);
    x->left -= p.count;
    for (size_t i = 0; i < p.count; i++) {
        char name[HOST_NAME_MAX_BYTES + 1];
        int rc = x->each(x->ctx, host_pattern_name(&p, i, name));
        if (rc != 0)
            return rc;
    }
    return 0;
}

int hostlist_expand(const char *list, size_t max, int (*each)(void *ctx, const char *name),
                    void *ctx, struct err *e)
{
    struct expansion x = {each, ctx, max, max};
    return hostlist_each(list, expand_entry, &x, e);
}
