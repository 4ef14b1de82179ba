/* Host keys and offers of the simulated devices. Keys are Ed25519 and follow from the seed, so a
 * device shows the same key in every run; the old RSA key is made at the start, where one is
 * needed. One per process, made after the fork: libssh's binds are not for sharing. */
#ifndef POLLER_LAB_SIM_HOSTKEYS_H
#define POLLER_LAB_SIM_HOSTKEYS_H

#include "lab/devices/fleet.h"

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poller/err.h>

/* Distinct keys; the devices share them evenly. */
#define HOSTKEYS 16

struct hostkeys {
    ssh_bind binds[HOSTKEYS]; /* each with its key */
    ssh_bind changed;         /* another key for whoever changes his */
    ssh_bind old;             /* ssh-rsa, group14-sha1, aes128-cbc, hmac-sha1; or NULL */
};

/* An RSA key for `old`, made once before the fork, or NULL where no device wants one; ssh_key_free.
 * -1 with err where it could not be made. */
int hostkeys_make_old(const struct fleet *fleet, ssh_key *old, struct err *e);

/* old is borrowed. 0, or -1 with err. */
int hostkeys_open(struct hostkeys *keys, uint64_t seed, ssh_key old, struct err *e);
void hostkeys_close(struct hostkeys *keys);

/* The bind for a device's n-th connection (from 1). */
ssh_bind hostkeys_for(const struct hostkeys *keys, const struct device *device, uint32_t nth);

/* The OpenSSH private key format, unencrypted, in base64, for the Ed25519 key of a 32-byte seed
 * (RFC 8032; PROTOCOL.key of OpenSSH). free(); NULL: memory is out. */
char *hostkeys_ed25519_text(const unsigned char seed[32]);

#endif
