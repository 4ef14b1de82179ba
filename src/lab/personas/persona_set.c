/* The personas of a run: the built-in ones, and those of a directory. */
#include "base/file.h"
#include "base/text.h"
#include "lab/personas/persona.h"
#include "lab/personas/persona_builtin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX     (4u << 20)
#define PERSONAS_MAX (sizeof((struct persona_set){0}.items) / sizeof(void *))

static const char ending[] = ".yaml";

static int add(struct persona_set *set, const struct persona *p, struct err *e)
{
    for (size_t i = 0; i < set->n; i++) {
        if (strcmp(set->items[i]->name, p->name) == 0) {
            set->items[i] = p;
            return 0;
        }
    }
    if (set->n == PERSONAS_MAX)
        return err_set(e, FAIL_USAGE, "%s.yaml: more than %zu personas", p->name, PERSONAS_MAX);
    set->items[set->n++] = p;
    return 0;
}

static int add_builtin(struct persona_set *set, const struct builtin_file *file, struct err *e)
{
    char path[128];
    snprintf(path, sizeof path, "config/personas/%s.yaml", file->name);
    struct persona *p = persona_read(file->text, file->len, path, file->name, &set->arena, e);
    return p ? add(set, p, e) : -1;
}

static int add_file(struct persona_set *set, const char *dir, const char *file, struct err *e)
{
    char path[4096], name[256];
    struct buf text;
    struct persona *p = NULL;
    buf_init(&text, FILE_MAX + 1);
    snprintf(path, sizeof path, "%s/%s", dir, file);
    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(ending)), file);
    if (file_read(path, FILE_MAX, &text, NULL, e) == 0)
        p = persona_read(buf_bytes(&text), text.len, path, name, &set->arena, e);
    buf_free(&text);
    return p ? add(set, p, e) : -1;
}

static int is_yaml(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), tail = strlen(ending);
    return len > tail && entry->d_name[0] != '.' && strcmp(entry->d_name + len - tail, ending) == 0;
}

static int add_dir(struct persona_set *set, const char *dir, struct err *e)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_yaml, alphasort), rc = 0;
    if (n < 0)
        return err_set(e, FAIL_USAGE, "--persona-dir %s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = add_file(set, dir, entries[i]->d_name, e);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int personas_load(struct persona_set *set, const char *dir, struct err *e)
{
    *set = (struct persona_set){0};
    for (size_t i = 0; i < persona_builtins_n; i++)
        if (add_builtin(set, &persona_builtins[i], e) != 0)
            return -1;
    return dir ? add_dir(set, dir, e) : 0;
}

void personas_free(struct persona_set *set)
{
    arena_free(&set->arena);
    *set = (struct persona_set){0};
}

const struct persona *personas_find(const struct persona_set *set, const char *name)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->items[i]->name, name) == 0)
            return set->items[i];
    return NULL;
}

int personas_number(void *ctx, const char *name, struct err *e)
{
    const struct persona_set *set = ctx;
    const char *names[PERSONAS_MAX];
    for (size_t i = 0; i < set->n; i++) {
        names[i] = set->items[i]->name;
        if (strcmp(names[i], name) == 0)
            return (int)i;
    }
    const char *near = text_nearest(name, names, set->n);
    return err_set(e, FAIL_USAGE,
                   "--persona: there is no persona '%s'%s%s%s: poller-lab personas "
                   "lists them",
                   name, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}
