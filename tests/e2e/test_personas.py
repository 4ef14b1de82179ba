"""Each persona of the simulator against the platform of its name: every output byte for byte (the
rule is in persona_fleet.py), the pager, refusals, privilege, log-in and log-out, over SSH and
Telnet; and a fleet that says the same in every mode and order."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from persona_fleet import (
    AWAY, BY_EXEC, HOME, PERSONAS, TRANSPORTS, Fleet, Session, check_outputs, quick_personas)

MODES = ("sequential", "events")
PAGER = re.compile(rb"--More--|---- More ----|---\(more|-- \[Q quit")
PAGED = tuple(persona for persona in PERSONAS if persona != "linux")

# A command that is refused as unknown, one as incomplete, one as ambiguous, and the line that says
# so. bash knows the first alone; RouterOS has no words for the last, it is an unknown name.
REFUSED = {
    "arista_eos": [("show vresion", "% Invalid input"), ("show", "% Incomplete command"),
                   ("show i", "% Ambiguous command")],
    "cisco_ios": [("show vresion", "% Invalid input detected at '^' marker."),
                  ("show", "% Incomplete command."), ("show i", '% Ambiguous command:  "show i"')],
    "cisco_nxos": [("show vresion", "% Invalid command at '^' marker."),
                   ("show", "% Incomplete command at '^' marker."),
                   ("e", "% Ambiguous command at '^' marker.")],
    "cisco_xr": [("show vresion", "% Invalid input detected at '^' marker."),
                 ("show", "% Incomplete command."), ("show i", '% Ambiguous command:  "show i"')],
    "frr": [("show versoin", "% Unknown command: show versoin"),
            ("show", "% Command incomplete: show"), ("e", "% Ambiguous command: e")],
    "hp_comware": [("display vresion", "% Unrecognized command found at '^' position."),
                   ("display", "% Incomplete command found at '^' position."),
                   ("display i", "% Ambiguous command found at '^' position.")],
    "huawei_vrp": [("display vresion", "Error: Unrecognized command found at '^' position."),
                   ("display", "Error: Incomplete command found at '^' position."),
                   ("display i", "Error: Ambiguous command found at '^' position.")],
    "juniper_junos": [("show vresion", "unknown command."),
                      ("show", "syntax error, expecting <command>."), ("s", "'s' is ambiguous.")],
    "linux": [("shwo", "-bash: shwo: command not found"), ("ip", "-bash: ip: command not found"),
              ("un", "-bash: un: command not found")],
    "mikrotik_routeros": [("/interface pirnt", "bad command name pirnt (line 1 column 1)"),
                          ("/system", "expected command name (line 1 column 1)"),
                          ("/system r print", "bad command name r (line 1 column 1)")],
}
# A short one, and one of several pages.
SHORT = {"frr": "show version", "hp_comware": "display clock", "huawei_vrp": "display clock",
         "juniper_junos": "show version", "linux": "uname -a",
         "mikrotik_routeros": "/system identity print"}
LONG = {"arista_eos": "show mac address-table", "cisco_ios": "show mac address-table",
        "cisco_nxos": "show mac address-table", "cisco_xr": "show route ipv4",
        "frr": "show ip bgp", "hp_comware": "display logbuffer", "huawei_vrp": "display logbuffer",
        "juniper_junos": "show route", "linux": "cat /var/log/dpkg.log",
        "mikrotik_routeros": "/interface print"}
NO_FREE_LINE = {
    "arista_eos": "There were too many logins for '******'.",
    "cisco_ios": "% All lines are in use", "cisco_xr": "% All lines are in use",
    "cisco_nxos": "Maximum number of vty sessions reached",
    "frr": "Exiting: failed to connect to any daemons.",
    "hp_comware": "All user interfaces are used, please try later!",
    "huawei_vrp": "All user interfaces are used, please try later!",
    "linux": "There were too many logins for '******'.",
}
# The platform's modes that the inventory can ask for, and the prompt there.
PRIVILEGES = {
    ("arista_eos", "exec"): r"leaf-\d+>", ("arista_eos", "bash"): r"\[admin@leaf-\d+ ~\]\$ ",
    ("arista_eos", "configuration"): r"leaf-\d+\(config\)#",
    ("cisco_ios", "exec"): r"sw-\d+>", ("cisco_ios", "tclsh"): r"sw-\d+\(tcl\)#",
    ("cisco_ios", "configuration"): r"sw-\d+\(config\)#",
    ("cisco_nxos", "tclsh"): r"n9k-\d+-tcl# ", ("cisco_nxos", "bash"): r"bash-4\.4\$ ",
    ("cisco_nxos", "configuration"): r"n9k-\d+\(config\)# ",
    ("cisco_xr", "admin"): r"sysadmin-vm:0_RP0# ",
    ("cisco_xr", "configuration"): r"RP/0/RP0/CPU0:ncs-\d+\(config\)#",
    ("frr", "exec"): r"r\d+> ", ("frr", "configuration"): r"r\d+\(config\)# ",
    ("hp_comware", "configuration"): r"\[HPE-\d+\]",
    ("huawei_vrp", "configuration"): r"\[~CE-\d+\]",
    ("juniper_junos", "configuration"): r"admin@mx-\d+# ",
    ("juniper_junos", "shell"): r"% ", ("juniper_junos", "root_shell"): r"root@mx-\d+:~ # ",
}
NEEDS_SECRET = ("arista_eos", "cisco_ios")
# A command that asks for a secret, and what it says to the right one.
SUPER = {
    "hp_comware": ("super", "User privilege role is network-admin"),
    "huawei_vrp": ("super", "Now user privilege is level 15"),
}
# By exec: those that tell the exit status, without which no output counts as whole.
EXEC_WITH_STATUS = ("arista_eos", "cisco_nxos", "frr", "juniper_junos", "linux",
                    "mikrotik_routeros")
EXEC_WITHOUT_STATUS = ("cisco_ios", "cisco_xr")
MANY = 1000


def short(persona):
    return SHORT.get(persona, "show version")


@pytest.fixture(name="fleet")
def fleet_of(tmp_path):
    """fleet(each, *options): devices whose commands take no time of their own."""
    made = []

    def make(each, *options, sees_window=True):
        directory = tmp_path / f"personas{len(made)}"
        quick_personas(directory, sees_window)
        made.append(Fleet(tmp_path, each, "--persona-dir", directory, *options))
        return made[-1]
    yield make
    for one in made:
        one.stop()


# --- outputs ---


def home_session(persona, transport, listed):
    session = Session(persona)
    by_exec = transport == "ssh" and persona in BY_EXEC
    session.add_mode(listed, HOME[persona], above="" if by_exec else None)
    return session


def away_session(persona, listed):
    session = Session(persona)
    for step, mode in AWAY[persona][1]:
        if step:
            session.add(step)
        if mode:
            session.add_mode(listed, mode)
    return session


def every_session(fleet):
    """{name: (session, what its device needs)}: all that `poller-lab outputs` lists, in the default
    mode and in the others."""
    listed, sessions = fleet.listed(), {}
    for persona in PERSONAS:
        for i, transport in enumerate(TRANSPORTS):
            hosts = fleet.hosts[persona]
            home = home_session(persona, transport, listed[hosts[i]])
            away = away_session(persona, listed[hosts[i + 2]])
            everything = {(one["command"], tuple(one["modes"])) for one in listed[hosts[i]]}
            assert home.covered | away.covered == everything, persona
            sessions[f"{persona}-{transport}-home"] = home, fleet.entry(
                persona, i, transport, commands=home.commands)
            sessions[f"{persona}-{transport}-away"] = away, fleet.entry(
                persona, i + 2, transport, **{**AWAY[persona][0], "commands": away.commands})
    return sessions


@pytest.mark.parametrize("mode", MODES)
def test_every_command_of_every_persona(mode, fleet):
    lab = fleet(4)
    sessions = every_session(lab)
    records = lab.poll(mode, {name: entry for name, (_, entry) in sessions.items()})
    for name, (session, _) in sessions.items():
        check_outputs(name, records[name], session)
    lab.check_logged_out()


def test_commands_that_take_their_time(tmp_path):
    """The personas as they are: some commands think for seconds before they say a word."""
    with Fleet(tmp_path, 4) as lab:
        sessions = every_session(lab)
        records = lab.poll("events", {name: entry for name, (_, entry) in sessions.items()},
                           "-n", 40)
        for name, (session, _) in sessions.items():
            check_outputs(name, records[name], session)
        assert max(record["timing_ms"]["commands"] for record in records.values()) > 3000
        lab.check_logged_out()


def session_of(entry, listed, above=None):
    """A device's commands, in its default mode."""
    persona, commands = entry["platform"], entry["commands"]
    session = Session(persona)
    for command in commands:
        session.add_mode([one for one in listed[entry["host"]] if one["command"] == command],
                         HOME[persona], above)
    assert len(session.commands) == len(commands)
    return session


def test_commands_by_exec(fleet):
    lab = fleet(1)
    devices = {persona: lab.entry(persona, 0, "ssh", exec=True,
                                  commands=[short(persona), LONG[persona]])
               for persona in EXEC_WITH_STATUS + EXEC_WITHOUT_STATUS}
    records, listed = lab.poll("events", devices), lab.listed()
    for persona, entry in devices.items():
        session = session_of(entry, listed, above="")
        if persona in EXEC_WITH_STATUS:
            check_outputs(persona, records[persona], session)
        else:
            first = records[persona]["commands"][0]
            assert first["class"] == "truncated" and first["output"] == session.outputs[0]


# --- the pager ---


def page(lab, mode):
    """What was paged, of all devices that showed their long output."""
    # By exec nothing is paged.
    devices = lab.each_over_both(lambda persona, *_: {
        "commands": [LONG[persona], short(persona)],
        **({"exec": False} if persona in BY_EXEC else {})})
    out = lab.directory / f"out-{mode}"
    records, listed = lab.poll(mode, devices, "-O", out), lab.listed()
    for name, entry in devices.items():
        check_outputs(name, records[name], session_of(entry, listed))
    return {name for name in devices
            if any(PAGER.search(path.read_bytes()) for path in (out / name).glob("*.raw"))}


@pytest.mark.parametrize("mode", MODES)
def test_a_pager_that_is_turned_off(mode, fleet):
    lab = fleet(2)
    # RouterOS has no command for that.
    assert page(lab, mode) <= {f"mikrotik_routeros-{transport}" + "-0" for transport in TRANSPORTS}
    lab.check_logged_out()


@pytest.mark.parametrize("mode", MODES)
def test_a_pager_that_stays(mode, fleet):
    lab = fleet(2, "--misbehave", "stubborn_pager", sees_window=False)
    assert page(lab, mode) == {f"{persona}-{transport}-0"
                               for persona in PAGED for transport in TRANSPORTS}
    lab.check_logged_out()


# --- refusals ---


@pytest.mark.parametrize("mode", MODES)
def test_refused_commands(mode, fleet):
    lab = fleet(6)
    devices = lab.each_over_both(lambda persona, transport, number: {
        "commands": [short(persona), REFUSED[persona][number][0], short(persona)]},
        per_transport=3)
    records = lab.poll(mode, devices)
    for name, record in records.items():
        persona, _, number = name.split("-")
        command, line = REFUSED[persona][int(number)]
        before, refused, after = record["commands"]
        assert record["class"] == refused["class"] == "command_error", record
        assert f"'{command}'" in record["error"] and line in record["error"], record["error"]
        assert line in refused["output"], record
        assert before["status"] == after["status"] == "ok", record
        assert before["output"] == after["output"] != "", record
    lab.check_logged_out()


# --- privilege ---


@pytest.mark.parametrize("mode", MODES)
def test_the_enable_secret(mode, fleet):
    lab = fleet(6)
    secrets = ("enable", "not-the-secret", None)
    devices = lab.each_over_both(
        lambda persona, transport, number: {"secret": secrets[number],
                                            "commands": ["show privilege"]}
        if persona in NEEDS_SECRET else None, per_transport=3)
    records = lab.poll(mode, devices)
    for persona in NEEDS_SECRET:
        for transport in TRANSPORTS:
            right, wrong, none = (records[f"{persona}-{transport}-{i}"] for i in range(3))
            assert right["commands"][0]["output"] == "Current privilege level is 15\n"
            assert wrong["class"] == "enable" and "'enable' was refused" in wrong["error"]
            assert none["commands"][0]["output"] == "Current privilege level is 1\n"
    # A secret is said once: at the second question there is nobody to log out as.
    logins = lab.stop()["logins"]
    assert (logins["logged_out"], logins["dropped"]) == (8, 4)


def check_in_mode(name, record, prompt, out):
    """Nothing is configured: what is refused there shows that the command line was the mode's."""
    line = REFUSED[record["platform"]][0][1].replace("show vresion", "nosuch")
    line = line.replace("show versoin", "nosuch")
    assert record["class"] == "command_error" and line in record["error"], record["error"]
    found = json.loads((out / name / "record.json").read_text())["prompt"]
    assert re.fullmatch(prompt, found), (name, found)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_that_a_platform_knows(mode, fleet):
    """Asked for, reached, and left again: none of them keeps the log-out from being one."""
    lab = fleet(6)
    devices, used = {}, Counter()
    for persona, privilege in PRIVILEGES:
        for transport in TRANSPORTS:
            devices[f"{persona}-{transport}-{privilege}"] = lab.entry(
                persona, used[persona], transport, privilege=privilege, commands=["nosuch"])
            used[persona] += 1
    out = lab.directory / "out"
    records = lab.poll(mode, devices, "-O", out)
    for name, record in records.items():
        check_in_mode(name, record, PRIVILEGES[record["platform"], name.split("-")[2]], out)
    lab.check_logged_out()


@pytest.mark.parametrize("mode", MODES)
def test_configuration_mode_by_the_option(mode, fleet):
    lab = fleet(2)
    devices = lab.each_over_both(lambda persona, *_: {
        "commands": ["nosuch"]} if (persona, "configuration") in PRIVILEGES else None)
    out = lab.directory / "out"
    records = lab.poll(mode, devices, "--privilege", "configuration", "-O", out)
    for name, record in records.items():
        check_in_mode(name, record, PRIVILEGES[record["platform"], "configuration"], out)
    lab.check_logged_out()


@pytest.mark.parametrize("mode", MODES)
def test_secrets_of_other_modes(mode, fleet):
    """Junos' root shell by --privilege; `super` as a command, with an answer."""
    lab = fleet(4)
    devices = {}
    for i, secret in enumerate(("enable", "not-the-secret")):
        devices[f"shell-{secret}"] = lab.entry("juniper_junos", i, "ssh", secret=secret,
                                               privilege="root_shell", commands=["nosuch"])
        for persona, (command, _) in SUPER.items():
            answers = [{"prompt": "Password:", "response": secret}]
            devices[f"{persona}-{secret}"] = lab.entry(persona, i, TRANSPORTS[i], commands=[
                {"command": command, "answers": answers}, short(persona)])
    records = lab.poll(mode, devices)
    assert records["shell-enable"]["class"] == "command_error"
    assert records["shell-not-the-secret"]["class"] == "enable"
    for persona, (_, right) in SUPER.items():
        assert records[f"{persona}-enable"]["class"] is None
        assert right in records[f"{persona}-enable"]["commands"][0]["output"]
        # Asked again, it was refused; a second try is one towards a locked account.
        refused = records[f"{persona}-not-the-secret"]
        assert refused["class"] == "prompt" and "Password:" in refused["error"], refused["error"]
        assert refused["commands"][1]["status"] is None
    lab.check_logged_out(dropped=len(SUPER))


# --- log-in ---


@pytest.mark.parametrize("mode", MODES)
def test_no_free_line(mode, fleet):
    lab = fleet(2, "--misbehave", "no_free_line")
    records = lab.poll(mode, lab.each_over_both(lambda persona, *_: {"commands": [short(persona)]}))
    for name, record in records.items():
        said = NO_FREE_LINE.get(record["platform"])
        assert record["class"] == ("no_session" if said else "peer_closed"), record["error"]
        assert (said or "closed the") in record["error"], name


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_password_is_tried_once(mode, fleet):
    lab = fleet(2)
    records = lab.poll(mode, lab.each_over_both(lambda persona, *_: {
        "commands": [short(persona)], "password": "not-the-password"}))
    assert {name: record["class"] for name, record in records.items()} == \
        {name: "auth" for name in records}
    stats = lab.stop()
    assert stats["refused"]["total"] == len(records) and stats["logins"]["total"] == 0


# --- same seed, same bytes ---


def many_devices(lab, order):
    """One device in eight over SSH, the others over Telnet, in a random order."""
    devices = [(f"{persona}-{number}", lab.entry(
        persona, number, "telnet" if number % 8 else "ssh",
        commands=[LONG[persona]] if persona in BY_EXEC else [LONG[persona], short(persona)]))
        for persona in PERSONAS for number in range(len(lab.hosts[persona]))]
    random.Random(order).shuffle(devices)
    return dict(devices)


def outputs_of(records):
    return {(record["host"], told["command"]): told["output"]
            for record in records.values() for told in record["commands"]}


def listed_outputs(lab, devices):
    """The same, as `poller-lab outputs` says it."""
    found = {}
    platforms = {entry["host"]: entry["platform"] for entry in devices.values()}
    for command in {command for entry in devices.values() for command in entry["commands"]}:
        for host, (one, *_) in lab.listed("-c", command).items():
            above = "\n" if platforms[host] == "juniper_junos" else ""
            found[host, command] = one["output"].replace("\r", "") + above
    return {key: found[key] for entry in devices.values()
            for key in ((entry["host"], command) for command in entry["commands"])}


def test_the_same_seed_says_the_same_in_every_mode_and_order(fleet):
    lab = fleet(MANY // len(PERSONAS), "--seed", 11)
    runs = [outputs_of(lab.poll(mode, many_devices(lab, order), "-n", workers))
            for order, (mode, workers) in enumerate([("events", 200), ("threads", 40)])]
    expected = listed_outputs(lab, many_devices(lab, 0))
    assert len({host for host, _ in expected}) == MANY
    for run in runs:
        assert run.keys() == expected.keys()
        assert [key for key in expected if run[key] != expected[key]] == []
    # No device says what another one says, where a command has something of its own to say.
    tables = [output for (_, command), output in expected.items() if command in LONG.values()]
    assert len(set(tables)) == len(tables) == MANY
    lab.check_logged_out()


def test_another_seed_says_something_else(fleet):
    said = []
    for seed in (11, 12):
        lab = fleet(10, "--seed", seed)
        said.append(outputs_of(lab.poll("events", many_devices(lab, 0), "-n", 50)))
        assert said[-1] == listed_outputs(lab, many_devices(lab, 0))
    tables = [{output for (_, command), output in one.items() if command in LONG.values()}
              for one in said]
    assert len(tables[0]) == len(tables[1]) == 10 * len(PERSONAS)
    assert tables[0].isdisjoint(tables[1])


def test_every_persona_has_its_place_here():
    """A new persona needs a line in each of these tables."""
    there = {path.stem for path in
             (Path(__file__).resolve().parents[2] / "config/personas").glob("*.yaml")}
    assert there == set(PERSONAS) == set(HOME) == set(AWAY) == set(REFUSED) == set(LONG)
