/* One connection to a simulated device: from the accept to the last byte. One thread. */
#ifndef POLLER_LAB_SIM_VISIT_H
#define POLLER_LAB_SIM_VISIT_H

#include "lab/sim/cli.h"
#include "lab/sim/shard.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libtelnet.h>

enum visit_state {
    VISIT_HELD,    /* what comes is thrown away */
    VISIT_CHATTER, /* says lines without end */
    VISIT_KEX,
    VISIT_AUTH,
    VISIT_OPEN,    /* the dialogue */
    VISIT_CLOSING, /* the device has closed: the client's end is waited for */
    VISIT_OVER
};

struct visit_ssh {
    ssh_session session;
    ssh_channel channel;
    ssh_message pending;              /* whose answer waits for the log-in delay, or NULL */
    struct ssh_callbacks_struct told; /* how far the session is */
    struct ssh_channel_callbacks_struct *callbacks;
    struct buf early;          /* typed before the shell stood */
    unsigned rounds, refusals; /* rounds: of keyboard-interactive */
    unsigned rows;
    unsigned unheard; /* bytes that came while the client read nothing */
    bool is_right;    /* the answer to `pending` */
    bool has_said_banner, is_exec;
    bool has_eof, has_left; /* the client types no more; it has closed the channel */
};

struct visit_telnet {
    telnet_t *telnet;
    bool is_lost;    /* the connection: what is left in it is read, and not answered */
    bool sends_data; /* what libtelnet gives out is text, no negotiation */
    unsigned toggles;
};

struct visit {
    struct source source;
    struct timer timer;
    struct shard *shard;
    struct visit *next, *previous;
    struct device device;
    enum visit_state state;
    bool is_telnet, is_logged_in, has_ended_well, is_blocked;
    uint32_t nth;      /* connection of the device */
    uint32_t place;    /* in the shard's roll */
    struct mono limit; /* for the log-in, for silence, or for the client's end */
    struct mono due;   /* of what the device does next by itself, beside the dialogue's */
    struct cli *cli;   /* once there is a dialogue */
    struct buf unsent; /* Telnet: what the socket did not take */
    char client[16];
    char user[CLI_USER_MAX];
    union {
        struct visit_ssh ssh;
        struct visit_telnet telnet;
    };
};

/* Takes fd. index is the device's. */
void visit_start(struct shard *shard, int fd, uint32_t index, bool is_telnet, const char *client,
                 struct mono now);

/* Its timer came. */
void visit_tick(struct visit *v, struct mono now);
/* Ends it at once; freed after the round. */
void visit_end(struct visit *v);
void visit_free(struct visit *v);

/* --- for the rooms visit_*.c and door.c --- */

/* Makes the dialogue. False: memory is out, and the visit is over. */
bool visit_make_cli(struct visit *v);
/* Sets the timer for what is due first. */
void visit_set_timer(struct visit *v);
/* The client is in. */
void visit_logged_in(struct visit *v, const char *user, struct mono now);
/* The device closes: whatever still comes is thrown away until the client's end, two seconds. */
void visit_close_soon(struct visit *v, struct mono now);
/* Reads and throws away; false at the end. */
bool visit_drain(struct visit *v);

/* Whether this user may log in so; counts a refusal. */
bool door_check(struct visit *v, const char *user, const char *password, struct mono now);
/* The same for a key that was found right. */
bool door_check_key(struct visit *v, const char *user, struct mono now);
/* Whether a session more gets a line. */
bool door_has_line(const struct visit *v, uint32_t sessions);

void visit_ssh_start(struct visit *v, struct mono now);
void visit_ssh_ready(struct visit *v, uint32_t events, struct mono now);
void visit_ssh_tick(struct visit *v, struct mono now);
void visit_ssh_free(struct visit *v);
/* Messages of authentication (visit_ssh_auth.c). True when the message waits for its answer. */
bool visit_ssh_auth(struct visit *v, ssh_message message, struct mono now);
void visit_ssh_auth_answer(struct visit *v, struct mono now);
/* Channels and what is asked of them (visit_ssh_channel.c). */
void visit_ssh_channel(struct visit *v, ssh_message message, struct mono now);
/* Sends what the dialogue says, and ends it where that has ended. */
void visit_ssh_flush(struct visit *v, struct mono now);

void visit_telnet_start(struct visit *v, struct mono now);
void visit_telnet_ready(struct visit *v, uint32_t events, struct mono now);
void visit_telnet_tick(struct visit *v, struct mono now);
void visit_telnet_free(struct visit *v);

#endif
