"""Simulated devices of all personas, and what poller has to bring back from each.

The one rule for `output`, for every persona: it is what the device said from the line behind the
echo up to the last line of its prompt, byte for byte. So

- the last line's end is part of it, and an output that has none gets none;
- blank lines that the device says before its prompt are part of it; a prompt's upper lines (Junos'
  `[edit]`) belong to the prompt;
- a question that was answered is part of it, with the answer where the device echoed it;
- a CR without LF only moves the cursor (IOS XR, before its line with the time), and is gone.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

from lab_sim import Sim
from poller_run import check_record, poll, write_inventory

PERSONAS = ("arista_eos", "cisco_ios", "cisco_nxos", "cisco_xr", "frr", "hp_comware", "huawei_vrp",
            "juniper_junos", "linux", "mikrotik_routeros")
SHARES = ",".join(f"{persona}:10%" for persona in PERSONAS)
TRANSPORTS = ("ssh", "telnet")
RUN_LIMIT_S = 60

# The persona's mode behind the platform's default mode, and behind its configuration mode.
HOME = {"arista_eos": "privileged_exec", "cisco_ios": "privileged_exec",
        "cisco_nxos": "privileged_exec", "cisco_xr": "exec", "frr": "privileged",
        "hp_comware": "user_view", "huawei_vrp": "user_view", "juniper_junos": "operational",
        "linux": "user", "mikrotik_routeros": "root"}
BY_EXEC = ("linux", "mikrotik_routeros")

# Other modes: what the inventory adds, then what to type to get into each mode.
SUDO = {"command": "sudo -i", "answers": [{"prompt": "password for admin: ", "response": "admin"}]}
AWAY = {
    "arista_eos": ({"secret": None}, [(None, "exec")]),
    "cisco_ios": ({"secret": None}, [(None, "exec")]),
    "cisco_nxos": ({"privilege": "configuration"}, [
        (None, "config"), ("interface Ethernet1/1", "config_if")]),
    "cisco_xr": ({"privilege": "configuration"}, [(None, "config")]),
    "frr": ({"privilege": "exec"}, [(None, "view")]),
    "hp_comware": ({}, [("system-view", "system_view"),
                        ("interface Ten-GigabitEthernet1/0/1", "interface_view")]),
    "huawei_vrp": ({"privilege": "configuration"}, [(None, "system_view")]),
    "juniper_junos": ({"privilege": "configuration"}, [
        (None, "configuration"), ("edit interfaces", "configuration_interfaces")]),
    "linux": ({"exec": False}, [(None, "user"), (SUDO, "root")]),
    "mikrotik_routeros": ({"exec": False}, [
        (None, "root"), ("interface", "interface_menu"), ("..", None),
        ("ip address", "ip_address_menu")]),
}
PROMPT_ABOVE = {("juniper_junos", "operational"): "\n",
                ("juniper_junos", "configuration"): "\n",
                ("juniper_junos", "configuration_interfaces"): "\n"}

# What is asked, what is answered, how both stand in the output.
ANSWERS = {
    ("cisco_ios", "copy running-config startup-config"):
        ("Destination filename", "", "Destination filename [startup-config]? \n"),
    ("hp_comware", "display diagnostic-information"):
        (r"\[Y/N\]:", "N",
         "Save or display diagnostic information (Y=save, N=display)? [Y/N]:N\n"),
    ("hp_comware", "super"): ("Password: ", "enable", "Password: \n"),
    ("huawei_vrp", "super"): ("Password:", "enable", "Password:\n"),
    ("huawei_vrp", "save"):
        (r"\[Y/N\]:", "y", "Warning: The current configuration will be written to the device. "
                           "Continue? [Y/N]:y\n"),
}
# By exec the exit status says what a terminal does not.
FAILS_BY_EXEC = ("false", "cat /etc/shadow", "cat /nosuch", "ls /nosuch", "dmesg")


def quick_personas(directory, sees_window=True):
    """The personas without the seconds that some commands take, for runs one by one; on demand
    with a pager that takes no notice of the client's window."""
    directory.mkdir()
    for path in (Path(__file__).resolve().parents[2] / "config/personas").glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.strip().startswith("think:")]
        text = "\n".join(kept) + "\n"
        for value in ("0.3", "0.5"):
            text = text.replace(f"think: {value}, ", "").replace(f", think: {value}", "")
        assert "think:" not in text, path
        if not sees_window:
            text = text.replace("  window: true\n", "  window: false\n")
        (directory / path.name).write_text(text, encoding="utf-8")
    return directory


class Session:
    """One device's commands, each with the whole output it must have (None: not looked at)."""

    def __init__(self, persona):
        self.persona = persona
        self.commands = []
        self.outputs = []
        self.covered = set()

    def add(self, command, output=None):
        self.commands.append(command)
        self.outputs.append(output)

    def add_mode(self, listed, mode, above=None):
        """All commands that the persona has in the mode."""
        above = PROMPT_ABOVE.get((self.persona, mode), "") if above is None else above
        for one in listed:
            if mode in one["modes"]:
                self.add_listed(one, above)

    def add_listed(self, one, above=""):
        command, said = one["command"], ""
        if (self.persona, command) in ANSWERS:
            prompt, response, said = ANSWERS[self.persona, command]
            command = {"command": command, "answers": [{"prompt": prompt, "response": response}]}
        self.add(command, said + one["output"].replace("\r", "") + above)
        self.covered.add((one["command"], tuple(one["modes"])))


class Fleet(Sim):
    """n devices of each persona; `hosts[persona]` are their addresses."""

    def __init__(self, directory, each, *options):
        super().__init__("--devices", each * len(PERSONAS), "--persona", SHARES, *options,
                         directory=directory)
        self.hosts = defaultdict(list)
        inventory = self.inventory(name="as-listed.yaml").read_text()
        for host, persona in re.findall(r"host: ([\d.]+), groups: \[(\w+)\]", inventory):
            self.hosts[persona].append(host)
        assert [len(self.hosts[persona]) for persona in PERSONAS] == [each] * len(PERSONAS)

    def listed(self, *options):
        """{host: what `poller-lab outputs` lists of it}"""
        found = defaultdict(list)
        for line in self.run("outputs", *options, *self.devices).splitlines():
            one = json.loads(line)
            found[one["host"]].append(one)
        return found

    def entry(self, persona, number, transport, **more):
        entry = {"host": self.hosts[persona][number], "port": self.port + (transport == "telnet"),
                 "platform": persona, "transport": transport, "username": "admin",
                 "password": "admin", "secret": "enable", **more}
        return {key: value for key, value in entry.items() if value is not None}

    def each_over_both(self, make, per_transport=1):
        """{name: entry}; make(persona, transport, number) adds to each, None leaves it out."""
        devices = {}
        for persona in PERSONAS:
            for i in range(per_transport * len(TRANSPORTS)):
                transport, number = TRANSPORTS[i % 2], i // 2
                more = make(persona, transport, number)
                if more is not None:
                    devices[f"{persona}-{transport}-{number}"] = self.entry(
                        persona, i, transport, **more)
        return devices

    def poll(self, mode, devices, *options):
        """The records by device. Every record keeps the promise of its keys."""
        inventory = write_inventory(self.directory, devices, f"{mode}.yaml")
        outcome = poll("-m", mode, "--host-key", "off", "--timeout", 10, *options,
                       inventory=inventory, limit_s=RUN_LIMIT_S)
        assert set(outcome.records) == set(devices), outcome
        for record in outcome.record_list:
            check_record(record)
        return outcome.records

    def check_logged_out(self, dropped=0):
        """Nobody's line was left open: every session ended by its log-out, but for those that had to
        be left at a question."""
        logins = self.stop()["logins"]
        assert (logins["logged_out"], logins["dropped"]) == (logins["total"] - dropped, dropped), logins
        assert logins["total"] > 0 and self.said == ""


def check_outputs(name, record, session):
    """Every command's output, byte for byte, with the status it must have."""
    assert len(record["commands"]) == len(session.commands), record["error"]
    for told, output in zip(record["commands"], session.outputs, strict=True):
        where = f"{name}: {told['command']}"
        if output is not None:
            assert told["output"] == output, where
        is_failure = "exit_status" in told["proofs"] and told["command"] in FAILS_BY_EXEC
        assert told["class"] == ("command_error" if is_failure else None), where
        assert told["status"] == ("failed" if is_failure else "ok"), where
