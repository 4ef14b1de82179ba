#include "lab/relay/relay_options.h"

#include "lab/wire/duration.h"

#include <arpa/inet.h>
#include <popt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK_NET  127u
#define ADDRESS_MAX   64
#define NUMBER_DIGITS 15

/* One row of the table: how an option's value is read, and where it goes. */
struct option_row {
    const char *name;
    const char *argument; /* NULL: a switch */
    const char *help;
    int (*read)(struct relay_options *o, const struct option_row *row, const char *value,
                struct err *e);
    size_t offset;
    enum relay_fault fault;
};

static void *field_of(struct relay_options *o, const struct option_row *row)
{
    return (char *)o + row->offset;
}

static int number_of(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > NUMBER_DIGITS || text[digits])
        return -1;
    *out = strtoull(text, NULL, 10);
    return 0;
}

static int read_address(struct relay_options *o, const struct option_row *row, const char *value,
                        struct err *e)
{
    struct sockaddr_in *address = field_of(o, row);
    char host[ADDRESS_MAX];
    const char *colon = strrchr(value, ':');
    uint64_t port = 0;
    if (!colon || colon - value >= ADDRESS_MAX || number_of(colon + 1, &port) != 0 ||
        port > UINT16_MAX)
        return err_set(e, FAIL_USAGE, "--%s: '%s' is not ADDRESS:PORT, as in 127.0.0.1:2222",
                       row->name, value);
    memcpy(host, value, (size_t)(colon - value));
    host[colon - value] = '\0';
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1 ||
        ntohl(address->sin_addr.s_addr) >> 24 != LOOPBACK_NET)
        return err_set(e, FAIL_USAGE,
                       "--%s: '%s' is not an address on loopback: the relay takes 127.0.0.0/8 only",
                       row->name, host);
    return 0;
}

static int read_duration(struct relay_options *o, const struct option_row *row, const char *value,
                         struct err *e)
{
    if (duration_parse(value, field_of(o, row)) == 0)
        return 0;
    return err_set(e, FAIL_USAGE,
                   "--%s: '%s' is not a time of at most a day, as in 20us, 50ms or 1.5s", row->name,
                   value);
}

static int read_number(struct relay_options *o, const struct option_row *row, const char *value,
                       struct err *e)
{
    if (number_of(value, field_of(o, row)) == 0)
        return 0;
    return err_set(e, FAIL_USAGE, "--%s: '%s' is not a number of at most %d digits", row->name,
                   value, NUMBER_DIGITS);
}

static int read_positive(struct relay_options *o, const struct option_row *row, const char *value,
                         struct err *e)
{
    if (read_number(o, row, value, e) != 0)
        return -1;
    if (*(uint64_t *)field_of(o, row) > 0)
        return 0;
    return err_set(e, FAIL_USAGE, "--%s takes a number over 0", row->name);
}

static int read_fault(struct relay_options *o, const struct option_row *row, const char *value,
                      struct err *e)
{
    if (o->fault != FAULT_NONE)
        return err_set(e, FAIL_USAGE,
                       "--%s: a connection ends once: give one of --cut-after, --stall-after, "
                       "--reset-after and --half-close-after",
                       row->name);
    o->fault = row->fault;
    return read_number(o, row, value, e);
}

static int read_direction(struct relay_options *o, const struct option_row *row, const char *value,
                          struct err *e)
{
    static const struct {
        const char *name;
        bool spoils[RELAY_DIRECTIONS];
    } directions[] = {
        {"to-client", {[TO_CLIENT] = true}},
        {"to-server", {[TO_SERVER] = true}},
        {"both", {[TO_CLIENT] = true, [TO_SERVER] = true}},
    };
    for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
        if (strcmp(value, directions[i].name) == 0) {
            memcpy(o->spoils, directions[i].spoils, sizeof(o->spoils));
            return 0;
        }
    }
    return err_set(e, FAIL_USAGE, "--%s: '%s' is not to-client, to-server or both", row->name,
                   value);
}

static int read_switch(struct relay_options *o, const struct option_row *row, const char *value,
                       struct err *e)
{
    (void)value, (void)e;
    *(bool *)field_of(o, row) = true;
    return 0;
}

#define AT(field)    offsetof(struct relay_options, field)
#define FAULT(which) read_fault, AT(fault_after), which

static const struct option_row rows[] = {
    {"listen", "ADDR:PORT", "where clients connect (127.0.0.1:0: any port)", read_address,
     AT(listen), FAULT_NONE},
    {"to", "ADDR:PORT", "the server", read_address, AT(to), FAULT_NONE},
    {"rtt", "TIME", "round-trip time: 20us, 50ms, 1.5s", read_duration, AT(rtt_ns), FAULT_NONE},
    {"jitter", "TIME", "each segment up to this much later, in order", read_duration,
     AT(wire.jitter_ns), FAULT_NONE},
    {"rate", "BYTES", "bytes per second, each way", read_positive, AT(wire.rate), FAULT_NONE},
    {"cut-after", "N", "close both sides after N bytes", FAULT(FAULT_CUT)},
    {"stall-after", "N", "go silent after N bytes, both ways", FAULT(FAULT_STALL)},
    {"reset-after", "N", "reset both sides after N bytes", FAULT(FAULT_RESET)},
    {"half-close-after", "N", "end one direction after N bytes", FAULT(FAULT_HALF_CLOSE)},
    {"corrupt-at", "N", "turn the lowest bit of byte N (from 0)", read_number, AT(corrupt_at),
     FAULT_NONE},
    {"one-byte", NULL, "every byte in a segment of its own", read_switch, AT(one_byte), FAULT_NONE},
    {"direction", "WHICH", "where these hold: to-client (default), to-server or both",
     read_direction, 0, FAULT_NONE},
    {"count", NULL, "a line of JSON per connection: bytes and round trips", read_switch, AT(count),
     FAULT_NONE},
    {"connections", "N", "end when N connections have closed", read_positive, AT(connections),
     FAULT_NONE},
    {"help", NULL, "this help", read_switch, AT(help), FAULT_NONE},
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

static int parse_rows(struct relay_options *o, poptContext popt, struct err *e)
{
    int value;
    while ((value = poptGetNextOpt(popt)) > 0) {
        const struct option_row *row = &rows[value - 1];
        char *argument = row->argument ? poptGetOptArg(popt) : NULL;
        int rc = row->read(o, row, argument, e);
        free(argument);
        if (rc != 0)
            return -1;
    }
    if (value < -1)
        return err_set(e, FAIL_USAGE, "%s: %s; see relay --help",
                       poptBadOption(popt, POPT_BADOPTION_NOALIAS), poptStrerror(value));
    const char *extra = poptGetArg(popt);
    if (extra)
        return err_set(e, FAIL_USAGE, "'%s' stands without an option; see relay --help", extra);
    if (o->to.sin_port == 0 && !o->help)
        return err_set(e, FAIL_USAGE, "--to ADDR:PORT is missing: the server to relay to");
    o->wire.delay_ns = o->rtt_ns / 2;
    return 0;
}

int relay_options_parse(struct relay_options *out, int argc, const char **argv, struct err *e)
{
    struct poptOption table[N_ROWS + 1] = {0}; /* the zeros at the end are POPT_TABLEEND */
    *out = (struct relay_options){
        .listen = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
        .corrupt_at = RELAY_NEVER,
        .connections = RELAY_NEVER,
        .spoils = {[TO_CLIENT] = true},
    };
    for (size_t i = 0; i < N_ROWS; i++)
        table[i] = (struct poptOption){
            .longName = rows[i].name,
            .argInfo = rows[i].argument ? POPT_ARG_STRING : POPT_ARG_NONE,
            .val = (int)i + 1,
        };
    poptContext popt = poptGetContext("poller-lab", argc, argv, table, 0);
    if (!popt)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    int rc = parse_rows(out, popt, e);
    poptFreeContext(popt);
    return rc;
}

void relay_options_help(FILE *to)
{
    fputs("usage: poller-lab relay --to ADDR:PORT [option …]\n"
          "A TCP relay on loopback that delays, spoils and counts what goes through.\n\n",
          to);
    for (size_t i = 0; i < N_ROWS; i++)
        fprintf(to, "  --%-16s %-9s  %s\n", rows[i].name, rows[i].argument ? rows[i].argument : "",
                rows[i].help);
}
