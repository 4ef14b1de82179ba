/* One record a line and nothing else. */
#include "output/out.h"
#include "output/record.h"
#include "output/sinks.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether fd appends to a file that ends in the middle of a line, as a run that was killed leaves
 * one. It is open for writing alone, so the file is opened once more to look; where that cannot be
 * done, nothing is known and nothing is added. */
static bool ends_in_a_line(int fd)
{
    struct stat st;
    char path[32], last = '\n';
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || !(flags & O_APPEND) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size == 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int again = open(path, O_RDONLY | O_CLOEXEC);
    if (again < 0)
        return false;
    ssize_t n = pread(again, &last, 1, st.st_size - 1);
    close(again);
    return n == 1 && last != '\n';
}

/* The cut line is ended, so that the first record has its own. */
static int jsonl_begin(struct sink *s, struct err *e)
{
    if (!ends_in_a_line(s->out->fd))
        return 0;
    out_str(s->out, "\n");
    return out_flush(s->out, "standard output", e);
}

static int jsonl_result(struct sink *s, const struct device *device, const struct job *job,
                        const struct result *result, struct err *e)
{
    json_t *record = record_json(&s->options, device, job, result, NULL);
    int rc = record ? record_write(s->out, record) : -1;
    json_decref(record);
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "the record of %s could not be made: out of memory",
                       device->name);
    out_str(s->out, "\n");
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_jsonl = {.name = "jsonl", .begin = jsonl_begin, .result = jsonl_result};
