/* links: base/arena base/buf base/err base/escape base/file base/log model/platform
 * model/platform_extra model/platform_steps model/platform_yaml base/strmap base/text base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read gen/platform_builtin */
/* The built-in definitions as data: what devices really show must match what the files say of it,
 * and what only looks like it must not. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <poller/err.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct platform_set *set;

static int setup(void **state)
{
    (void)state;
    struct err e = {0};
    set = platform_set_load(NULL, 0, &e);
    if (!set)
        print_error("%s\n", e.text);
    return set ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    platform_set_free(set);
    return 0;
}

/* As the dialogue compiles them. */
static bool matches(const struct platform_pattern *p, const char *text)
{
    if (p->exact)
        return strstr(text, p->text) != NULL;
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)p->text, PCRE2_ZERO_TERMINATED,
                                   PCRE2_CASELESS | PCRE2_MULTILINE, &code, &at, NULL);
    if (!re)
        fail_msg("%s:%d:%d: does not compile at %zu", p->file, p->line, p->column, at);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(re);
    return rc > 0;
}

static bool list_matches(const struct platform_pattern_list *list, const char *text)
{
    bool found = false;
    for (size_t i = 0; i < list->n; i++)
        found |= matches(&list->items[i], text);
    return found;
}

static bool excluded(const char *const *excludes, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, excludes[i]))
            return true;
    return false;
}

static bool mode_matches(const struct platform_mode *m, const char *text)
{
    return matches(&m->prompt, text) && !excluded(m->excludes, m->n_excludes, text);
}

static const struct platform *platform(const char *name)
{
    const struct platform *p = platform_find(set, name);
    if (!p)
        fail_msg("no platform %s", name);
    return p;
}

static void all_are_there_under_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *known, *name;
    } names[] = {
        {"cisco_ios", "cisco_ios"},
        {"cisco_xe", "cisco_xe"},
        {"cisco_iosxe", "cisco_xe"},
        {"cisco_nxos", "cisco_nxos"},
        {"cisco_xr", "cisco_xr"},
        {"cisco_iosxr", "cisco_xr"},
        {"arista_eos", "arista_eos"},
        {"juniper_junos", "juniper_junos"},
        {"juniper", "juniper_junos"},
        {"huawei_vrp", "huawei_vrp"},
        {"huawei", "huawei_vrp"},
        {"huawei_vrpv8", "huawei_vrp"},
        {"hp_comware", "hp_comware"},
        {"mikrotik_routeros", "mikrotik_routeros"},
        {"vyos", "vyos"},
        {"vyos_vyos", "vyos"},
        {"frr", "frr"},
        {"linux", "linux"},
        {"generic", "generic"},
        {"generic_termserver", "generic"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(platform(names[i].known)->name, names[i].name);
    assert_int_equal(platform_count(set), 13);
}

static void positions_name_the_built_in_file(void **state)
{
    (void)state;
    const struct platform *p = platform("cisco_ios");
    assert_string_equal(p->file, "built-in");
    assert_string_equal(p->prompt.file, "built-in:cisco_ios.yaml");
    assert_true(p->prompt.line > 1);
}

/* Every prompt: the one mode it means, or NULL for a line that is none. */
static const struct {
    const char *platform, *text, *mode;
} prompts[] = {
    {"cisco_ios", "R1>", "exec"},
    {"cisco_ios", "Router(boot)>", "exec"},
    {"cisco_ios", "sw-access_12.example.net#", "privileged_exec"},
    {"cisco_ios", "R1(config)#", "configuration"},
    {"cisco_ios", "R1(config-if)#", "configuration"},
    {"cisco_ios", "R1(cfg-crypto-trans)#", "configuration"},
    {"cisco_ios", "R1(tcl)#", "tclsh"},
    {"cisco_ios", "################", NULL},
    {"cisco_ios", "--->", NULL},
    {"cisco_ios", "Welcome to R1>", NULL},
    {"cisco_ios", "R1#show version", NULL},
    {"cisco_ios", " R1#", NULL},
    {"cisco_ios", "Password:", NULL},
    {"cisco_xe", "csr1000v#", "privileged_exec"},
    {"cisco_xe", "csr1000v(config-router-af)#", "configuration"},
    {"cisco_xe", "[guestshell@guestshell ~]$ ", "guestshell"},
    {"cisco_nxos", "switch# ", "privileged_exec"},
    {"cisco_nxos", "switch> ", "exec"},
    {"cisco_nxos", "switch(maint-mode)# ", "privileged_exec"},
    {"cisco_nxos", "switch(config)# ", "configuration"},
    {"cisco_nxos", "switch(maint-mode)(config-if)# ", "configuration"},
    {"cisco_nxos", "switch-tcl# ", "tclsh"},
    {"cisco_nxos", "switch(config-tcl)# ", "tclsh"},
    {"cisco_nxos", "bash-4.3$ ", "bash"},
    {"cisco_nxos", "switch# show", NULL},
    {"cisco_xr", "RP/0/RP0/CPU0:ios#", "privileged_exec"},
    {"cisco_xr", "RP/0/RSP0/CPU0:core-1(config-bgp)#", "configuration"},
    {"cisco_xr", "sysadmin-vm:0_RP0# ", "admin"},
    {"cisco_xr", "Mon Mar  1 10:00:00.123 UTC", NULL},
    {"arista_eos", "localhost>", "exec"},
    {"arista_eos", "leaf1#", "privileged_exec"},
    {"arista_eos", "leaf1(vrf:mgmt)#", "privileged_exec"},
    {"arista_eos", "leaf1(s1)(config-if-Et1)#", "configuration"},
    {"arista_eos", "leaf1(config-s-sess1)#", "configuration"},
    {"arista_eos", "leaf1.10:15:00#", "privileged_exec"},
    {"arista_eos", "[admin@leaf1 ~]$ ", "bash"},
    {"arista_eos", "leaf1#show clock", NULL},
    {"juniper_junos", "lab@vmx1> ", "exec"},
    {"juniper_junos", "lab@ex-re0# ", "configuration"},
    {"juniper_junos", "% ", "shell"},
    {"juniper_junos", "lab@vmx1:~ $ ", "shell"},
    {"juniper_junos", "root@vmx1% ", "root_shell"},
    {"juniper_junos", "root@vmx1:~ # ", "root_shell"},
    {"juniper_junos", "[vrf:none] root@re0:~# ", "root_shell"},
    {"juniper_junos", "root@vmx1> ", "exec"},
    {"juniper_junos", "root@vmx1# ", "configuration"},
    {"juniper_junos", "{master:0}", NULL},
    {"juniper_junos", "[edit]", NULL},
    {"huawei_vrp", "<HUAWEI>", "privileged_exec"},
    {"huawei_vrp", "HRP_M<FW-A>", "privileged_exec"},
    {"huawei_vrp", "[HUAWEI-GigabitEthernet0/0/1]", "configuration"},
    {"huawei_vrp", "[~CE1]", "configuration"},
    {"huawei_vrp", "HRP_A[FW-A]", "configuration"},
    {"huawei_vrp", "[V200R009C00SPC500]", NULL},
    {"huawei_vrp", "Change now? [Y/N]:", NULL},
    {"hp_comware", "<HPE>", "privileged_exec"},
    {"hp_comware", "[HPE-Ten-GigabitEthernet1/0/1]", "configuration"},
    {"hp_comware", "---- More ----", NULL},
    {"mikrotik_routeros", "[admin@MikroTik] > ", "cli"},
    {"mikrotik_routeros", "[admin@Core Router 1] /ip/address> ", "cli"},
    {"mikrotik_routeros", "[admin@MikroTik] <SAFE> ", "cli"},
    {"mikrotik_routeros", "new password> ", NULL},
    {"mikrotik_routeros", "-- [Q quit|D dump|down]", NULL},
    {"vyos", "vyos@vyos:~$ ", "privileged_exec"},
    {"vyos", "vyos@rtr-1:/config/scripts$ ", "privileged_exec"},
    {"vyos", "vyos@vyos# ", "configuration"},
    {"vyos", "[edit]", NULL},
    {"frr", "r1> ", "exec"},
    {"frr", "0a1b2c3d4e5f# ", "privileged_exec"},
    {"frr", "r1(config-router)# ", "configuration"},
    {"frr", "% Unknown command: x", NULL},
    {"linux", "lab@host:~$ ", "shell"},
    {"linux", "$ ", "shell"},
    {"linux", "# ", "shell"},
    {"linux", "[root@host etc]# ", "shell"},
    {"linux", "host% ", "shell"},
    {"linux", "#########", NULL},
    {"linux", "Password: ", NULL},
    {"generic", "weird prompt: ", "cli"},
    {"generic", "", NULL},
};

/* Exactly the mode it means: two that match would leave it to chance where we are. */
static void prompts_mean_one_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
        const struct platform *p = platform(prompts[i].platform);
        const char *text = prompts[i].text, *found = NULL;
        for (size_t m = 0; m < p->n_modes; m++) {
            if (!mode_matches(&p->modes[m], text))
                continue;
            if (found)
                fail_msg("%s: '%s' is both %s and %s", p->name, text, found, p->modes[m].name);
            found = p->modes[m].name;
        }
        const char *due = prompts[i].mode;
        if (due ? !found || strcmp(found, due) != 0 : found != NULL)
            fail_msg("%s: '%s' is %s, not %s", p->name, text, found ? found : "no prompt",
                     due ? due : "no prompt");
        bool any = matches(&p->prompt, text) && !excluded(p->excludes, p->n_excludes, text);
        if (any != (due != NULL))
            fail_msg("%s: '%s' and prompt_pattern", p->name, text);
    }
}

/* Marks of pagers, with what answers them; NULL for a line that is none. */
static const struct {
    const char *platform, *text, *response;
} pagers[] = {
    {"cisco_ios", " --More-- ", " "},
    {"cisco_nxos", "--More--", " "},
    {"cisco_xr", " --More-- ", " "},
    {"arista_eos", " --More-- ", " "},
    {"juniper_junos", "---(more)---", " "},
    {"juniper_junos", "---(more 45%)---", " "},
    {"huawei_vrp", "  ---- More ----", " "},
    {"hp_comware", "---- More ----", " "},
    {"mikrotik_routeros", "-- [Q quit|D dump|down]", "d"},
    {"mikrotik_routeros", "-- [Q quit|D dump|right|up|down]", "d"},
    {"mikrotik_routeros", "-- [Q quit|D dump|C-z pause]", "d"},
    {"vyos", "lines 1-23", " "},
    {"vyos", "lines 1-23/80 27%", " "},
    {"vyos", "lines 58-80/80 (END)", "q"},
    {"frr", " --More-- ", " "},
    {"frr", "(END)", "q"},
    {"linux", "--More--(42%)", " "},
    {"linux", "(END)", "q"},
    {"generic", "<--- More --->", " "},
    {"generic", "---(more 45%)---", " "},
    {"generic", "-- MORE --, next page: Space, next line: Enter, quit: Control-C", " "},
    {"generic", "Press any key to continue (Q to quit)", " "},
    {"generic", "Any more information?", NULL},
    {"cisco_ios", "a line that speaks of --More-- in passing", NULL},
    {"linux", "lines 1-23 of the file", NULL},
};

static void pagers_are_known_and_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pagers / sizeof *pagers; i++) {
        const struct platform *p = platform(pagers[i].platform);
        const char *response = NULL;
        for (size_t n = 0; n < p->n_pagers && !response; n++)
            if (matches(&p->pagers[n].pattern, pagers[i].text))
                response = p->pagers[n].response;
        const char *due = pagers[i].response;
        if (due ? !response || strcmp(response, due) != 0 : response != NULL)
            fail_msg("%s: '%s'", p->name, pagers[i].text);
    }
}

enum login_text { USER, PASSWORD, FAILED, NO_SESSION, PRESS, NOTHING, LOGIN_TEXTS };

static const struct {
    const char *platform, *text;
    enum login_text kind;
} logins[] = {
    {"cisco_ios", "Username: ", USER},
    {"cisco_ios", "Enter your username: ", USER},
    {"cisco_ios", "Password: ", PASSWORD},
    {"cisco_ios", "% Login invalid", FAILED},
    {"cisco_ios", "% Bad passwords", FAILED},
    {"cisco_ios", "% Authentication failed", FAILED},
    {"cisco_ios", "% Username:  timeout expired!", FAILED},
    {"cisco_ios", "Password required, but none set", NO_SESSION},
    {"cisco_ios", "% Login disabled on line 2, until 'password' is set", NO_SESSION},
    {"cisco_ios", "Press RETURN to get started.", PRESS},
    {"cisco_nxos", "switch login: ", USER},
    {"cisco_nxos", "Login incorrect", FAILED},
    {"cisco_xr", "Username: ", USER},
    {"cisco_xr", "% User Authentication failed", FAILED},
    {"arista_eos", "localhost login: ", USER},
    {"arista_eos", "Too many logins for 'admin'.", NO_SESSION},
    {"arista_eos", "Last login: Mon Mar  1 10:00:00 from 192.0.2.1", NOTHING},
    {"juniper_junos", "vmx1 (ttyp0) login: ", NOTHING},
    {"juniper_junos", "login: ", USER},
    {"juniper_junos", "Login incorrect", FAILED},
    {"huawei_vrp", "Username:", USER},
    {"huawei_vrp", "Password:", PASSWORD},
    {"huawei_vrp", "Error: Local authentication is rejected", FAILED},
    {"huawei_vrp", "Error: Username or password error.", FAILED},
    {"huawei_vrp", "All user interfaces are used, please try later!", NO_SESSION},
    {"huawei_vrp",
     "Info: The max number of VTY users is 10, and the number of current VTY users on line is 1.",
     NOTHING},
    {"hp_comware", "login: ", USER},
    {"hp_comware", "% Login failed!", FAILED},
    {"hp_comware", "All lines are used, please try later!", NO_SESSION},
    {"hp_comware", "Press Y or ENTER to continue, N to exit.", PRESS},
    {"mikrotik_routeros", "Login: ", USER},
    {"mikrotik_routeros", "MikroTik Login: ", USER},
    {"mikrotik_routeros", "Login failed, incorrect username or password", FAILED},
    {"vyos", "vyos login: ", USER},
    {"frr", "Password: ", PASSWORD},
    {"frr", "% Bad passwords, too many failures!", FAILED},
    {"frr", "Vty password is not set.", NO_SESSION},
    {"frr", "Exiting: failed to connect to any daemons.", NO_SESSION},
    {"linux", "host login: ", USER},
    {"linux", "lab@host's password: ", PASSWORD},
    {"linux", "Login incorrect", FAILED},
    {"linux", "Last login: Mon Mar  1 10:00:00 2026 from 192.0.2.1", NOTHING},
    {"generic", "User Name:", USER},
    {"generic", "Enter Password: ", PASSWORD},
    {"generic", "Invalid password", FAILED},
    {"generic", "Maximum number of sessions reached", NO_SESSION},
    {"generic", "No free lines available", NO_SESSION},
    {"generic", "No free lines left", NO_SESSION},
    {"generic", "Press ENTER to get started", PRESS},
};

static void login_texts_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        const struct platform *p = platform(logins[i].platform);
        const char *text = logins[i].text;
        const bool found[LOGIN_TEXTS] = {
            [USER] = matches(&p->login_user, text),
            [PASSWORD] = matches(&p->login_password, text),
            [FAILED] = list_matches(&p->login_failed, text),
            [NO_SESSION] = list_matches(&p->no_session, text),
            [PRESS] = list_matches(&p->press_return, text),
            [NOTHING] = logins[i].kind == NOTHING,
        };
        for (size_t kind = 0; kind < LOGIN_TEXTS; kind++)
            if (found[kind] != (kind == (size_t)logins[i].kind))
                fail_msg("%s: '%s' and kind %zu", p->name, text, kind);
    }
}

static const struct {
    const char *platform, *text;
    bool is_failure;
} outputs[] = {
    {"cisco_ios", "% Invalid input detected at '^' marker.", true},
    {"cisco_ios", "% Incomplete command.", true},
    {"cisco_ios", "% Ambiguous command:  \"s v\"", true},
    {"cisco_ios", "% Unknown command or computer name, or unable to find computer address", true},
    {"cisco_ios", "% BGP not active", false},
    {"cisco_ios", "% Network not in table", false},
    {"cisco_nxos", "% Invalid command at '^' marker.", true},
    {"cisco_nxos", "% Invalid parameter detected at '^' marker.", true},
    {"cisco_nxos", "% Permission denied for the role", true},
    {"cisco_xr", "% No such configuration item(s)", false},
    {"cisco_xr", "% Invalid input detected at '^' marker.", true},
    {"arista_eos", "% Invalid input", true},
    {"arista_eos", "% Invalid input (privileged mode required)", true},
    {"arista_eos", "% Unavailable command (not supported on this hardware platform)", true},
    {"juniper_junos", "unknown command.", true},
    {"juniper_junos", "syntax error, expecting <command>.", true},
    {"juniper_junos", "'s' is ambiguous.", true},
    {"juniper_junos", "sshd[12]: error: kex_exchange_identification", false},
    {"huawei_vrp", "Error: Unrecognized command found at '^' position.", true},
    {"huawei_vrp", "Error:Incomplete command found at '^' position.", true},
    {"huawei_vrp", "  Input error:  0, CRC:  0", false},
    {"hp_comware", " % Unrecognized command found at '^' position.", true},
    {"hp_comware", "Permission denied.", true},
    {"mikrotik_routeros", "bad command name shwo (line 1 column 1)", true},
    {"mikrotik_routeros", "syntax error (line 1 column 9)", true},
    {"mikrotik_routeros", "login failure for user root from 192.0.2.9 via ssh", false},
    {"vyos", "  Invalid command: [shwo]", true},
    {"frr", "% Unknown command: show versoin", true},
    {"frr", "% [ZEBRA] Unknown command: show versoin", true},
    {"frr", "% Command incomplete: show", true},
    {"frr", "% Network not in table", false},
    {"frr", "% No BGP neighbors found in VRF default", false},
    {"frr", "% Can't open configuration file /etc/frr/vtysh.conf", false},
    {"linux", "-bash: nosuch: command not found", true},
    {"linux", "/dev/sdb: not found", false},
};

static void refusals_are_told_from_outputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const struct platform *p = platform(outputs[i].platform);
        bool found = excluded(p->failure_indicators, p->n_failure_indicators, outputs[i].text);
        if (found != outputs[i].is_failure)
            fail_msg("%s: '%s'", p->name, outputs[i].text);
    }
}

/* Each way down or up needs no more than what a user without secrets may do, except for enable and
 * root shells; no mode is a dead end. */
static void every_mode_leads_back_to_the_default_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < platform_count(set); i++) {
        const struct platform *p = platform_at(set, i);
        for (size_t m = 0; m < p->n_modes; m++) {
            bool leads_back = m == p->default_mode;
            for (size_t a = 0; a < p->modes[m].n_accessible; a++)
                leads_back |= p->modes[m].accessible[a].target == p->default_mode;
            if (!leads_back)
                fail_msg("%s: no way back from %s", p->name, p->modes[m].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_there_under_their_names),
        cmocka_unit_test(positions_name_the_built_in_file),
        cmocka_unit_test(prompts_mean_one_mode),
        cmocka_unit_test(pagers_are_known_and_answered),
        cmocka_unit_test(login_texts_are_told_apart),
        cmocka_unit_test(refusals_are_told_from_outputs),
        cmocka_unit_test(every_mode_leads_back_to_the_default_one),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
