#include "tests/lib/sink_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct bench *bench_start_at(const char *name, int fd)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->fd = fd;
    assert_true(b->fd >= 0);
    out_init(&b->out, b->fd);
    b->sink = (struct sink){.ops = sink_find(name),
                            .out = &b->out,
                            .options = {.run_id = SAMPLE_RUN_ID, .mode = "threads"}};
    assert_non_null(b->sink.ops);
    return b;
}

struct bench *bench_start(const char *name)
{
    return bench_start_at(name, memfd_create("sink", 0));
}

int bench_begin(struct bench *b)
{
    return b->sink.ops->begin ? b->sink.ops->begin(&b->sink, &b->err) : 0;
}

int bench_give_of(struct bench *b, const struct device *device, const struct command *commands,
                  const struct result *r)
{
    struct job job = sample_job();
    int rc = 0;
    if (commands)
        job.commands.items = commands;
    if (b->sink.ops->result)
        rc = b->sink.ops->result(&b->sink, device, &job, r, &b->err);
    if (rc == 0)
        b->sink.written++;
    return rc;
}

int bench_give(struct bench *b, const struct result *r)
{
    return bench_give_of(b, &sample_device, NULL, r);
}

int bench_end(struct bench *b)
{
    struct run_summary run = {.run_id = SAMPLE_RUN_ID, .mode = "threads", .version = "0.1"};
    return b->sink.ops->end ? b->sink.ops->end(&b->sink, &run, &b->err) : 0;
}

char *bench_written(struct bench *b, size_t *n)
{
    off_t size = lseek(b->fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_true(text && pread(b->fd, text, (size_t)size, 0) == size);
    *n = (size_t)size;
    return text;
}

void bench_stop(struct bench *b)
{
    out_free(&b->out);
    close(b->fd);
    free(b);
}
