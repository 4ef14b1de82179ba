/* The table: the file's text, split in place; an index from each plain name to its lines; and the
 * lines whose names are patterns or hashed, which must be tried one by one. */
#include "transport/hostkeys.h"

#include "base/log.h"
#include "transport/hostkeys_line.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poller/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX     (64u << 20)
#define WARNINGS_MAX 10
#define NONE         UINT32_MAX

struct entry {
    struct hostkeys_fields fields;
    int line;
    bool revoked;
};

/* A name of an entry in the index's chains. */
struct alias {
    const char *name;
    size_t len;
    uint32_t entry;
    uint32_t next;
};

/* The entries whose names are tried one by one. */
struct list {
    uint32_t *items;
    size_t n, cap;
};

struct hostkeys {
    char *path;
    char *text;
    struct entry *entries;
    size_t n_entries, cap_entries;
    struct alias *aliases;
    size_t n_aliases, cap_aliases;
    uint32_t *buckets;
    size_t n_buckets; /* a power of two */
    struct list patterns, hashed;
};

/* Room for one more item in *array, a pointer to items of that size; 0 or -1. */
static int grow(void *array, size_t *cap, size_t n, size_t size)
{
    size_t more = *cap > 0 ? *cap * 2 : 64;
    void *items;

    if (n < *cap)
        return 0;
    memcpy(&items, array, sizeof(items));
    items = reallocarray(items, more, size);
    if (items == NULL)
        return -1;
    memcpy(array, &items, sizeof(items));
    *cap = more;
    return 0;
}

/* FNV-1a. */
static size_t name_hash(const char *name, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
    return (size_t)(hash ^ (hash >> 32));
}

static int list_add(struct list *list, uint32_t entry)
{
    if (grow(&list->items, &list->cap, list->n, sizeof(*list->items)) != 0)
        return -1;
    list->items[list->n++] = entry;
    return 0;
}

static int add_aliases(struct hostkeys *h, const char *names, uint32_t entry)
{
    while (*names != '\0') {
        size_t len = strcspn(names, ",");

        if (len > 0) {
            if (grow(&h->aliases, &h->cap_aliases, h->n_aliases, sizeof(*h->aliases)) != 0)
                return -1;
            h->aliases[h->n_aliases++] = (struct alias){names, len, entry, NONE};
        }
        names += len + (names[len] == ',');
    }
    return 0;
}

static int add_entry(struct hostkeys *h, const struct hostkeys_fields *fields, int line,
                     bool revoked)
{
    uint32_t index = (uint32_t)h->n_entries;

    if (grow(&h->entries, &h->cap_entries, h->n_entries, sizeof(*h->entries)) != 0)
        return -1;
    h->entries[h->n_entries++] = (struct entry){*fields, line, revoked};
    switch (hostkeys_names_kind(fields->names)) {
    case HOSTKEYS_NAMES_PLAIN:
        return add_aliases(h, fields->names, index);
    case HOSTKEYS_NAMES_PATTERN:
        return list_add(&h->patterns, index);
    case HOSTKEYS_NAMES_HASHED:
        return list_add(&h->hashed, index);
    }
    return 0;
}

/* One line of the text; *warned counts the malformed ones. */
static int add_line(struct hostkeys *h, char *line, int number, int *warned)
{
    struct hostkeys_fields fields;
    enum hostkeys_line_kind kind = hostkeys_line_split(line, &fields);

    if (kind == HOSTKEYS_LINE_MALFORMED && (*warned)++ < WARNINGS_MAX)
        log_warn("%s:%d: not a known_hosts line: names, key type and key in base64 were expected; "
                 "it is passed over",
                 h->path, number);
    if (kind != HOSTKEYS_LINE_KEY && kind != HOSTKEYS_LINE_REVOKED)
        return 0;
    return add_entry(h, &fields, number, kind == HOSTKEYS_LINE_REVOKED);
}

static int parse_text(struct hostkeys *h, size_t len)
{
    char *at = h->text, *end = h->text + len;
    int number = 0, warned = 0;

    while (at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *next = newline != NULL ? newline + 1 : end;

        if (newline != NULL)
            *newline = '\0';
        if (add_line(h, at, ++number, &warned) != 0)
            return -1;
        at = next;
    }
    if (warned > WARNINGS_MAX)
        log_warn("%s: %d lines like that in all", h->path, warned);
    return 0;
}

/* Walked from the back, so that a chain gives the file's order. */
static int build_index(struct hostkeys *h)
{
    h->n_buckets = 1;
    while (h->n_buckets < h->n_aliases * 2)
        h->n_buckets *= 2;
    h->buckets = malloc(h->n_buckets * sizeof(*h->buckets));
    if (h->buckets == NULL)
        return -1;
    memset(h->buckets, 0xff, h->n_buckets * sizeof(*h->buckets));
    for (size_t i = h->n_aliases; i-- > 0;) {
        struct alias *alias = &h->aliases[i];
        size_t bucket = name_hash(alias->name, alias->len) & (h->n_buckets - 1);

        alias->next = h->buckets[bucket];
        h->buckets[bucket] = (uint32_t)i;
    }
    return 0;
}

/* All of fd, with a NUL; NULL when it cannot be read or is too long. */
static char *read_all(int fd, size_t *len, const char *path, struct err *e)
{
    struct stat st;
    char *text;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        err_set(e, FAIL_USAGE, "%s: not a regular file of at most %u MiB, as known hosts must be",
                path, FILE_MAX >> 20);
        return NULL;
    }
    text = malloc((size_t)st.st_size + 1);
    for (*len = 0; text != NULL && *len < (size_t)st.st_size;) {
        ssize_t n = read(fd, text + *len, (size_t)st.st_size - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    if (text != NULL)
        text[*len] = '\0';
    else
        err_set(e, FAIL_INTERNAL, "%s: out of memory", path);
    return text;
}

/* 0 when it is read or does not exist. */
static int load_file(struct hostkeys *h, struct err *e)
{
    int fd = open(h->path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;

    if (fd < 0 && errno == ENOENT)
        return build_index(h);
    if (fd < 0)
        return err_set(e, FAIL_USAGE, "%s: known hosts cannot be read: %s", h->path,
                       strerror(errno));
    h->text = read_all(fd, &len, h->path, e);
    close(fd);
    if (h->text == NULL)
        return -1;
    if (parse_text(h, len) != 0 || build_index(h) != 0)
        return err_set(e, FAIL_INTERNAL, "%s: out of memory", h->path);
    return 0;
}

struct hostkeys *hostkeys_load(const char *path, struct err *e)
{
    struct hostkeys *h = calloc(1, sizeof(*h));

    if (h != NULL)
        h->path = strdup(path);
    if (h == NULL || h->path == NULL) {
        err_set(e, FAIL_INTERNAL, "%s: out of memory", path);
        hostkeys_free(h);
        return NULL;
    }
    if (load_file(h, e) != 0) {
        err_set(e, FAIL_INTERNAL, "%s: out of memory", path);
        hostkeys_free(h);
        return NULL;
    }
    return h;
}

void hostkeys_free(struct hostkeys *h)
{
    if (h == NULL)
        return;
    free(h->path);
    free(h->text);
    free(h->entries);
    free(h->aliases);
    free(h->buckets);
    free(h->patterns.items);
    free(h->hashed.items);
    free(h);
}

const char *hostkeys_path(const struct hostkeys *h)
{
    return h->path;
}

typedef void entry_fn(void *ctx, const struct entry *entry);

static void each_hashed(const struct hostkeys *h, const char *name, entry_fn *each, void *ctx)
{
    struct hostkeys_hasher *hasher = h->hashed.n > 0 ? hostkeys_hasher_new(name) : NULL;

    for (size_t i = 0; hasher != NULL && i < h->hashed.n; i++) {
        const struct entry *entry = &h->entries[h->hashed.items[i]];

        if (hostkeys_hasher_match(hasher, entry->fields.names))
            each(ctx, entry);
    }
    hostkeys_hasher_free(hasher);
}

/* Every entry that stands for the host. */
static void each_entry(const struct hostkeys *h, const char *host, uint16_t port, entry_fn *each,
                       void *ctx)
{
    char name[HOSTKEYS_NAME_MAX];
    size_t len;

    if (!hostkeys_line_name(host, port, name, sizeof(name)))
        return;
    len = strlen(name);
    for (uint32_t i = h->buckets[name_hash(name, len) & (h->n_buckets - 1)]; i != NONE;
         i = h->aliases[i].next) {
        const struct alias *alias = &h->aliases[i];

        if (alias->len == len && memcmp(alias->name, name, len) == 0)
            each(ctx, &h->entries[alias->entry]);
    }
    for (size_t i = 0; i < h->patterns.n; i++) {
        const struct entry *entry = &h->entries[h->patterns.items[i]];

        if (hostkeys_names_match(entry->fields.names, name))
            each(ctx, entry);
    }
    each_hashed(h, name, each, ctx);
}

struct check {
    const char *type;
    const char *key; /* base64 without padding */
    enum hostkeys_verdict verdict;
    int line;
};

/* A revoked key is refused whatever else is stored; a match wins over a key that differs, since a
 * host may have several of a type. */
static void check_entry(void *ctx, const struct entry *entry)
{
    struct check *check = ctx;
    bool same = strcmp(entry->fields.key, check->key) == 0;
    enum hostkeys_verdict verdict = HOSTKEYS_UNKNOWN;

    if (entry->revoked)
        verdict = same ? HOSTKEYS_REVOKED : HOSTKEYS_UNKNOWN;
    else if (strcmp(entry->fields.type, check->type) == 0)
        verdict = same ? HOSTKEYS_MATCH : HOSTKEYS_CHANGED;
    if (verdict == HOSTKEYS_UNKNOWN || check->verdict == HOSTKEYS_REVOKED ||
        (check->verdict == HOSTKEYS_MATCH && verdict != HOSTKEYS_REVOKED) ||
        check->verdict == verdict)
        return;
    check->verdict = verdict;
    check->line = entry->line;
}

enum hostkeys_verdict hostkeys_check(const struct hostkeys *h, const char *host, uint16_t port,
                                     const char *type, const void *blob, size_t blob_len, int *line)
{
    char *key = hostkeys_base64(blob, blob_len, false);
    struct check check = {.type = type, .key = key, .verdict = HOSTKEYS_UNKNOWN};

    /* Without memory the key cannot be compared: refusing is the safe answer. */
    if (key == NULL)
        check.verdict = HOSTKEYS_CHANGED;
    else
        each_entry(h, host, port, check_entry, &check);
    free(key);
    if (line != NULL)
        *line = check.line;
    return check.verdict;
}

struct types {
    char *out;
    size_t size, len;
};

static bool has_name(const char *list, const char *name, size_t len)
{
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == len && memcmp(at, name, len) == 0)
            return true;
    }
    return false;
}

static void add_type(void *ctx, const struct entry *entry)
{
    static const char rsa[] = "rsa-sha2-512,rsa-sha2-256,ssh-rsa";
    struct types *types = ctx;
    const char *name = entry->fields.type;
    bool is_rsa = strcmp(name, "ssh-rsa") == 0;
    size_t len = strlen(name);

    if (entry->revoked || strchr(name, ',') != NULL || has_name(types->out, name, len))
        return;
    if (is_rsa) {
        name = rsa;
        len = strlen(rsa);
    }
    if (types->len + len + 2 > types->size)
        return;
    types->len += (size_t)sprintf(types->out + types->len, "%s%s", types->len > 0 ? "," : "", name);
}

void hostkeys_types(const struct hostkeys *h, const char *host, uint16_t port, char *out,
                    size_t size)
{
    struct types types = {out, size, 0};

    out[0] = '\0';
    each_entry(h, host, port, add_type, &types);
}

void hostkeys_fingerprint(const void *blob, size_t blob_len, char out[HOSTKEYS_FINGERPRINT_MAX])
{
    unsigned char digest[32];
    unsigned char text[48];

    if (EVP_Digest(blob, blob_len, digest, NULL, EVP_sha256(), NULL) != 1)
        memset(digest, 0, sizeof(digest));
    EVP_EncodeBlock(text, digest, sizeof(digest));
    text[strcspn((char *)text, "=")] = '\0';
    snprintf(out, HOSTKEYS_FINGERPRINT_MAX, "SHA256:%s", (char *)text);
}
