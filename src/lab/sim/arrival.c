/* Which device a connection is for. */
#include "lab/sim/wires.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t arrival_device(const struct sim_config *config, const struct listener_socket *listener,
                       int fd, char client[16])
{
    struct sockaddr_in own = {0}, peer = {0};
    socklen_t own_len = sizeof own, peer_len = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&own, &own_len) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0 ||
        !inet_ntop(AF_INET, &peer.sin_addr, client, 16))
        return -1;
    int64_t device = listener->device >= 0
                         ? listener->device
                         : (int64_t)ntohl(own.sin_addr.s_addr) - config->fleet.first;
    return device >= 0 && device < config->fleet.n ? device : -1;
}

void arrival_reset(int fd)
{
    const struct linger at_once = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}
