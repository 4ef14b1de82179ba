/* A real OpenSSH server on loopback, with a configuration and keys of its own in a directory under
 * build/; logins by key, as the user who runs the test. It is started for each connection
 * (`sshd -i`), by a child that accepts. */
#ifndef TESTS_LIB_SSHD_H
#define TESTS_LIB_SSHD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sshd {
    pid_t pid;
    uint16_t port;
    char dir[128];
    char key[160];     /* a client key (Ed25519) that it lets in; beside it key.pub */
    char rsa_key[160]; /* one of RSA */
    char user[64];
};

/* extra: more lines of sshd_config, or "". False when OpenSSH is not installed. */
bool sshd_start(struct sshd *server, const char *extra);
void sshd_stop(struct sshd *server);

/* Runs a program found in PATH (argv, NULL at its end); its exit status, or -1. Quiet. */
int sshd_run(const char *const *argv);

#endif
