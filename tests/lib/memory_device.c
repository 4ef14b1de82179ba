#include "tests/lib/memory_device.h"

#include "base/buf.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PENDING_MAX (1u << 20)

struct memory_device {
    struct transport base;
    const char *name;
    int fd;
    struct buf said;  /* to the poller */
    struct buf typed; /* the line so far */
    bool closed;
    unsigned shown;
    struct mono now, dies_at;
};

static atomic_int alive, most;

int memory_device_alive(void)
{
    return alive;
}

int memory_device_most(void)
{
    return most;
}

static bool is(const struct memory_device *m, const char *word)
{
    return strncmp(m->name, word, strlen(word)) == 0;
}

static void say(struct memory_device *m, const char *text)
{
    if (buf_add_str(&m->said, text) == 0)
        eventfd_write(m->fd, 1);
}

static void prompt(struct memory_device *m)
{
    say(m, m->name);
    say(m, "#");
}

static void answer(struct memory_device *m, const char *line)
{
    char text[512];
    bool show = strncmp(line, "show", 4) == 0;
    if (show && is(m, "kills"))
        raise(SIGKILL);
    if (show && is(m, "later") && m->shown++ == 2)
        m->dies_at = mono_add_ms(m->now, LATER_MS);
    if (show && (is(m, "mute") || is(m, "badfd") || !mono_is_never(m->dies_at)))
        return;
    if (show && (is(m, "closes") || is(m, "floods"))) {
        say(m, "a line without an end");
        m->closed = is(m, "closes");
        return;
    }
    if (strcmp(line, "exit") == 0) {
        m->closed = true;
        return;
    }
    if (show) {
        snprintf(text, sizeof text, "%.100s says %.200s\r\nand no more\r\n", m->name, line);
        say(m, text);
    }
    prompt(m);
}

static struct transport *device_open(const struct transport_config *config, struct err *e)
{
    (void)e;
    struct memory_device *m = calloc(1, sizeof *m);
    m->base.ops = &memory_device_ops;
    m->name = config->device->name;
    m->dies_at = MONO_NEVER;
    m->fd = is(m, "badfd") ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                           : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (int p = 0; p < PHASE_COUNT; p++)
        m->base.phase_end[p] = MONO_UNSET;
    buf_init(&m->said, PENDING_MAX);
    buf_init(&m->typed, 4096);
    int now_alive = ++alive, before = most;
    while (now_alive > before && !atomic_compare_exchange_weak(&most, &before, now_alive))
        ;
    return &m->base;
}

static enum io_result device_step(struct transport *t, struct mono now, struct err *e)
{
    struct memory_device *m = (struct memory_device *)t;
    if (is(m, "refused")) {
        err_set(e, FAIL_REFUSED, "port 22 refused the connection");
        return IO_FAIL;
    }
    if (is(m, "opening"))
        return IO_AGAIN;
    for (int p = PHASE_RESOLVE; p <= PHASE_AUTH; p++)
        t->phase_end[p] = now;
    return IO_OK;
}

static enum io_result device_start(struct transport *t, const char *command, struct mono now,
                                   struct err *e)
{
    struct memory_device *m = (struct memory_device *)t;
    (void)command, (void)now, (void)e;
    if (!is(m, "deaf"))
        prompt(m);
    return IO_OK;
}

static enum io_result device_recv(struct transport *t, char *to, size_t size, size_t *n,
                                  enum transport_stream *stream, struct mono now, struct err *e)
{
    struct memory_device *m = (struct memory_device *)t;
    eventfd_t ignored;
    (void)e;
    *stream = STREAM_OUT;
    if (mono_reached(now, m->dies_at))
        raise(SIGKILL);
    if (m->said.len == 0 && is(m, "floods") && !m->closed)
        for (int i = 0; i < 1024; i++)
            say(m, "and on it goes\r\n");
    *n = m->said.len < size ? m->said.len : size;
    memcpy(to, buf_bytes(&m->said), *n);
    buf_drop_front(&m->said, *n);
    if (*n > 0)
        return IO_OK;
    eventfd_read(m->fd, &ignored);
    return m->closed ? IO_END : IO_AGAIN;
}

static enum io_result device_send(struct transport *t, const char *from, size_t n, size_t *sent,
                                  struct mono now, struct err *e)
{
    struct memory_device *m = (struct memory_device *)t;
    (void)e;
    m->now = now;
    for (size_t i = 0; i < n; i++) {
        if (from[i] != '\n') {
            buf_add_char(&m->typed, from[i]);
            continue;
        }
        char *line = buf_take(&m->typed, NULL);
        say(m, line);
        say(m, "\r\n");
        answer(m, line);
        free(line);
    }
    *sent = n;
    return IO_OK;
}

static size_t device_want(const struct transport *t, struct pollfd *want, struct mono *deadline)
{
    const struct memory_device *m = (const struct memory_device *)t;
    *deadline = mono_min(*deadline, m->dies_at);
    want[0] = (struct pollfd){.fd = m->fd, .events = POLLIN};
    return 1;
}

static int device_exit_status(const struct transport *t)
{
    (void)t;
    return -1;
}

static bool device_echo(const struct transport *t)
{
    (void)t;
    return true;
}

static enum io_result device_close(struct transport *t, struct mono now)
{
    (void)t, (void)now;
    return IO_OK;
}

static void device_free(struct transport *t)
{
    struct memory_device *m = (struct memory_device *)t;
    alive--;
    close(m->fd);
    buf_free(&m->said);
    buf_free(&m->typed);
    free(t->host_key);
    free(t->known_hosts_line);
    free(m);
}

const struct transport_ops memory_device_ops = {
    .name = "memory",
    .open = device_open,
    .step = device_step,
    .start = device_start,
    .recv = device_recv,
    .send = device_send,
    .want = device_want,
    .exit_status = device_exit_status,
    .echo = device_echo,
    .close = device_close,
    .free = device_free,
};

/* The table of transports, where a test links none: the twin stands in for all. */
const struct transport_ops *transport_by_kind(enum transport_kind kind)
{
    (void)kind;
    return &memory_device_ops;
}
