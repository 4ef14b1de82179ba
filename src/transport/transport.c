#include <poller/transport.h>

static const struct transport_ops *const transports[TRANSPORT_KINDS] = {
    [TRANSPORT_SSH] = &transport_ssh,
    [TRANSPORT_TELNET] = &transport_telnet,
    [TRANSPORT_LOCAL] = &transport_local,
};

const struct transport_ops *transport_by_kind(enum transport_kind kind)
{
    return (unsigned)kind < TRANSPORT_KINDS ? transports[kind] : NULL;
}
