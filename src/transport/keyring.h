/* Client private keys: each file is read and decrypted once, before any thread or fork, and the
 * loaded key is shared read-only (libssh allows that of private keys alone). */
#ifndef POLLER_TRANSPORT_KEYRING_H
#define POLLER_TRANSPORT_KEYRING_H

struct device;
struct err;
struct inventory;
struct keyring;

/* Loads every key_file that a device of inv names (`~` expanded). A key that cannot be loaded is
 * kept as an error text for the devices that need it, not the run's failure. NULL: memory is
 * out. */
struct keyring *keyring_load(const struct inventory *inv, struct err *e);
void keyring_free(struct keyring *ring);

/* The key of that path as a libssh ssh_key, or NULL with *why set to a sentence that lives as long
 * as the ring. */
void *keyring_find(const struct keyring *ring, const char *path, const char **why);

#endif
