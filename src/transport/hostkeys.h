/* Known host keys, in OpenSSH's known_hosts format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain
 * and hashed names, [host]:port, wildcards and negation, @revoked; lines that are not understood
 * are kept as they are. The table is loaded once, const and shared by threads afterwards; the
 * collector alone appends to the file. */
#ifndef POLLER_TRANSPORT_HOSTKEYS_H
#define POLLER_TRANSPORT_HOSTKEYS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct hostkeys;

/* A file that does not exist is an empty table. -1/NULL with err (FAIL_USAGE): unreadable, over
 * 64 MiB. Malformed lines warn with their number. path is copied. */
struct hostkeys *hostkeys_load(const char *path, struct err *e);
void hostkeys_free(struct hostkeys *h);

/* The file it was loaded from; lives as long as the table. */
const char *hostkeys_path(const struct hostkeys *h);

enum hostkeys_verdict { HOSTKEYS_UNKNOWN, HOSTKEYS_MATCH, HOSTKEYS_CHANGED, HOSTKEYS_REVOKED };

/* type: "ssh-ed25519", …; blob: the key as on the wire (RFC 4253, 6.6). CHANGED: the host has a
 * key of this type and it differs; *line gets the number of the stored one. Thread-safe. */
enum hostkeys_verdict hostkeys_check(const struct hostkeys *h, const char *host, uint16_t port,
                                     const char *type, const void *blob, size_t blob_len,
                                     int *line);

/* "SHA256:…" of a key, as OpenSSH prints it. */
#define HOSTKEYS_FINGERPRINT_MAX 64
void hostkeys_fingerprint(const void *blob, size_t blob_len, char out[HOSTKEYS_FINGERPRINT_MAX]);

/* The types stored for a host, comma-separated into out in libssh's names for HOSTKEYS, "" when
 * none: pinned before the key exchange, or a server with several keys looks changed. ssh-rsa is
 * given as the three algorithms that sign with such a key, the best first; types that are no
 * algorithm of RFC 4251's alphabet are left out, whole names only. */
void hostkeys_types(const struct hostkeys *h, const char *host, uint16_t port, char *out,
                    size_t size);

/* "host ssh-ed25519 AAAA…" or "[host]:port …", without a line end; the caller's (free()). */
char *hostkeys_line(const char *host, uint16_t port, const char *type, const void *blob,
                    size_t blob_len);

/* Appends a line to the file (made with its directories, mode 0600), whole, under a lock file
 * lock; skips one that is there already. 0, or -1 with err (FAIL_INTERNAL). */
int hostkeys_append(const char *path, const char *line, struct err *e);

#endif
