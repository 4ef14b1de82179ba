/* How devices of the thirteen built-in platforms speak, after the transcripts in tests/dialogues
 * and the vendors' documents that the platform files name. */
#include "tests/trust/manner.h"

#define CISCO_WIPES                                                                                \
    {                                                                                              \
        "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b", "\r          \r"                           \
    }
#define IOS_SHOWS                                                                                  \
    {                                                                                              \
        "show version", "show clock", "show ip interface brief", "show inventory", "show logging", \
            "show users", "show running-config | include hostname",                                \
            "show interfaces GigabitEthernet0/0/1 | include line protocol|errors|rate|duplex|MTU"  \
    }
#define IOS_LOGS                                                                                   \
    {                                                                                              \
        "*Mar  1 00:00:%t.000: %SYS-5-CONFIG_I: Configured from console by vty0 (192.0.2.7)",      \
            "*Mar  1 00:00:%t.000: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state "   \
            "to up"                                                                                \
    }
#define IOS_REFUSAL "        ^\r\n% Invalid input detected at '^' marker.\r\n\r\n"
#define DEVICES                                                                                    \
    {                                                                                              \
        860, 35, 25, 80                                                                            \
    }
#define SHELLS                                                                                     \
    {                                                                                              \
        0, 620, 260, 120                                                                           \
    }

#define IOS(name)                                                                                  \
    {                                                                                              \
        .platform = name, .prompts = {"r1#", "core-sw3#", "R1.lab#"},                              \
        .changing = {"r1:%c#", "r1-00:00:%t#"}, .user_prompt = "r1>",                              \
        .setup = "terminal length 0", .setup_answer = "", .refusal = IOS_REFUSAL,                  \
        .logout = "exit", .goodbye = "",                                                           \
        .user_question = "Username: ", .password_question = "Password: ", .mark = " --More-- ",    \
        .wipes = CISCO_WIPES, .key = ' ', .key_needed = true, .log = IOS_LOGS,                     \
        .commands = IOS_SHOWS, .terminals = DEVICES                                                \
    }

const struct way ways[PLATFORMS] = {
    IOS("cisco_ios"),
    IOS("cisco_xe"),
    {.platform = "cisco_nxos",
     .prompts = {"n9k-1# ", "leaf101# "},
     .changing = {"n9k-%c# "},
     .setup = "terminal length 0",
     .setup_answer = "",
     .refusal = "              ^\r\n% Invalid command at '^' marker.\r\n",
     .logout = "exit",
     .goodbye = "",
     .user_question = "n9k-1 login: ",
     .password_question = "Password: ",
     .mark = "--More--",
     .wipes = {"\r        \r", "\x1b[2K\r"},
     .key = ' ',
     .log = {"2026 Mar  1 10:00:%t n9k-1 %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured from vty"},
     .commands = {"show version", "show vlan brief", "show interface status", "show module",
                  "show clock", "show port-channel summary"},
     .terminals = DEVICES},
    {.platform = "cisco_xr",
     .prompts = {"RP/0/RP0/CPU0:core1#", "RP/0/RSP0/CPU0:asr9k-a#"},
     .changing = {"RP/0/RP0/CPU0:core-%c#"},
     .stamp = "Mon Mar  1 10:15:%t.123 UTC\r\n",
     .setup = "terminal length 0",
     .setup_answer = "",
     .refusal = "                 ^\r\n% Invalid input detected at '^' marker.\r\n",
     .logout = "exit",
     .goodbye = "",
     .user_question = "Username: ",
     .password_question = "Password: ",
     .mark = " --More-- ",
     .wipes = CISCO_WIPES,
     .key = ' ',
     .log = {"RP/0/RP0/CPU0:Mar  1 10:15:%t.200 : ifmgr[257]: %PKT_INFRA-LINK-3-UPDOWN : Interface "
             "GigabitEthernet0/0/0/1, changed state to Up"},
     .commands = {"show version", "show clock", "show interfaces brief", "show route summary",
                  "show platform", "show bgp summary"},
     .terminals = DEVICES},
    {.platform = "arista_eos",
     .prompts = {"leaf1#", "spine-2#"},
     .changing = {"leaf-%c#"},
     .user_prompt = "leaf1>",
     .setup = "terminal length 0",
     .setup_answer = "Pagination disabled.\r\n",
     .refusal = "% Invalid input\r\n",
     .logout = "exit",
     .goodbye = "",
     .user_question = "leaf1 login: ",
     .password_question = "Password: ",
     .mark = "\x1b[7m --More-- \x1b[27m",
     .wipes = {"\x1b[2K\r", "\r\x1b[K"},
     .key = ' ',
     .log = {"Mar  1 10:00:%t leaf1 Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface "
             "Ethernet1, changed state to up"},
     .commands = {"show version", "show vlan", "show interfaces status", "show lldp neighbors",
                  "show ip route summary", "show mlag"},
     .terminals = DEVICES},
    {.platform = "juniper_junos",
     .prompts = {"lab@vmx1> ", "ops@ex-3> "},
     .changing = {"lab@vmx-%c> "},
     .uppers = {"{master:0}", "{master}"},
     .blank = true,
     .setup = "set cli screen-length 0",
     .setup_answer = "Screen length set to 0\r\n",
     .refusal = "        ^\r\nunknown command.\r\n",
     .logout = "exit",
     .goodbye = "\r\n",
     .user_question = "vmx1 login: ",
     .password_question = "Password:",
     .mark = "---(more 62%)---",
     .wipes = {"\r                                        \r"},
     .key = ' ',
     .log = {"Message from syslogd@vmx1 at Mar  1 10:00:%t  ...\r\nvmx1 mgd[1]: UI_COMMIT: user "
             "'lab' requested 'commit'"},
     .commands = {"show version", "show interfaces terse", "show system uptime",
                  "show route summary", "show chassis hardware",
                  "show configuration interfaces ge-0/0/0 | display set | match description"},
     .terminals = DEVICES},
    {.platform = "huawei_vrp",
     .prompts = {"<HUAWEI>", "<CE6800-1>"},
     .changing = {"<HUAWEI-%c>", "<%sHUAWEI>"},
     .setup = "screen-length 0 temporary",
     .setup_answer = "Info: The configuration takes effect on the current user terminal interface "
                     "only.\r\n",
     .refusal = "             ^\r\nError: Unrecognized command found at '^' position.\r\n",
     .logout = "quit",
     .goodbye = "",
     .user_question = "Username:",
     .password_question = "Password:",
     .mark = "  ---- More ----",
     .wipes = {"\x1b[42D                                          \x1b[42D"},
     .key = ' ',
     .log = {"Mar  1 2026 10:00:%t HUAWEI %%01IFNET/4/LINK_STATE(l)[1]:The line protocol IP on the "
             "interface Vlanif1 has entered the UP state."},
     .commands = {"display version", "display interface brief", "display clock", "display device",
                  "display ip routing-table", "display vlan"},
     .terminals = DEVICES},
    {.platform = "hp_comware",
     .prompts = {"<HPE>", "<core-7500>"},
     .changing = {"<HPE-%c>"},
     .setup = "screen-length disable",
     .setup_answer = "",
     .refusal = "              ^\r\n % Unrecognized command found at '^' position.\r\n",
     .logout = "quit",
     .goodbye = "",
     .user_question = "login: ",
     .password_question = "Password: ",
     .mark = "---- More ----",
     .wipes = {"\x1b[16D                \x1b[16D", "\r              \r"},
     .key = ' ',
     .log = {"%Mar  1 10:00:%t:123 2026 HPE SHELL/5/SHELL_LOGIN: admin logged in from 192.0.2.7."},
     .commands = {"display version", "display vlan all", "display interface brief", "display clock",
                  "display device", "display irf"},
     .terminals = DEVICES},
    {.platform = "mikrotik_routeros",
     .prompts = {"[admin@MikroTik] > ", "[lab@gw-1] > "},
     .refusal = "bad command name show (line 1 column 1)\r\n",
     .logout = "/quit",
     .goodbye = "",
     .user_question = "Login: ",
     .password_question = "Password: ",
     .mark = "-- [Q quit|D dump|down]",
     .wipes = {"\r                       \r"},
     .key = 'd',
     .log = {"(1 messages not shown)\r\nmar/01/2026 10:00:%t system,error,critical login failure "
             "for user root"},
     .commands = {"/ip address print", "/interface print", "/system resource print",
                  "/ip route print", "/export", "/system identity print"},
     .line_end = "\r\n",
     .terminals = DEVICES},
    {.platform = "vyos",
     .prompts = {"vyos@vyos:~$ ", "vyos@gw2:~$ "},
     .changing = {"vyos@vyos-%c:~$ "},
     .setup = "set terminal length 0",
     .setup_answer = "",
     .refusal = "\r\n  Invalid command: [show]\r\n\r\n",
     .logout = "exit",
     .goodbye = "logout\r\n",
     .user_question = "vyos login: ",
     .password_question = "Password: ",
     .mark = "\x1b[7mlines 1-23\x1b[27m",
     .end_mark = "\x1b[7m(END)\x1b[27m",
     .wipes = {"\r\x1b[K"},
     .key = ' ',
     .log = {"Message from syslogd@vyos at Mar  1 10:00:%t ..."},
     .commands = {"show version", "show interfaces", "show ip route", "show system uptime",
                  "show configuration commands", "show arp"},
     .terminals = SHELLS,
     .unix_like = true},
    {.platform = "frr",
     .prompts = {"r1# ", "bgp-1# "},
     .changing = {"r-%c# "},
     .setup = "terminal length 0",
     .setup_answer = "",
     .refusal = "% Unknown command: show\r\n",
     .logout = "exit",
     .goodbye = "",
     .user_question = "r1 login: ",
     .password_question = "Password: ",
     .mark = "\x1b[7m--More--\x1b[m",
     .end_mark = "\x1b[7m(END)\x1b[m",
     .wipes = {"\r\x1b[K"},
     .key = ' ',
     .log = {"2026/03/01 10:00:%t BGP: %ADJCHANGE: neighbor 192.0.2.9 Up"},
     .commands = {"show version", "show ip bgp summary", "show ip route", "show interface brief",
                  "show running-config", "show daemons"},
     .terminals = {200, 560, 140, 100},
     .unix_like = true},
    {.platform = "linux",
     .prompts = {"op@box:~$ ", "$ ", "root@h1:/tmp# ", "[op@box ~]$ "},
     .changing = {"op@box:%c$ ", "10:00:%t op@box$ "},
     .uppers = {"op@box:~/work (main)"},
     .refusal = "-bash: show: command not found\r\n",
     .logout = "exit",
     .goodbye = "logout\r\n",
     .user_question = "h1 login: ",
     .password_question = "Password: ",
     .mark = "--More--",
     .wipes = {"\r\x1b[K", "\r        \r"},
     .key = ' ',
     .log = {"Message from syslogd@h1 at Mar  1 10:00:%t ...",
             "[  %t.123456] usb 1-1: new high-speed USB device number 2 using xhci_hcd"},
     .commands = {"uname -a", "cat /etc/hosts", "df -h", "id -un", "ip -br addr",
                  "ps -eo pid,user,etimes,comm --sort=-etimes | head -n 20 | grep -v kworker"},
     .terminals = SHELLS,
     .unix_like = true},
    {.platform = "generic",
     .prompts = {"console#", "SSG5-> ", "A:sros02# ", "fw1 # "},
     .changing = {"sw-%c#", "%sA:sr1# "},
     .uppers = {"[/]", "--{ running }--[  ]--"},
     .refusal = "% Invalid input\r\n",
     .logout = "exit",
     .goodbye = "",
     .user_question = "User Name:",
     .password_question = "Password:",
     .mark = "--More--",
     .wipes = {"\r        \r", "\x1b[2K\r"},
     .key = ' ',
     .log = {"01-Mar-2026 10:00:%t %%AAA-I-CONNECT: New https connection"},
     .commands = {"show version", "show system", "show log", "show port", "get system",
                  "show vlan"},
     .terminals = {700, 130, 70, 100}},
};
