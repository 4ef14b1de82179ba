/* A known_hosts file of any content: loaded from memory, then asked for plain, bracketed and hashed
 * names. Each line is split, and each answer must hold together. */
#include "base/log.h"
#include "transport/hostkeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct hostkeys *h, const char *host, uint16_t port)
{
    static const unsigned char blob[] = "\0\0\0\013ssh-ed25519\0\0\0\004\1\1\1\1";
    char types[128];
    int line = 0;
    enum hostkeys_verdict verdict =
        hostkeys_check(h, host, port, "ssh-ed25519", blob, sizeof(blob) - 1, &line);

    if ((verdict == HOSTKEYS_UNKNOWN) != (line == 0))
        abort();
    memset(types, 'x', sizeof(types));
    hostkeys_types(h, host, port, types, sizeof(types));
    if (memchr(types, '\0', sizeof(types)) == NULL)
        abort();
    if ((verdict == HOSTKEYS_MATCH || verdict == HOSTKEYS_CHANGED) &&
        strstr(types, "ssh-ed25519") == NULL && strlen(types) < 100)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("known_hosts", MFD_CLOEXEC);
    char path[64];
    struct hostkeys *h;

    log_set_level(LOG_QUIET);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    h = hostkeys_load(path, NULL);
    close(fd);
    if (h == NULL)
        abort();
    ask(h, "r1", 22);
    ask(h, "R1.lab", 2222);
    ask(h, "2001:db8::1", 22);
    ask(h, "", 22);
    hostkeys_free(h);
    return 0;
}
