/* The simulated devices of a run, and what each of them is. Nothing is kept per device: identity,
 * times and misbehaviour follow from the seed and the address when they are asked for.
 *
 * Made once by fleet_make(); const and shared afterwards, over forks and threads. */
#ifndef POLLER_LAB_DEVICES_FLEET_H
#define POLLER_LAB_DEVICES_FLEET_H

#include "lab/devices/misbehave.h"
#include "lab/devices/share.h"
#include "lab/devices/spread.h"
#include "lab/personas/persona.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stdint.h>

#define FLEET_DEVICES_MAX 1000000
#define DEVICE_NAME_MAX   64

/* One device. Texts live as long as the fleet, name in here. */
struct device {
    uint32_t index;   /* from 0 */
    uint32_t address; /* host order */
    uint64_t seed;
    const struct persona *persona;
    enum misbehaviour misbehaviour;
    const char *user, *password, *secret;
    char name[DEVICE_NAME_MAX];
    const char *hostname; /* what it calls itself; NULL: name */
    int64_t rtt_ns, jitter_ns, login_delay_ns, think_ns;
    uint64_t rate; /* bytes per second; 0: no limit */
};

/* What a file says of one device beyond the options; NULL, -1 and 0 leave them. */
struct device_override {
    const struct persona *persona;
    const char *name, *hostname, *user, *password, *secret;
    int64_t misbehaviour, think_ms, rtt_ms;
};

/* The options as they were given; NULL or 0 where they were not. */
struct fleet_options {
    int devices, ssh_port, telnet_port;
    long long seed;
    const char *first, *persona_dir, *persona, *misbehave, *device_file, *from;
    const char *user, *password, *secret;
    const char *rtt, *jitter, *rate, *login_delay, *think;
};

struct fleet {
    struct persona_set personas;
    uint64_t seed;
    uint32_t n, first; /* addresses first … first + n - 1, host order */
    uint16_t ssh_port, telnet_port;
    /* Held for those who refuse, and for those who never answer: see sim/listen.h. */
    uint16_t refuse_port, deaf_port;
    const char *user, *password, *secret;
    struct shares persona_shares, misbehave_shares;
    struct spread rtt, jitter, rate, login_delay, think;
    struct arena arena;                      /* what overrides refer to */
    const struct device_override **override; /* n of them, or NULL */
};

/* Reads personas and checks everything. 0, or -1 with err. fleet_free() in both cases. */
int fleet_make(struct fleet *fleet, const struct fleet_options *options, struct err *e);
void fleet_free(struct fleet *fleet);

/* The device of index (below n). */
void fleet_device(const struct fleet *fleet, uint32_t index, struct device *out);

/* Whether any device has a wire of its own: a round trip, jitter or rate. */
bool fleet_has_wires(const struct fleet *fleet);

/* The world of what the device says; user, client and mode are the caller's to add. */
struct say_world device_world(const struct device *device);

/* --- for the readers of files --- */

/* --device-file: a YAML list of devices by address. */
int fleet_read_devices(struct fleet *fleet, const char *path, struct err *e);
/* --from: a directory that `poller -O` wrote; sets n and every device's override. */
int fleet_read_records(struct fleet *fleet, const char *dir, struct err *e);
/* Room for n overrides. 0, or -1: memory is out (err). */
int fleet_room(struct fleet *fleet, struct err *e);

#endif
