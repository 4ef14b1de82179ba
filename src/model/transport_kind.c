#include <poller/inventory.h>

static const char *const kind_names[TRANSPORT_KINDS] = {
    [TRANSPORT_SSH] = "ssh",
    [TRANSPORT_TELNET] = "telnet",
    [TRANSPORT_LOCAL] = "local",
};

const char *transport_kind_name(enum transport_kind kind)
{
    return (unsigned)kind < TRANSPORT_KINDS ? kind_names[kind] : NULL;
}
