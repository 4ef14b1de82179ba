"""What users bring: netmiko's list, our own dialect, host lists, limits, --check."""

import json

import pytest
from conftest import router
from poller_run import poll


def names(outcome):
    return sorted(outcome.records)


def netmiko_entry(device, **more):
    """As learners of network automation write it, YAML and keys unchanged."""
    entry = {"device_type": "cisco_ios_telnet", "host": device.host, "username": "lab",
             "password": "lab", "secret": "lab-enable", "port": device.port, **more}
    lines = [f"  {key}: {json.dumps(value)}" for key, value in entry.items()]
    return "-" + "\n".join(lines)[1:] + "\n"


def test_netmiko_list(fake, tmp_path):
    path = tmp_path / "devices.yaml"
    first, second = fake("router"), fake("stubborn_pager")
    path.write_text(netmiko_entry(first, timeout=10, fast_cli=False, global_delay_factor=2,
                                  session_timeout=60, keepalive=0, use_keys=False)
                    + netmiko_entry(second))
    outcome = poll("-c", "show version", inventory=path)
    assert outcome.code == 0, outcome
    assert names(outcome) == sorted(f"127.0.0.1:{device.port}" for device in (first, second))
    for record in outcome.record_list:
        assert record["transport"] == "telnet" and record["platform"] == "cisco_ios"
        assert len(record["commands"][0]["output"].rstrip("\n").splitlines()) == 36
    assert all("enable" in device.lines for device in (first, second))


def test_netmiko_over_ssh(lab, tmp_path):
    path = tmp_path / "devices.yaml"
    path.write_text(f"- device_type: linux\n  host: 127.0.0.1\n  port: {lab.port('ssh1')}\n"
                    f"  username: {lab.lab.user}\n  use_keys: true\n  key_file: {lab.lab.key}\n")
    outcome = poll("-c", "echo yes", "--known-hosts", tmp_path / "known", inventory=path)
    assert outcome.code == 0, outcome
    assert names(outcome) == ["127.0.0.1"]  # the host alone, where it stands once


def test_netmiko_key_that_is_not_supported_warns_once(fake, tmp_path):
    path = tmp_path / "devices.yaml"
    path.write_text(netmiko_entry(fake("router"), disabled_algorithms={}))
    outcome = poll("-c", "show version", inventory=path)
    assert outcome.code == 0, outcome
    assert outcome.text.count("disabled_algorithms") == 1


def test_groups_and_defaults(lab, tmp_path, fake):
    device = fake("router")
    path = tmp_path / "devices.yaml"
    path.write_text(f"""defaults: {{username: nobody-at-all, commands: ["show nothing"]}}
groups:
  base: {{platform: cisco_ios, transport: telnet, username: lab}}
  core: {{groups: [base], password: lab, secret: lab-enable, commands: ["show version"]}}
devices:
  r1: {{host: {device.host}, port: {device.port}, groups: [core]}}
""")
    path.chmod(0o600)
    outcome = poll(inventory=path)
    assert outcome.code == 0, outcome
    assert outcome.records["r1"]["commands"][0]["command"] == "show version"


def test_command_line_replaces_commands(lab, inventory):
    outcome = poll("-c", "echo one", "-c", "echo two",
                   inventory=inventory({"a": lab.by_key("ssh1")}))
    assert [command["output"].strip() for command in outcome.records["a"]["commands"]] == [
        "one", "two"]


def test_commands_file(lab, inventory, tmp_path):
    (tmp_path / "commands").write_text("echo one\n\n# a comment\necho two\n")
    outcome = poll("--commands", tmp_path / "commands",
                   inventory=inventory({"a": lab.by_key("ssh1")}))
    assert [command["output"].strip() for command in outcome.records["a"]["commands"]] == [
        "one", "two"]


def test_several_files_and_standard_input(lab, inventory):
    first = inventory({"a": lab.by_key("ssh1")})
    second = inventory({"b": lab.by_key("ssh2")})
    outcome = poll("-f", "-", inventory=first, stdin=second.read_bytes())
    assert names(outcome) == ["a", "b"]


def test_privilege_and_answers(fake, inventory):
    commands = [{"command": "show version",
                 "answers": [{"prompt": r"\[confirm\]", "response": "y"}]}]
    path = inventory({"r1": router(fake("question"), commands=commands)})
    outcome = poll(inventory=path)
    assert outcome.code == 0, outcome
    assert "line 36" in outcome.records["r1"]["commands"][0]["output"]


def limited(inventory, *options):
    """The names that --check would visit. Ports of 1: nothing is connected to."""
    entry = {"host": "127.0.0.1", "platform": "linux", "port": 1, "commands": ["true"]}
    devices = {name: dict(entry) for name in ("sw01", "sw02", "sw10", "r1")}
    devices["r1"]["groups"] = ["core"]
    path = inventory(devices)
    path.write_text("groups:\n  core: {username: lab}\n" + path.read_text())
    outcome = poll(*options, "--exit-zero", "-t", 1, inventory=path)
    return names(outcome)


@pytest.mark.parametrize("options, expected", [
    (["-l", "sw01"], ["sw01"]),
    (["-l", "sw*"], ["sw01", "sw02", "sw10"]),
    (["-l", "core"], ["r1"]),
    (["-l", "/^sw0/"], ["sw01", "sw02"]),
    (["-l", "sw*", "-x", "sw[01-02]"], ["sw10"]),
    (["-x", "sw*"], ["r1"]),
    (["-l", "sw01,r1"], ["r1", "sw01"]),
    ([], ["r1", "sw01", "sw02", "sw10"]),
])
def test_limit_and_exclude(options, expected, inventory):
    assert limited(inventory, *options) == expected


def test_ranges_keep_their_zeros(tmp_path):
    path = tmp_path / "devices.yaml"
    path.write_text("defaults: {platform: linux, commands: ['true'], host: 127.0.0.1, port: 1}\n"
                    "devices:\n  'sw[08-11]': {}\n")
    outcome = poll("--exit-zero", "-t", 1, inventory=path)
    assert names(outcome) == ["sw08", "sw09", "sw10", "sw11"], outcome


def test_hosts_without_a_file(lab, tmp_path):
    """Without key, password or agent it is refused; where it went is what is looked at."""
    port = lab.port("ssh1")
    outcome = poll("-w", f"{lab.lab.user}@127.0.0.1:{port}", "-c", "true", "--exit-zero",
                   "--known-hosts", tmp_path / "known")
    record = outcome.record_list[0]
    assert (record["host"], record["port"]) == ("127.0.0.1", port)
    assert record["class"] in ("auth", None)


def test_hosts_with_the_agent(lab, agent, tmp_path):
    port = lab.port("ssh1")
    outcome = poll("-w", f"{lab.lab.user}@127.0.0.1:{port}", "-c", "echo well", "-p", "linux",
                   "--known-hosts", tmp_path / "known", SSH_AUTH_SOCK=agent)
    assert outcome.code == 0, outcome
    assert "well" in outcome.record_list[0]["commands"][0]["output"]


def test_hosts_in_ranges_and_files(tmp_path):
    (tmp_path / "hosts").write_text("127.0.0.[4-5]:1\n# a comment\n127.0.0.6:1\n")
    outcome = poll("-w", f"127.0.0.[1-3]:1,^{tmp_path}/hosts", "-c", "true", "--exit-zero", "-t", 1)
    assert {record["host"] for record in outcome.record_list} == {
        f"127.0.0.{number}" for number in range(1, 7)}, outcome


def test_check_connects_to_nothing(fake, inventory):
    device = fake("router")
    outcome = poll("--check", inventory=inventory({"r1": router(device)}), output=None)
    assert outcome.code == 0, outcome
    assert device.connections == 0
    shown = outcome.out.decode() + outcome.text
    assert "r1" in shown and "show version" in shown
    assert "lab-enable" not in shown


def test_one_slow_device_delays_nobody(fake, inventory):
    """Records come as devices finish, and the stuck one is the last."""
    devices = {"a_stuck": router(fake("silent_command"))}
    well = fake("router")
    devices.update({f"well{number}": router(well) for number in range(6)})
    outcome = poll("-n", 2, "--timeout", 2, inventory=inventory(devices))
    order = [record["device"] for record in outcome.record_list]
    assert order[-1] == "a_stuck" and len(order) == 7
