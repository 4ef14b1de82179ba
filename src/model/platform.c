#include "base/arena.h"
#include "base/log.h"
#include "base/strmap.h"
#include "model/platform_builtin.h"
#include "model/platform_yaml.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (1u << 20)
#define DIR_FILES_MAX  1000
#define NAME_MAX_BYTES 64

#define YAML_SUFFIX ".yaml"

struct platform_set {
    struct arena arena;
    struct intern strings;
    struct strmap names;   /* name -> platform */
    struct strmap aliases; /* alias -> platform, the last one to claim it */
    struct platform **items;
    size_t n, cap;
    const char **all_names; /* names, then aliases: for the nearest one */
    size_t n_all_names;
};

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "platforms: out of memory");
}

/* --- one definition --- */

/* A platform that is there already is overridden in its place. */
static int set_put(struct platform_set *set, struct platform *p, struct err *e)
{
    void **place = strmap_put(&set->names, p->name, strlen(p->name));
    if (!place)
        return no_memory(e);
    if (*place) {
        p->index = ((struct platform *)*place)->index;
    } else {
        if (set->n == set->cap) {
            size_t cap = set->cap ? 2 * set->cap : 32;
            struct platform **items = realloc(set->items, cap * sizeof(struct platform *));
            if (!items)
                return no_memory(e);
            set->items = items;
            set->cap = cap;
        }
        p->index = set->n++;
    }
    *place = p;
    set->items[p->index] = p;
    return 0;
}

static int set_add(struct platform_set *set, const char *name, const char *file,
                   const struct yaml_doc *doc, struct err *e)
{
    bool dangling;
    struct platform *p = arena_alloc(&set->arena, sizeof *p);
    const char *kept_name = intern_text(&set->strings, name, strlen(name));
    const char *kept_file = intern_text(&set->strings, file, strlen(file));
    if (!p || !kept_name || !kept_file)
        return no_memory(e);
    p->name = kept_name;
    p->file = kept_file;
    struct yaml_in in = {.doc = doc, .arena = &set->arena, .strings = &set->strings, .e = e};
    if (platform_read(&in, p, &dangling) == 0)
        return set_put(set, p, e);
    /* Some published definitions refer to a mode that they do not have. One of those must not spoil
     * a directory of good ones; but an override left out would leave another definition in force
     * under its name. */
    if (!dangling || strmap_get(&set->names, name, strlen(name)))
        return -1;
    log_warn("%s; the platform '%s' is left out", e->text, name);
    err_clear(e);
    return 0;
}

/* --- where definitions come from --- */

static int add_builtins(struct platform_set *set, struct err *e)
{
    for (size_t i = 0; i < platform_builtins_n; i++) {
        const struct builtin_file *b = &platform_builtins[i];
        char label[NAME_MAX_BYTES + 32];
        snprintf(label, sizeof label, "built-in:%s" YAML_SUFFIX, b->name);
        struct yaml_doc *doc = yaml_load_text(b->text, b->len, label, e);
        int rc = doc ? set_add(set, b->name, "built-in", doc, e) : -1;
        yaml_free(doc);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* A file's name without its suffix is the platform's name, which people type. */
static int name_of_file(const char *path, const char *base, char name[NAME_MAX_BYTES + 1],
                        struct err *e)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t len = strlen(base) - strlen(YAML_SUFFIX);
    if (len > NAME_MAX_BYTES || strspn(base, allowed) < len)
        return err_set(e, FAIL_USAGE,
                       "%s: a platform's name has letters, digits and _ . - only, at most %d", path,
                       NAME_MAX_BYTES);
    memcpy(name, base, len);
    name[len] = '\0';
    return 0;
}

static int add_file(struct platform_set *set, const char *path, const char *base, struct err *e)
{
    char name[NAME_MAX_BYTES + 1];
    if (name_of_file(path, base, name, e) < 0)
        return -1;
    struct stat st;
    if (stat(path, &st) < 0)
        return err_set(e, FAIL_USAGE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, FAIL_USAGE, "%s: is not a regular file", path);
    if (st.st_size > FILE_MAX_BYTES)
        return err_set(e, FAIL_USAGE, "%s: over %u MiB, too much for a platform", path,
                       FILE_MAX_BYTES >> 20);
    struct yaml_doc *doc = yaml_load_file(path, e);
    int rc = doc ? set_add(set, name, path, doc, e) : -1;
    yaml_free(doc);
    return rc;
}

static int is_definition(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(YAML_SUFFIX);
    return entry->d_name[0] != '.' && len > suffix &&
           strcmp(entry->d_name + len - suffix, YAML_SUFFIX) == 0;
}

static int add_entries(struct platform_set *set, const char *dir, struct dirent **entries, int n,
                       struct err *e)
{
    if (n == 0)
        return err_set(e, FAIL_USAGE, "%s: there is no *%s in it", dir, YAML_SUFFIX);
    if (n > DIR_FILES_MAX)
        return err_set(e, FAIL_USAGE, "%s: over %d files, too many for platforms", dir,
                       DIR_FILES_MAX);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) >= (int)sizeof path)
            return err_set(e, FAIL_USAGE, "%s: the path is too long", dir);
        if (add_file(set, path, entries[i]->d_name, e) < 0)
            return -1;
    }
    return 0;
}

/* In the order of their names, whatever order the directory has. */
static int add_directory(struct platform_set *set, const char *dir, struct err *e)
{
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, is_definition, alphasort);
    if (n < 0)
        return err_set(e, FAIL_USAGE, "%s: cannot be read: %s", dir, strerror(errno));
    int rc = add_entries(set, dir, entries, n, e);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return rc;
}

/* --- names --- */

/* Once all are there: an overridden platform has no say any more. */
static int index_names(struct platform_set *set, struct err *e)
{
    size_t n = set->n;
    for (size_t i = 0; i < set->n; i++)
        n += set->items[i]->n_aliases;
    set->all_names = arena_array(&set->arena, n, sizeof *set->all_names);
    if (!set->all_names)
        return no_memory(e);
    for (size_t i = 0; i < set->n; i++)
        set->all_names[set->n_all_names++] = set->items[i]->name;
    for (size_t i = 0; i < set->n; i++) {
        struct platform *p = set->items[i];
        for (size_t a = 0; a < p->n_aliases; a++) {
            void **place = strmap_put(&set->aliases, p->aliases[a], strlen(p->aliases[a]));
            if (!place)
                return no_memory(e);
            *place = p;
            set->all_names[set->n_all_names++] = p->aliases[a];
        }
    }
    return 0;
}

struct platform_set *platform_set_load(const char *const *dirs, size_t n_dirs, struct err *e)
{
    struct platform_set *set = calloc(1, sizeof *set);
    if (!set) {
        no_memory(e);
        return NULL;
    }
    set->strings.arena = &set->arena;
    int rc = add_builtins(set, e);
    for (size_t i = 0; rc == 0 && i < n_dirs; i++)
        rc = add_directory(set, dirs[i], e);
    if (rc == 0)
        rc = index_names(set, e);
    if (rc == 0)
        return set;
    platform_set_free(set);
    return NULL;
}

void platform_set_free(struct platform_set *set)
{
    if (!set)
        return;
    strmap_free(&set->names);
    strmap_free(&set->aliases);
    intern_free(&set->strings);
    arena_free(&set->arena);
    free(set->items);
    free(set);
}

const struct platform *platform_find(const struct platform_set *set, const char *name)
{
    const struct platform *p = strmap_get(&set->names, name, strlen(name));
    return p ? p : strmap_get(&set->aliases, name, strlen(name));
}

const char *platform_nearest(const struct platform_set *set, const char *name)
{
    return text_nearest(name, set->all_names, set->n_all_names);
}

size_t platform_count(const struct platform_set *set)
{
    return set->n;
}

const struct platform *platform_at(const struct platform_set *set, size_t index)
{
    return set->items[index];
}

int platform_mode_index(const struct platform *p, const char *name)
{
    for (size_t i = 0; i < p->n_modes; i++)
        if (strcmp(p->modes[i].name, name) == 0)
            return (int)i;
    return -1;
}
