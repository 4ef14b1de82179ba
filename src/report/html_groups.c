/* Identical outputs: known by command, outcome, size and SHA-256, so that ten thousand devices that
 * said the same cost one text and a number each. */
#include "report/html_parts.h"

#include "base/strmap.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts are kept while there is room: what only one device said is the first to go without. */
#define KEPT_OF_ONE  (16u << 20)
#define KEPT_OF_MANY (32u << 20)
#define HASH_DIGITS  16

struct group {
    const char *command, *class; /* class "" for ok */
    unsigned char hash[SHA256_DIGEST_LENGTH];
    size_t bytes, order, text_len;
    const char *text; /* the first HTML_TEXT_MAX bytes; NULL: no room was left */
    json_t *devices;
};

struct html_groups {
    struct arena arena;
    struct strmap map;
    struct intern strings;
    struct group **list;
    size_t n, cap, kept;
};

struct html_groups *html_groups_new(void)
{
    struct html_groups *g = calloc(1, sizeof *g);
    if (g)
        g->strings.arena = &g->arena;
    return g;
}

void html_groups_free(struct html_groups *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n; i++)
        json_decref(g->list[i]->devices);
    free(g->list);
    strmap_free(&g->map);
    intern_free(&g->strings);
    arena_free(&g->arena);
    free(g);
}

/* The most bytes up to max that end at a whole character. */
static size_t whole_characters(const char *text, size_t n, size_t max)
{
    if (n <= max)
        return n;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static int keep_text(struct html_groups *g, struct group *group, const char *text, size_t n)
{
    size_t most = json_array_size(group->devices) > 1 ? KEPT_OF_MANY : KEPT_OF_ONE;
    size_t len = whole_characters(text, n, HTML_TEXT_MAX);
    if (group->text || g->kept + len > most)
        return 0;
    group->text = arena_dup(&g->arena, text, len);
    group->text_len = len;
    g->kept += len;
    return group->text ? 0 : -1;
}

static int list_add(struct html_groups *g, struct group *group)
{
    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        struct group **more = realloc(g->list, cap * sizeof(struct group *));
        if (!more)
            return -1;
        g->list = more;
        g->cap = cap;
    }
    group->order = g->n;
    g->list[g->n++] = group;
    return 0;
}

/* What makes two outputs the same: texts that are kept once have one address each. */
struct group_key {
    const char *command, *class;
    size_t bytes;
    unsigned char hash[SHA256_DIGEST_LENGTH];
};

static struct group *find_or_make(struct html_groups *g, const struct group_key *key)
{
    struct group *group = strmap_get(&g->map, (const char *)key, sizeof *key);
    if (group)
        return group;
    const char *kept = arena_dup(&g->arena, (const char *)key, sizeof *key);
    group = arena_alloc(&g->arena, sizeof *group);
    void **place = kept && group ? strmap_put(&g->map, kept, sizeof *key) : NULL;
    if (!place || !(group->devices = json_array()))
        return NULL;
    group->command = key->command;
    group->class = key->class;
    group->bytes = key->bytes;
    memcpy(group->hash, key->hash, sizeof group->hash);
    if (list_add(g, group) != 0) {
        json_decref(group->devices);
        return NULL;
    }
    *place = group;
    return group;
}

static const char *interned(struct html_groups *g, const json_t *text)
{
    const char *s = json_is_string(text) ? json_string_value(text) : "";
    return intern_text(&g->strings, s, strlen(s));
}

int html_groups_add(struct html_groups *g, const json_t *command, size_t device)
{
    const json_t *output = json_object_get(command, "output");
    struct group_key key;
    memset(&key, 0, sizeof key); /* padding too: it is compared as bytes */
    if (!json_is_string(output) || !json_is_string(json_object_get(command, "status")))
        return 0;
    const char *text = json_string_value(output);
    key.bytes = json_string_length(output);
    key.command = interned(g, json_object_get(command, "command"));
    key.class = interned(g, json_object_get(command, "class"));
    if (!SHA256((const unsigned char *)text, key.bytes, key.hash))
        return -1; /* it allocates: without a hash all would be the same */
    struct group *group = key.command && key.class ? find_or_make(g, &key) : NULL;
    if (!group || json_array_append_new(group->devices, json_integer((json_int_t)device)) != 0)
        return -1;
    return keep_text(g, group, text, key.bytes);
}

static int by_devices(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    size_t m = json_array_size(x->devices), n = json_array_size(y->devices);
    return m != n ? (n > m) - (n < m) : (x->order > y->order) - (x->order < y->order);
}

static json_t *group_json(const struct group *group, size_t *room)
{
    char digits[HASH_DIGITS + 1];
    for (int i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(digits + 2 * i, 3, "%02x", group->hash[i]);
    json_t *o = json_object();
    int rc = html_put(o, "command", json_string(group->command));
    rc |= html_put(o, "class", json_string(group->class));
    rc |= html_put(o, "hash", json_string(digits));
    rc |= html_put(o, "bytes", json_integer((json_int_t)group->bytes));
    rc |= html_put(o, "devices", json_incref(group->devices));
    bool shown = group->text && group->text_len <= *room;
    if (shown)
        *room -= group->text_len;
    rc |= html_put(o, "text", shown ? json_stringn(group->text, group->text_len) : json_null());
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

int html_groups_put(struct html_groups *g, json_t *document)
{
    json_t *list = json_array();
    size_t room = HTML_PAGE_TEXT, left = 0;
    int rc = list ? 0 : -1;
    if (g->n > 0)
        qsort(g->list, g->n, sizeof *g->list, by_devices);
    for (size_t i = 0; rc == 0 && i < g->n; i++) {
        if (i < HTML_GROUPS)
            rc = json_array_append_new(list, group_json(g->list[i], &room));
        else
            left += json_array_size(g->list[i]->devices);
    }
    rc |= html_put(document, "groups", list);
    rc |= html_put(document, "groups_left",
                   json_pack("{s:I, s:I}", "groups",
                             (json_int_t)(g->n > HTML_GROUPS ? g->n - HTML_GROUPS : 0), "outputs",
                             (json_int_t)left));
    return rc;
}
