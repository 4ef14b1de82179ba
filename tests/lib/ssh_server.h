/* A small SSH server with bad manners, for tests: a child process accepts on loopback and a further
 * one serves each connection with libssh's server half. What it saw stands in shared memory. */
#ifndef TESTS_LIB_SSH_SERVER_H
#define TESTS_LIB_SSH_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum ssh_server_manner {
    SERVER_ECHO,         /* a shell that says back what it reads; a line "exit" ends it with 5 */
    SERVER_EXEC,         /* output, error output, output; exit status 7 */
    SERVER_LAST_WORDS,   /* output and DISCONNECT in one segment */
    SERVER_EOF_ONLY,     /* output and EOF, no status, no close */
    SERVER_DEAF,         /* never reads again once the shell is there */
    SERVER_FLOOD,        /* output without end */
    SERVER_CHATTER,      /* SSH_MSG_IGNORE without end */
    SERVER_OPENS,        /* asks for channels nobody wants, then echoes */
    SERVER_TINY_PACKETS, /* announces a maximum packet of 10 bytes */
    SERVER_REFUSES_SESSION,
    SERVER_REFUSES_PTY,
    SERVER_REFUSES_SHELL,
    SERVER_HANGS_UP_IN_AUTH, /* DISCONNECT "Too many authentication failures" */
    SERVER_DROPS_IN_AUTH     /* closes the connection */
};

struct ssh_server_config {
    enum ssh_server_manner manner;
    const char *greeting; /* sent raw instead of anything of SSH; or NULL */
    bool greeting_holds;  /* and the connection stays open */
    const char *password; /* the right one; NULL: every one is wrong */
    bool no_password;     /* offers keyboard-interactive alone */
    int empty_rounds;     /* of keyboard-interactive, before the question */
    bool endless_rounds;
    const char *question; /* default "Password: " */
    bool question_echo;
    const char *second_question; /* after the first was answered */
    bool second_factor;          /* a right password is only half */
    const char *kex, *hostkeys;  /* offers these alone */
    bool two_keys;               /* Ed25519 and ECDSA; else Ed25519 */
};

struct ssh_server_seen {
    int passwords, answers, connections;
    char user[64], answer[64];
};

struct ssh_server {
    pid_t pid;
    uint16_t port;
    struct ssh_server_config config;
    struct ssh_server_seen *seen;
};

/* False when it could not be started (for SERVER_TINY_PACKETS: on this machine's libssh). */
bool ssh_server_start(struct ssh_server *server, const struct ssh_server_config *config);
void ssh_server_stop(struct ssh_server *server);

#endif
