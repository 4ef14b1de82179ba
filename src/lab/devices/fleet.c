#include "lab/devices/fleet.h"

#include "base/seed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a number is drawn for; each gives another sequence. */
enum {
    FOR_DEVICE = 1,
    FOR_PERSONA,
    FOR_MISBEHAVIOUR,
    FOR_RTT,
    FOR_JITTER,
    FOR_RATE,
    FOR_LOGIN,
    FOR_THINK
};

/* Of devices that --persona leaves over. A built-in one, so it is always there. */
static const char default_persona[] = "cisco_ios";

static int read_first(struct fleet *fleet, const char *text, struct err *e)
{
    struct in_addr in;
    if (inet_pton(AF_INET, text, &in) != 1 || (ntohl(in.s_addr) >> 24) != 127)
        return err_set(e, FAIL_USAGE,
                       "--first %s: devices have loopback addresses: say one such as 127.1.0.1",
                       text);
    fleet->first = ntohl(in.s_addr);
    if ((fleet->first + fleet->n - 1) >> 24 != 127)
        return err_set(e, FAIL_USAGE, "--first %s: %u devices from there leave 127.0.0.0/8", text,
                       fleet->n);
    return 0;
}

static int read_port(int given, int fallback, const char *option, uint16_t *port, struct err *e)
{
    int value = given ? given : fallback;
    if (value < 1 || value > 65533)
        return err_set(e, FAIL_USAGE, "%s %d: a port is 1 to 65533", option, value);
    *port = (uint16_t)value;
    return 0;
}

static int read_ports(struct fleet *fleet, const struct fleet_options *o, struct err *e)
{
    if (read_port(o->ssh_port, 10022, "--ssh-port", &fleet->ssh_port, e) != 0 ||
        read_port(o->telnet_port, fleet->ssh_port + 1, "--telnet-port", &fleet->telnet_port, e) !=
            0)
        return -1;
    if (fleet->telnet_port == fleet->ssh_port)
        return err_set(e, FAIL_USAGE, "--ssh-port and --telnet-port are both %d", fleet->ssh_port);
    uint16_t top = fleet->ssh_port > fleet->telnet_port ? fleet->ssh_port : fleet->telnet_port;
    fleet->refuse_port = (uint16_t)(top + 1);
    fleet->deaf_port = (uint16_t)(top + 2);
    return 0;
}

static int read_spreads(struct fleet *fleet, const struct fleet_options *o, struct err *e)
{
    const struct {
        const char *text, *option;
        enum spread_unit unit;
        struct spread *out;
    } all[] = {
        {o->rtt, "--rtt", SPREAD_TIME, &fleet->rtt},
        {o->jitter, "--jitter", SPREAD_TIME, &fleet->jitter},
        {o->rate, "--rate", SPREAD_RATE, &fleet->rate},
        {o->login_delay, "--login-delay", SPREAD_TIME, &fleet->login_delay},
        {o->think, "--think", SPREAD_TIME, &fleet->think},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].text &&
            spread_parse(all[i].text, all[i].option, all[i].unit, all[i].out, e) != 0)
            return -1;
    return 0;
}

static int read_kinds(struct fleet *fleet, const struct fleet_options *o, struct err *e)
{
    const char *persona = o->persona ? o->persona : default_persona;
    if (shares_parse(persona, "--persona", personas_number, &fleet->personas,
                     &fleet->persona_shares, e) != 0)
        return -1;
    return o->misbehave ? shares_parse(o->misbehave, "--misbehave", misbehave_number, NULL,
                                       &fleet->misbehave_shares, e)
                        : 0;
}

/* A name for an address that is no device's would do nothing, and say nothing. */
static int check_addresses(const struct fleet *fleet, const struct shares *shares,
                           const char *option, struct err *e)
{
    for (unsigned i = 0; i < shares->n; i++) {
        uint32_t a = shares->items[i].address;
        if (a && (a < fleet->first || a - fleet->first >= fleet->n))
            return err_set(e, FAIL_USAGE,
                           "%s: %u.%u.%u.%u is none of the devices: say one of the %u from --first "
                           "on",
                           option, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, fleet->n);
    }
    return 0;
}

int fleet_room(struct fleet *fleet, struct err *e)
{
    free(fleet->override);
    fleet->override = calloc(fleet->n ? fleet->n : 1, sizeof *fleet->override);
    return fleet->override ? 0 : err_set(e, FAIL_INTERNAL, "out of memory");
}

int fleet_make(struct fleet *fleet, const struct fleet_options *o, struct err *e)
{
    *fleet = (struct fleet){.seed = (uint64_t)o->seed,
                            .user = o->user ? o->user : "admin",
                            .password = o->password ? o->password : "admin",
                            .secret = o->secret ? o->secret : "enable"};
    if (o->devices < 0 || o->devices > FLEET_DEVICES_MAX)
        return err_set(e, FAIL_USAGE, "--devices %d: from 1 to %d", o->devices, FLEET_DEVICES_MAX);
    fleet->n = o->devices ? (uint32_t)o->devices : 40;
    if (personas_load(&fleet->personas, o->persona_dir, e) != 0 || read_kinds(fleet, o, e) != 0 ||
        read_spreads(fleet, o, e) != 0 || read_ports(fleet, o, e) != 0 ||
        (o->from && fleet_read_records(fleet, o->from, e) != 0) ||
        read_first(fleet, o->first ? o->first : "127.1.0.1", e) != 0 ||
        check_addresses(fleet, &fleet->persona_shares, "--persona", e) != 0 ||
        check_addresses(fleet, &fleet->misbehave_shares, "--misbehave", e) != 0)
        return -1;
    return o->device_file ? fleet_read_devices(fleet, o->device_file, e) : 0;
}

void fleet_free(struct fleet *fleet)
{
    free(fleet->override);
    arena_free(&fleet->arena);
    personas_free(&fleet->personas);
    *fleet = (struct fleet){0};
}

static bool is_zero(const struct spread *spread)
{
    return spread->kind == SPREAD_FIXED && spread->a == 0;
}

bool fleet_has_wires(const struct fleet *fleet)
{
    if (!is_zero(&fleet->rtt) || !is_zero(&fleet->jitter) || !is_zero(&fleet->rate))
        return true;
    for (uint32_t i = 0; fleet->override && i < fleet->n; i++)
        if (fleet->override[i] && fleet->override[i]->rtt_ms > 0)
            return true;
    return false;
}

static int64_t draw(const struct spread *spread, const struct device *d, unsigned what)
{
    return spread_draw(spread, seed_mix(d->seed, what));
}

static void take_override(struct device *d, const struct device_override *o)
{
    if (o->persona)
        d->persona = o->persona;
    if (o->misbehaviour >= 0)
        d->misbehaviour = (enum misbehaviour)o->misbehaviour;
    d->hostname = o->hostname;
    if (o->user)
        d->user = o->user;
    if (o->password)
        d->password = o->password;
    if (o->secret)
        d->secret = o->secret;
    if (o->think_ms >= 0)
        d->think_ns = o->think_ms * 1000000;
    if (o->rtt_ms >= 0)
        d->rtt_ns = o->rtt_ms * 1000000;
}

static void name_device(struct device *d, const char *given)
{
    struct say_world world = device_world(d);
    struct buf name;
    buf_init(&name, DEVICE_NAME_MAX - 1);
    world.hostname = "";
    /* What does not fit is left out: a name that long is no host name anyway. */
    if (!given && say_to(&d->persona->hostname, &world, &name) != 0)
        given = "device";
    snprintf(d->name, sizeof d->name, "%s", given ? given : buf_bytes(&name));
    buf_free(&name);
}

void fleet_device(const struct fleet *fleet, uint32_t index, struct device *out)
{
    const struct device_override *o = fleet->override ? fleet->override[index] : NULL;
    uint32_t address = fleet->first + index;
    uint32_t place = seed_place(seed_mix(fleet->seed, FOR_PERSONA), index, fleet->n);
    int persona = shares_pick(&fleet->persona_shares, address, place, fleet->n);
    place = seed_place(seed_mix(fleet->seed, FOR_MISBEHAVIOUR), index, fleet->n);
    int wrong = shares_pick(&fleet->misbehave_shares, address, place, fleet->n);
    *out = (struct device){
        .index = index,
        .address = address,
        .seed = seed_mix(seed_mix(fleet->seed, FOR_DEVICE), address),
        .persona = persona < 0 ? personas_find(&fleet->personas, default_persona)
                               : fleet->personas.items[persona],
        .misbehaviour = wrong < 0 ? MIS_NONE : (enum misbehaviour)wrong,
        .user = fleet->user,
        .password = fleet->password,
        .secret = fleet->secret,
    };
    out->rtt_ns = draw(&fleet->rtt, out, FOR_RTT);
    out->jitter_ns = draw(&fleet->jitter, out, FOR_JITTER);
    out->rate = (uint64_t)draw(&fleet->rate, out, FOR_RATE);
    /* The low end of a distribution is slow, not without a limit. */
    if (out->rate == 0 && !is_zero(&fleet->rate))
        out->rate = 1;
    out->login_delay_ns = draw(&fleet->login_delay, out, FOR_LOGIN);
    out->think_ns = draw(&fleet->think, out, FOR_THINK);
    if (o)
        take_override(out, o);
    name_device(out, o ? o->name : NULL);
}

struct say_world device_world(const struct device *d)
{
    return (struct say_world){.seed = d->seed,
                              .hostname = d->hostname ? d->hostname : d->name,
                              .user = d->user,
                              .client = "127.0.0.1",
                              .address = d->address,
                              .index = d->index};
}
