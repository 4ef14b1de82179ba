/* links: lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records lab/devices/misbehave
 * lab/devices/record_device lab/devices/record_prompt lab/devices/record_read lab/devices/share
 * lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* The devices of a run, from the options and from a file. */
#include "lab/devices/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct fleet fleet;
static char path[] = "/tmp/test_lab_fleet.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int free_fleet(void **state)
{
    (void)state;
    fleet_free(&fleet);
    return 0;
}

static void make(const struct fleet_options *options)
{
    struct err e = {0};
    if (fleet_make(&fleet, options, &e) != 0)
        fail_msg("%s", e.text);
}

static struct device device(uint32_t index)
{
    struct device d;
    fleet_device(&fleet, index, &d);
    return d;
}

static void without_options_there_are_forty(void **state)
{
    (void)state;
    make(&(struct fleet_options){.seed = 0});
    assert_int_equal(fleet.n, 40);
    assert_int_equal(fleet.ssh_port, 10022);
    assert_int_equal(fleet.telnet_port, 10023);
    assert_int_equal(fleet.refuse_port, 10024);
    assert_int_equal(fleet.deaf_port, 10025);
    assert_false(fleet_has_wires(&fleet));
    struct device d = device(39);
    assert_int_equal(d.address, 0x7f010028);
    assert_string_equal(d.persona->name, "cisco_ios");
    assert_string_equal(d.name, "sw-40");
    assert_string_equal(d.user, "admin");
    assert_int_equal(d.misbehaviour, MIS_NONE);
    assert_int_equal(d.rate, 0);
}

static void shares_of_a_fleet_are_exact(void **state)
{
    unsigned wrong = 0, linuxes = 0, both = 0;
    (void)state;
    make(&(struct fleet_options){
        .devices = 5460, .misbehave = "silent:5%", .persona = "linux:25%,frr@127.1.0.1"});
    assert_string_equal(device(0).persona->name, "frr");
    for (uint32_t i = 0; i < fleet.n; i++) {
        struct device d = device(i);
        bool is_linux = strcmp(d.persona->name, "linux") == 0;
        assert_true(is_linux || i == 0 || strcmp(d.persona->name, "cisco_ios") == 0);
        wrong += d.misbehaviour == MIS_SILENT;
        linuxes += is_linux;
        both += is_linux && d.misbehaviour == MIS_SILENT;
    }
    assert_int_equal(wrong, 273);
    assert_in_range(linuxes, 1364, 1365);
    /* The two have nothing to do with each other: 68 are expected. */
    assert_in_range(both, 45, 92);
}

static void a_device_is_the_same_whatever_the_others_are(void **state)
{
    struct fleet_options options = {.devices = 10, .seed = 3, .think = "lognormal:300ms,0.5"};
    (void)state;
    make(&options);
    struct device first = device(4), again = device(4);
    assert_int_equal(first.seed, again.seed);
    assert_int_equal(first.think_ns, again.think_ns);
    fleet_free(&fleet);
    options.devices = 20;
    options.rtt = "50ms";
    make(&options);
    assert_int_equal(device(4).seed, first.seed);
    assert_int_equal(device(4).think_ns, first.think_ns);
    assert_true(fleet_has_wires(&fleet));
    fleet_free(&fleet);
    options.seed = 4;
    make(&options);
    assert_true(device(4).seed != first.seed);
    assert_true(device(4).think_ns != first.think_ns);
}

static void a_slow_draw_is_no_unlimited_rate(void **state)
{
    (void)state;
    make(&(struct fleet_options){.devices = 1000, .rate = "normal:100,1000"});
    unsigned least = 0;
    for (uint32_t i = 0; i < fleet.n; i++) {
        assert_true(device(i).rate > 0);
        least += device(i).rate == 1;
    }
    assert_in_range(least, 300, 600);
    fleet_free(&fleet);
    make(&(struct fleet_options){.rate = "0", .rtt = "0ms", .jitter = "0"});
    assert_int_equal(device(0).rate, 0);
    assert_false(fleet_has_wires(&fleet));
}

static void wrong_options_are_refused(void **state)
{
    static const struct {
        struct fleet_options options;
        const char *message;
    } rows[] = {
        {{.devices = -1}, "--devices -1: from 1 to 1000000"},
        {{.devices = 1000001}, "--devices 1000001: from 1 to 1000000"},
        {{.first = "10.0.0.1"},
         "--first 10.0.0.1: devices have loopback addresses: say one such "
         "as 127.1.0.1"},
        {{.first = "127.255.255.255", .devices = 2},
         "--first 127.255.255.255: 2 devices from there leave 127.0.0.0/8"},
        {{.ssh_port = 65534}, "--ssh-port 65534: a port is 1 to 65533"},
        {{.ssh_port = 22, .telnet_port = 22}, "--ssh-port and --telnet-port are both 22"},
        {{.think = "soon"},
         "--think 'soon' is no time: say one such as 300ms, or "
         "uniform:100ms,500ms, normal:300ms,50ms, lognormal:300ms,0.5 or "
         "exponential:300ms"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        assert_int_equal(fleet_make(&fleet, &rows[i].options, &e), -1);
        fleet_free(&fleet);
        assert_string_equal(e.text, rows[i].message);
        assert_int_equal(e.class, FAIL_USAGE);
    }
}

/* --- --device-file --- */

static int make_from(const char *text, struct err *e)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return fleet_make(&fleet, &(struct fleet_options){.devices = 4, .device_file = path}, e);
}

static void a_file_says_what_single_devices_are(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(make_from("- {address: 127.1.0.2, persona: linux, misbehave: drips, "
                               "user: root, password: x, secret: y, think_ms: 5, rtt_ms: 7}\n"
                               "- {address: 127.1.0.3, persona: frr}\n"
                               "- {address: 127.1.0.3, misbehave: silent}\n",
                               &e),
                     0);
    struct device d = device(1);
    assert_string_equal(d.persona->name, "linux");
    assert_int_equal(d.misbehaviour, MIS_DRIPS);
    assert_string_equal(d.user, "root");
    assert_string_equal(d.password, "x");
    assert_string_equal(d.secret, "y");
    assert_true(d.think_ns == 5 * MS && d.rtt_ns == 7 * MS);
    assert_true(fleet_has_wires(&fleet));
    /* Said in two places: the one adds to the other. */
    assert_string_equal(device(2).persona->name, "frr");
    assert_int_equal(device(2).misbehaviour, MIS_SILENT);
    assert_string_equal(device(0).persona->name, "cisco_ios");
    assert_int_equal(device(0).rtt_ns, 0);
}

static void mistakes_in_a_file_have_their_place(void **state)
{
    static const struct {
        const char *text, *message; /* behind the file's name */
    } rows[] = {
        {"a: b\n", ":1:1: a file of devices is a list, not a mapping"},
        {"- a\n", ":1:3: a device must be a mapping, not a text"},
        {"- {persona: linux}\n", ":1:3: a device needs 'address'"},
        {"- {address: r1}\n", ":1:13: 'r1' is no IPv4 address"},
        {"- {address: 127.1.0.5}\n", ":1:13: 127.1.0.5 is none of the 4 devices"},
        {"- {address: 127.1.0.0}\n", ":1:13: 127.1.0.0 is none of the 4 devices"},
        {"- {address: 127.1.0.1, persona: linx}\n",
         ":1:33: --persona: there is no persona 'linx', did you mean 'linux'?: poller-lab personas "
         "lists them"},
        {"- {address: 127.1.0.1, misbehave: drip}\n",
         ":1:35: --misbehave: nobody knows 'drip', did you mean 'drips'?: poller-lab "
         "misbehaviours lists them"},
        {"- {address: 127.1.0.1, think_ms: -1}\n",
         ":1:34: 'think_ms' must be 0 to 86400000, not -1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        char want[512];
        assert_int_equal(make_from(rows[i].text, &e), -1);
        fleet_free(&fleet);
        snprintf(want, sizeof want, "%s%s", path, rows[i].message);
        assert_string_equal(e.text, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_options_there_are_forty, free_fleet),
        cmocka_unit_test_teardown(shares_of_a_fleet_are_exact, free_fleet),
        cmocka_unit_test_teardown(a_device_is_the_same_whatever_the_others_are, free_fleet),
        cmocka_unit_test_teardown(a_slow_draw_is_no_unlimited_rate, free_fleet),
        cmocka_unit_test_teardown(wrong_options_are_refused, free_fleet),
        cmocka_unit_test_teardown(a_file_says_what_single_devices_are, free_fleet),
        cmocka_unit_test_teardown(mistakes_in_a_file_have_their_place, free_fleet),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
