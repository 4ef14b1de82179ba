#include "lab/experiments/tree.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* of processes below processes */

static FILE *open_of(pid_t pid, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* The number behind so many blanks; 0 where there is none. */
static unsigned long number_behind(const char *text, int blanks)
{
    while (blanks > 0 && *text)
        blanks -= *text++ == ' ';
    return strtoul(text, NULL, 10);
}

/* Fields 14, 15 and 20 of stat; the second, a name in parentheses, may hold anything. */
static void add_stat(pid_t pid, struct tree *t)
{
    char line[1024];
    FILE *file = open_of(pid, "stat");
    size_t n = file ? fread(line, 1, sizeof line - 1, file) : 0;
    line[n] = '\0';
    if (file)
        fclose(file);
    const char *rest = strrchr(line, ')');
    if (!rest)
        return;
    unsigned long ticks = number_behind(rest, 12) + number_behind(rest, 13);
    t->processes++;
    t->threads += (unsigned)number_behind(rest, 18);
    t->cpu_ms += (double)ticks * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static void add_pss(pid_t pid, struct tree *t)
{
    char line[256];
    FILE *file = open_of(pid, "smaps_rollup");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "Pss:", 4) == 0) {
            t->pss_kib += strtol(line + 4, NULL, 10);
            break;
        }
    if (file)
        fclose(file);
}

static void add_sockets(pid_t pid, struct tree *t)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        t->sockets += n > 7 && memcmp(target, "socket:", 7) == 0;
    }
    if (dir)
        closedir(dir);
}

static void add(pid_t pid, enum tree_look what, struct tree *t, int depth)
{
    char name[64], *line = NULL, *end;
    size_t room = 0;
    add_stat(pid, t);
    if (what == TREE_MEMORY) {
        add_pss(pid, t);
        add_sockets(pid, t);
    }
    snprintf(name, sizeof name, "task/%d/children", (int)pid);
    FILE *file = depth < DEPTH_MAX ? open_of(pid, name) : NULL;
    if (file && getline(&line, &room, file) > 0)
        for (char *at = line; *at >= '0' && *at <= '9'; at = end + (*end == ' '))
            add((pid_t)strtol(at, &end, 10), what, t, depth + 1);
    free(line);
    if (file)
        fclose(file);
}

struct tree tree_look(pid_t pid, enum tree_look what)
{
    struct tree t = {0};
    if (pid > 0)
        add(pid, what, &t, 0);
    return t;
}
