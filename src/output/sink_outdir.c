/* -O DIR: the bytes of each command in a file of its own, and the record beside them.
 *
 * DIR/<device>/<command>.txt holds the cleaned output, .raw what came on the wire where that
 * differs. A failed command's output goes to <command>.failed.txt, so that a bad file never takes
 * the place of a good one; every file is written aside and renamed. */
#include "base/filename.h"
#include "output/out.h"
#include "output/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING_MAX    32
#define NAME_MAX_HERE (FILENAME_MADE_MAX + ENDING_MAX)

static int outdir_begin(struct sink *s, struct err *e)
{
    if (mkdir(s->options.outdir, 0777) != 0 && errno != EEXIST)
        return err_set(e, FAIL_INTERNAL, "%s: cannot make the directory: %s", s->options.outdir,
                       strerror(errno));
    return 0;
}

static int cannot_write(struct err *e, const struct sink *s, const char *device, const char *name)
{
    return err_set(e, FAIL_INTERNAL, "%s/%s/%s could not be written: %s", s->options.outdir, device,
                   name, strerror(errno));
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* Writes name in dir aside, then renames: a reader sees the old file or the whole new one. */
static int write_file(int dir, const char *name, const char *bytes, size_t n)
{
    char aside[NAME_MAX_HERE + 8];
    snprintf(aside, sizeof aside, ".%s.new", name);
    int fd = openat(dir, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return -1;
    int rc = write_all(fd, bytes, n);
    int error = errno;
    if (close(fd) != 0 && rc == 0) {
        rc = -1;
        error = errno;
    }
    if (rc == 0 && renameat(dir, aside, dir, name) == 0)
        return 0;
    if (rc == 0)
        error = errno;
    unlinkat(dir, aside, 0);
    errno = error;
    return -1;
}

/* How many commands before i have the same name: a repeat gets .2, .3, … */
static unsigned repeats_before(const struct job *job, size_t i)
{
    unsigned n = 0;
    for (size_t k = 0; k < i; k++)
        n += strcmp(job->commands.items[k].text, job->commands.items[i].text) == 0;
    return n;
}

struct command_file {
    char name[NAME_MAX_HERE];
};

static void name_file(const struct job *job, const struct command_result *c, size_t i,
                      const char *ending, struct command_file *out)
{
    char made[FILENAME_MADE_MAX + 1];
    unsigned repeat = repeats_before(job, i);
    char number[16] = "";
    if (repeat > 0)
        snprintf(number, sizeof number, ".%u", repeat + 1);
    filename_make(job->commands.items[i].text, made);
    snprintf(out->name, sizeof out->name, "%s%s%s%s", made, number,
             c->status == COMMAND_OK ? "" : ".failed", ending);
}

static int write_command(struct sink *s, int dir, const char *device, const struct job *job,
                         const struct result *r, size_t i, struct command_file *file, struct err *e)
{
    const struct command_result *c = &r->commands[i];
    struct command_file raw;
    file->name[0] = '\0';
    if (c->status == COMMAND_NOT_RUN)
        return 0;
    name_file(job, c, i, ".txt", file);
    if (write_file(dir, file->name, c->output ? c->output : "", c->output_len) != 0)
        return cannot_write(e, s, device, file->name);
    name_file(job, c, i, ".raw", &raw);
    if (!c->raw)
        unlinkat(dir, raw.name, 0); /* of an earlier run: it would not belong to this output */
    else if (write_file(dir, raw.name, c->raw, c->raw_len) != 0)
        return cannot_write(e, s, device, raw.name);
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
    int rc = text ? write_file(dir, "record.json", text, strlen(text)) : -1;
    if (rc != 0)
        cannot_write(e, s, device_dir, "record.json");
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
    for (size_t i = 0; rc == 0 && i < r->n_commands; i++)
        rc = write_command(s, dir, made, job, r, i, &files[i], e);
    if (rc == 0)
        rc = write_record(s, dir, made, device, job, r, files, e);
    free(files);
    close(dir);
    return rc;
}

const struct sink_ops sink_outdir = {
    .name = "outdir", .begin = outdir_begin, .result = outdir_result};
