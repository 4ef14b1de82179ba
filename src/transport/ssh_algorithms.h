/* Which algorithms are offered, and what to say when a device has none of them. */
#ifndef POLLER_TRANSPORT_SSH_ALGORITHMS_H
#define POLLER_TRANSPORT_SSH_ALGORITHMS_H

#include <poller/inventory.h>
#include <stddef.h>

enum ssht_algorithm { SSHT_ALG_KEX, SSHT_ALG_HOSTKEYS, SSHT_ALG_CIPHERS, SSHT_ALG_MACS, SSHT_ALGS };

#define SSHT_LIST_MAX 512

/* The key of the inventory that names this kind's list: "kex", "hostkeys", "ciphers", "macs". */
const char *ssht_algorithm_key(enum ssht_algorithm kind);

/* The list to offer to a device: its own, else the long one where it is `legacy`, else ours. */
const char *ssht_algorithms(const struct device *device, enum ssht_algorithm kind);

/* The names of list, those of `first` in front, in first's order. Whole names only. */
void ssht_algorithms_pin(const char *list, const char *first, char *out, size_t size);

/* Reads libssh's "kex error : no match for method …: server […], client […]" into a sentence's
 * rest: both offers, and the line to add. False when text is no such error. */
bool ssht_algorithms_mismatch(const char *text, char *out, size_t size);

#endif
