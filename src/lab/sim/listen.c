#include "lab/sim/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* Bound to the device lo where any is not set. -1 with errno. */
static int bound_socket(struct in_addr address, uint16_t port, bool on_loopback, bool shared)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 &&
        (!shared || set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) == 0) &&
        (!on_loopback || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") == 0) &&
        bind(fd, (const struct sockaddr *)&in, sizeof in) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int fail_port(uint16_t port, const char *address, struct err *e)
{
    if (errno == EADDRINUSE)
        return err_set(e, FAIL_USAGE,
                       "port %u is in use on %s: end what holds it, or choose another with "
                       "--ssh-port, --telnet-port or --port-per-device",
                       port, address);
    return err_set(e, FAIL_USAGE, "cannot listen on %s port %u: %s", address, port,
                   strerror(errno));
}

static int add(struct listeners *out, const struct sim_config *config, struct in_addr address,
               uint16_t port, int device, bool is_telnet, struct err *e)
{
    const char *name = config->listen ? config->listen : "loopback";
    int fd = bound_socket(address, port, !config->listen, true);
    if (fd < 0 || listen(fd, BACKLOG) != 0) {
        fail_port(port, name, e);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    (void)set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    out->items[out->n++] = (struct listener_socket){fd, device, is_telnet};
    return 0;
}

static int add_range(struct listeners *out, const struct sim_config *config, struct in_addr address,
                     const struct port_range *range, bool is_telnet, struct err *e)
{
    for (uint32_t port = range->first; range->first && port <= range->last; port++)
        if (add(out, config, address, (uint16_t)port, (int)(port - range->first), is_telnet, e) !=
            0)
            return -1;
    return 0;
}

int listeners_open(const struct sim_config *config, struct listeners *out, struct err *e)
{
    struct in_addr address = {htonl(INADDR_ANY)};
    size_t room = 2 + 2 * (size_t)config->fleet.n;
    *out = (struct listeners){.items = calloc(config->listen ? room : 2, sizeof *out->items)};
    if (!out->items)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    if (!config->listen)
        return add(out, config, address, config->fleet.ssh_port, -1, false, e) != 0
                   ? -1
                   : add(out, config, address, config->fleet.telnet_port, -1, true, e);
    (void)inet_pton(AF_INET, config->listen, &address);
    return add_range(out, config, address, &config->ssh_ports, false, e) != 0
               ? -1
               : add_range(out, config, address, &config->telnet_ports, true, e);
}

static int check_port(const struct sim_config *config, uint16_t port, struct err *e)
{
    struct in_addr address = {htonl(INADDR_ANY)};
    if (config->listen && inet_pton(AF_INET, config->listen, &address) != 1)
        return err_set(e, FAIL_USAGE, "--listen %s: say an IPv4 address of this machine",
                       config->listen);
    int fd = bound_socket(address, port, !config->listen, false);
    if (fd < 0)
        return fail_port(port, config->listen ? config->listen : "loopback", e);
    close(fd);
    return 0;
}

static int check_range(const struct sim_config *config, const struct port_range *range,
                       struct err *e)
{
    for (uint32_t port = range->first; range->first && port <= range->last; port++)
        if (check_port(config, (uint16_t)port, e) != 0)
            return -1;
    return 0;
}

int listeners_check(const struct sim_config *config, struct err *e)
{
    if (config->listen)
        return check_range(config, &config->ssh_ports, e) != 0
                   ? -1
                   : check_range(config, &config->telnet_ports, e);
    return check_port(config, config->fleet.ssh_port, e) != 0
               ? -1
               : check_port(config, config->fleet.telnet_port, e);
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->n; i++)
        close(listeners->items[i].fd);
    free(listeners->items);
    *listeners = (struct listeners){0};
}

/* Its queue holds one connection more than its backlog says; ours fill it. */
static void fill(const struct fleet *fleet, struct dead_ports *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons(fleet->deaf_port),
                             .sin_addr = {htonl(fleet->first)}};
    for (int i = 0; i < 2; i++) {
        out->fill_fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (out->fill_fds[i] >= 0)
            (void)connect(out->fill_fds[i], (const struct sockaddr *)&in, sizeof in);
    }
}

int dead_ports_open(const struct fleet *fleet, struct dead_ports *out, struct err *e)
{
    struct in_addr any = {htonl(INADDR_ANY)};
    *out = (struct dead_ports){-1, -1, {-1, -1}};
    out->refuse_fd = bound_socket(any, fleet->refuse_port, true, false);
    if (out->refuse_fd < 0)
        return fail_port(fleet->refuse_port, "loopback", e);
    out->deaf_fd = bound_socket(any, fleet->deaf_port, true, false);
    if (out->deaf_fd < 0 || listen(out->deaf_fd, 0) != 0)
        return fail_port(fleet->deaf_port, "loopback", e);
    fill(fleet, out);
    return 0;
}

void dead_ports_close(struct dead_ports *ports)
{
    const int fds[] = {ports->refuse_fd, ports->deaf_fd, ports->fill_fds[0], ports->fill_fds[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}
