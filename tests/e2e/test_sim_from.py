"""`poller-lab sim --from`: what devices said once, simulated ones say again, byte for byte."""

import json
import re
import subprocess

import pytest
from lab_sim import BINARY as LAB_BINARY
from lab_sim import Sim
from poller_run import poll, write_inventory

LIMIT_S = 30
FIRST = "127.1.0."
COMMANDS = {
    "arista_eos": ["show interfaces status", "show running-config", "show vresion"],
    "cisco_ios": ["show interfaces", "show inventory", "show vresion"],
    "cisco_nxos": ["show interface status", "show inventory", "show vresion"],
    "cisco_xr": ["show interfaces", "show bgp summary", "show vresion"],
    "frr": ["show ip bgp", "show interface brief", "show vresion"],
    "hp_comware": ["display interface brief", "display current-configuration", "display vresion"],
    "huawei_vrp": ["display interface brief", "display current-configuration", "display vresion"],
    "juniper_junos": ["show interfaces terse", "show configuration", "show vresion"],
    "linux": ["uptime", "ps aux", "ls /nosuch *"],
    "mikrotik_routeros": ["/interface print", "/ip address print", "/interface pirnt"],
}
PAGER = re.compile(rb"--More--|---- More ----|---\(more|-- \[Q quit")


def entry(sim, number, platform, transport, **more):
    """The inventory's entry for a simulated device, whatever it is called there."""
    return {"host": f"{FIRST}{number}", "port": sim.port + (transport == "telnet"),
            "platform": platform, "transport": transport, "username": "admin",
            "password": "admin", "secret": "enable", **more}


def recorded(directory, devices):
    """Polls the devices into the directory; what every file holds, and every record."""
    directory.mkdir()
    inventory = write_inventory(directory, devices)
    outcome = poll("--host-key", "off", "-O", directory / "out", inventory=inventory)
    assert set(outcome.records) == set(devices), outcome
    files = {str(path.relative_to(directory / "out")): path.read_bytes()
             for path in (directory / "out").rglob("*") if path.suffix in (".txt", ".raw")}
    records = {name: json.loads((directory / "out" / name / "record.json").read_text())
               for name in devices}
    return files, records


def again(tmp_path, devices):
    """The same devices from the record of them, in the order of their names."""
    with Sim("--from", str(tmp_path / "first/out"), directory=tmp_path) as sim:
        assert f"ready: {len(devices)} devices," in sim.ready
        return recorded(tmp_path / "again", {
            name: entry(sim, number, d["platform"], d.get("transport", "ssh"),
                        commands=d["commands"])
            for number, (name, d) in enumerate(sorted(devices.items()), 1)})


def check_same(first, second):
    files, records = first
    files_again, records_again = second
    assert sorted(files) == sorted(files_again)
    for name, content in files.items():
        # Where a pager stopped, its text is played, and the device pages it by itself.
        if not (name.endswith(".raw") and PAGER.search(content)):
            assert files_again[name] == content, name
    for device, record in records.items():
        told = records_again[device]
        assert told["prompt"] == record["prompt"], device
        for command, same in zip(record["commands"], told["commands"], strict=True):
            assert [same[key] for key in ("command", "status", "class", "output")] == \
                [command[key] for key in ("command", "status", "class", "output")], device


@pytest.mark.parametrize("options", [[], ["--misbehave", "bad_bytes"]], ids=["clean", "bad_bytes"])
@pytest.mark.parametrize("transport", ["ssh", "telnet"])
def test_every_persona_again(tmp_path, transport, options):
    # Another seed: where the record is not played, the numbers are others.
    who = ",".join(f"{name}@{FIRST}{n}" for n, name in enumerate(reversed(COMMANDS), 1))
    with Sim("--devices", str(len(COMMANDS)), "--seed", "7", "--persona", who, *options,
             directory=tmp_path) as sim:
        devices = {name: entry(sim, n, name, transport, commands=COMMANDS[name])
                   for n, name in enumerate(reversed(COMMANDS), 1)}
        first = recorded(tmp_path / "first", devices)
    for name, record in first[1].items():
        classes = [command["class"] for command in record["commands"]]
        assert classes == [None, None, "command_error"][:len(classes)], (name, record)
    check_same(first, again(tmp_path, devices))


def test_real_servers_again(tmp_path, lab):
    devices = {"ssh": lab.by_key("ssh1", commands=["seq 1 200; echo '{{count}} * **'"]),
               "vty": lab.vty("vty1", commands=["show version", "show history", "show nothing"])}
    if "telnetd1" not in lab.missing:
        devices["telnetd"] = lab.telnetd(commands=["uname -a", "printf '{{hostname}}\\n'"])
    first = recorded(tmp_path / "first", devices)
    assert any(name.endswith(".raw") for name in first[0])
    second = again(tmp_path, devices)
    for name, record in second[1].items():
        # Who logs in is another, and a prompt may name him.
        record["prompt"] = (record["prompt"] or "").replace("admin@", "lab@") or None
        assert record["prompt"] == first[1][name]["prompt"]
    check_same(first, second)


def test_the_inventory_fits(tmp_path):
    with Sim("--devices", "2", "--seed", "3", directory=tmp_path) as sim:
        first = recorded(tmp_path / "first", {
            name: entry(sim, n, "cisco_ios", "ssh", commands=["show interfaces"])
            for n, name in enumerate(["core", "edge"], 1)})
    source = str(tmp_path / "first/out")
    with Sim("--from", source, directory=tmp_path) as sim:
        outcome = poll("--host-key", "off", "-c", "show interfaces", inventory=sim.inventory())
    assert outcome.code == 0, outcome
    assert set(outcome.records) == {"core", "edge"}
    outputs = {record["commands"][0]["output"] for record in outcome.record_list}
    assert outputs == {record["commands"][0]["output"] for record in first[1].values()}


@pytest.mark.parametrize("content", [None, "{", '{"schema": 9}'], ids=["empty", "cut", "schema"])
def test_what_is_no_record_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "r1").mkdir()
        (tmp_path / "r1/record.json").write_text(content)
    done = subprocess.run([LAB_BINARY, "sim", "--from", str(tmp_path)], capture_output=True,
                          check=False, text=True, timeout=LIMIT_S)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and str(tmp_path) in done.stderr, done.stderr
