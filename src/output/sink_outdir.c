/* -O DIR: the bytes of each command in a file of its own, and the record beside them.
 *
 * DIR/<device>/<command>.txt holds the cleaned output, .raw what came on the wire where that
 * differs. A failed command's output goes to <command>.failed.txt, so that a bad file never takes
 * the place of a good one; every file is written aside and renamed. */
#include "base/aside.h"
#include "base/filename.h"
#include "output/out.h"
#include "output/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING_MAX    32
#define NAME_MAX_HERE (FILENAME_MADE_MAX + ENDING_MAX)

static int outdir_begin(struct sink *s, struct err *e)
{
    struct stat st;
    int rc = mkdir(s->options.outdir, 0777);
    if (rc != 0 && errno == EEXIST && (rc = stat(s->options.outdir, &st)) == 0 &&
        !S_ISDIR(st.st_mode)) {
        rc = -1;
        errno = ENOTDIR;
    }
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "%s: cannot make the directory: %s", s->options.outdir,
                       strerror(errno));
    return 0;
}

/* A reader sees the old file or the whole new one. */
static int write_file(const struct sink *s, int dir, const char *device, const char *name,
                      const char *bytes, size_t n, struct err *e)
{
    int rc = aside_put(dir, name, bytes, n, e);
    if (rc != 0)
        err_prefix(e, "%s/%s/", s->options.outdir, device);
    return rc;
}

/* The names of a command's files, without their endings. */
struct command_file {
    char stem[NAME_MAX_HERE];
    char name[NAME_MAX_HERE]; /* of the output, or "" where there is none */
};

#define FAILED ".failed"

static bool is_taken(const struct command_file *files, size_t n, const char *stem)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(files[k].stem, stem) == 0)
            return true;
    return false;
}

static unsigned repeats_before(const struct job *job, size_t i)
{
    unsigned n = 0;
    for (size_t k = 0; k < i; k++)
        n += strcmp(job->commands.items[k].text, job->commands.items[i].text) == 0;
    return n;
}

/* The stem of command i: a repeat gets .2, .3, … One that ends as the failed ones do would take
 * another command's place: its dot is escaped. Whether a command fails changes no stem, so the
 * names are the same in every run of the same commands. */
static void name_stem(const struct job *job, size_t i, struct command_file *files)
{
    char made[FILENAME_MADE_MAX + 1];
    char *stem = files[i].stem;
    unsigned repeat = repeats_before(job, i);
    filename_make(job->commands.items[i].text, made);
    size_t n = strlen(made), ending = strlen(FAILED);
    bool escaped = n >= ending && strcmp(made + n - ending, FAILED) == 0;
    const char *tail = escaped ? "%2Efailed" : "";
    int head = (int)(escaped ? n - ending : n);
    do {
        repeat++;
        if (repeat == 1)
            snprintf(stem, NAME_MAX_HERE, "%.*s%s", head, made, tail);
        else
            snprintf(stem, NAME_MAX_HERE, "%.*s%s.%u", head, made, tail, repeat);
    } while (is_taken(files, i, stem));
}

static void name_file(const struct command_file *file, bool ok, const char *ending,
                      char name[NAME_MAX_HERE])
{
    snprintf(name, NAME_MAX_HERE, "%.*s%s%s", FILENAME_MADE_MAX + 16, file->stem, ok ? "" : FAILED,
             ending);
}

/* What an earlier run left of a command that failed then, and is good now. */
static void drop_failed(int dir, const struct command_file *file)
{
    char name[NAME_MAX_HERE];
    name_file(file, false, ".txt", name);
    unlinkat(dir, name, 0);
    name_file(file, false, ".raw", name);
    unlinkat(dir, name, 0);
}

static int write_command(struct sink *s, int dir, const char *device,
                         const struct command_result *c, struct command_file *file, struct err *e)
{
    char raw[NAME_MAX_HERE];
    bool ok = c->status == COMMAND_OK;
    if (c->status == COMMAND_NOT_RUN)
        return 0;
    name_file(file, ok, ".txt", file->name);
    if (write_file(s, dir, device, file->name, c->output ? c->output : "", c->output_len, e) != 0)
        return -1;
    name_file(file, ok, ".raw", raw);
    if (!c->raw)
        unlinkat(dir, raw, 0); /* of an earlier run: it would not belong to this output */
    else if (write_file(s, dir, device, raw, c->raw, c->raw_len, e) != 0)
        return -1;
    if (ok)
        drop_failed(dir, file);
    return 0;
}

static int write_record(struct sink *s, int dir, const char *device_dir,
                        const struct device *device, const struct job *job, const struct result *r,
                        const struct command_file *files, struct err *e)
{
    const char **names = calloc(r->n_commands + 1, sizeof *names);
    json_t *record = NULL;
    char *text = NULL;
    if (names) {
        for (size_t i = 0; i < r->n_commands; i++)
            names[i] = files[i].name[0] ? files[i].name : NULL;
        record = record_json(&s->options, device, job, r, names);
    }
    if (record)
        text = json_dumps(record, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    int rc = text ? write_file(s, dir, device_dir, "record.json", text, strlen(text), e)
                  : err_set(e, FAIL_INTERNAL, "%s/%s/record.json: out of memory", s->options.outdir,
                            device_dir);
    free(text);
    json_decref(record);
    free(names);
    return rc;
}

static int open_device_dir(struct sink *s, const char *made, struct err *e)
{
    int top = open(s->options.outdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int dir = -1;
    if (top >= 0 && (mkdirat(top, made, 0777) == 0 || errno == EEXIST))
        dir = openat(top, made, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int error = errno;
    if (top >= 0)
        close(top);
    if (dir < 0)
        err_set(e, FAIL_INTERNAL, "%s/%s: cannot make the directory: %s", s->options.outdir, made,
                strerror(error));
    return dir;
}

static int outdir_result(struct sink *s, const struct device *device, const struct job *job,
                         const struct result *r, struct err *e)
{
    char made[FILENAME_MADE_MAX + 1];
    filename_make(device->name, made);
    int dir = open_device_dir(s, made, e);
    if (dir < 0)
        return -1;
    struct command_file *files = calloc(r->n_commands + 1, sizeof *files);
    if (!files) {
        close(dir);
        return err_set(e, FAIL_INTERNAL, "out of memory");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->n_commands; i++) {
        name_stem(job, i, files);
        rc = write_command(s, dir, made, &r->commands[i], &files[i], e);
    }
    if (rc == 0)
        rc = write_record(s, dir, made, device, job, r, files, e);
    free(files);
    close(dir);
    return rc;
}

const struct sink_ops sink_outdir = {
    .name = "outdir", .begin = outdir_begin, .result = outdir_result};
