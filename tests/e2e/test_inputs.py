"""Inputs that are wrong: exit 2 and one sentence that says where and what, before any connection."""

import os
import stat

import pytest
from poller_run import poll, write_inventory

GOOD = """devices:
  r1: {host: 127.0.0.1, port: 1, platform: cisco_ios, username: lab, password: lab}
"""

# name: text, what the sentence must hold (the position as line:column where there is one)
BAD_FILES = {
    "empty": ("", []),
    "only_comments": ("# nothing\n", []),
    "broken_in_the_middle": ("devices:\n  r1: {host: 127.0.0.1\n  r2: {host: 127.0.0.2}\n", [":3"]),
    "bad_indent": ("devices:\n  r1:\n    host: a\n   port: 22\n", [":4"]),
    "tab": ("devices:\n\tr1: {host: a}\n", [":2"]),
    "wrong_type_of_devices": ("devices: 12\n", [":1:"]),
    "wrong_type_of_device": ("devices:\n  r1: 12\n", [":2:"]),
    "wrong_type_of_port": (GOOD.replace("port: 1", "port: ssh"), [":2:", "port"]),
    "wrong_type_of_timeout": (GOOD.replace("port: 1", "timeout: soon"), [":2:", "timeout"]),
    "negative_timeout": (GOOD.replace("port: 1", "timeout: -1"), [":2:", "timeout"]),
    "port_of_zero": (GOOD.replace("port: 1", "port: 0"), [":2:", "port"]),
    "port_too_big": (GOOD.replace("port: 1", "port: 65536"), [":2:", "port"]),
    "unknown_key": (GOOD.replace("username", "usrname"), [":2:", "usrname", "username"]),
    "unknown_top_key": ("device:\n  r1: {host: a}\n", [":1:", "device", "devices"]),
    "unknown_group": (GOOD.replace("port: 1", "groups: [core]"), [":2:", "core"]),
    "unknown_platform": (GOOD.replace("cisco_ios", "cisco_iso"), [":2:", "cisco_iso", "cisco_ios"]),
    "unknown_transport": (GOOD.replace("port: 1", "transport: shh"), [":2:", "shh", "ssh"]),
    "duplicate_key": (GOOD + "  r1: {host: 127.0.0.1, platform: linux}\n", [":3:", "r1"]),
    "duplicate_name": ("devices:\n  - {name: r1, host: a, platform: linux}\n"
                       "  - {name: r1, host: b, platform: linux}\n", [":3:", "r1"]),
    "no_host_in_netmiko": ("- device_type: cisco_ios\n  username: lab\n", [":1", "host"]),
    "unknown_netmiko_key": ("- device_type: cisco_ios\n  host: a\n  usernme: lab\n",
                            [":3:", "usernme", "username"]),
    "unknown_device_type": ("- device_type: cisco_iso\n  host: a\n", [":1:", "cisco_iso"]),
    "range_of_a_million": ("devices:\n  'sw[0000000-9999999]': {platform: linux}\n", [":2:"]),
    "range_backwards": ("devices:\n  'sw[9-1]': {platform: linux}\n", [":2:"]),
    "group_that_inherits_itself": ("groups:\n  a: {groups: [b]}\n  b: {groups: [a]}\n"
                                   "devices:\n  r1: {host: a, platform: linux, groups: [a]}\n", []),
    "alias_bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                   "devices: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", []),
    "binary": ("\x00\x01\x02\x7f devices", []),
    "two_commands_in_one": (GOOD.replace("port: 1", "commands: [{command: a, timout: 1}]"),
                            [":2:", "timout", "timeout"]),
    "bad_answer_pattern": (GOOD.replace(
        "port: 1", "commands: [{command: a, answers: [{prompt: '(', response: y}]}]"), [":2:"]),
}


def one_sentence(outcome):
    """The message: a line, not a page of usage, a stack or nothing."""
    lines = [line for line in outcome.text.splitlines() if line.strip()]
    assert outcome.code == 2, outcome
    assert outcome.out == b"", outcome
    assert 1 <= len(lines) <= 2, outcome
    return outcome.text


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(name, tmp_path):
    text, wanted = BAD_FILES[name]
    path = tmp_path / "devices.yaml"
    path.write_text(text)
    message = one_sentence(poll("-c", "show version", inventory=path))
    assert "devices.yaml" in message
    for part in wanted:
        assert part in message, f"{part!r} is not in {message!r}"


@pytest.mark.parametrize("secret, said", [
    ("env:POLLER_NOT_SET", "the environment variable POLLER_NOT_SET is not set"),
    ("file:/nosuch/secret", "/nosuch/secret: cannot be opened"),
    ("cmd:exit 3", None), ("ask", None),
])
def test_check_looks_secrets_up(secret, said, tmp_path):
    """But runs no program and asks nobody."""
    path = write_inventory(tmp_path, {"r1": {"host": "127.0.0.1", "username": "admin",
                                             "password": secret, "platform": "cisco_ios"}})
    outcome = poll("--check", "-c", "show version", inventory=path)
    assert outcome.code == (2 if said else 0), outcome
    assert (said or "nothing was connected to") in outcome.text, outcome
    assert (outcome.out == b"") == bool(said), outcome


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_missing_file(mode, tmp_path):
    message = one_sentence(poll(*mode, inventory=tmp_path / "nowhere.yaml"))
    assert "nowhere.yaml" in message and "No such file" in message


def test_directory(tmp_path):
    assert str(tmp_path) in one_sentence(poll(inventory=tmp_path))


def test_file_that_may_not_be_read(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    path = tmp_path / "devices.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    assert "denied" in one_sentence(poll(inventory=path))


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "devices.yaml"
    path.write_bytes(b"devices:\n  r1: {host: \xff\xfe}\n")
    one_sentence(poll(inventory=path))


def test_no_devices_at_all():
    one_sentence(poll("-c", "true"))


BAD_OPTIONS = {
    "unknown": (["--nosuch"], "--nosuch"),
    "mode": (["-m", "thread"], "thread"),
    "zero_workers": (["-n", "0"], "0"),
    "a_million_workers": (["-n", "1000000"], "1000000"),
    "negative_workers": (["-n", "-3"], "-3"),
    "workers_in_words": (["-n", "many"], "many"),
    "zero_processes": (["-m", "hybrid", "--processes", "-1"], "-1"),
    "timeout": (["--timeout", "soon"], "soon"),
    "negative_timeout": (["-t", "-1"], "-1"),
    "format": (["-o", "xml"], "xml"),
    "host_key": (["--host-key", "maybe"], "maybe"),
    "doubt": (["--doubt", "maybe"], "--doubt maybe: expected one of ok, fail"),
    "nonce": (["--nonce", "yes"], "--nonce yes: expected one of off, on"),
    "limit_matches_nothing": (["-l", "nosuchdevice"], "nosuchdevice"),
    "limit_pattern": (["-l", "/(/"], "("),
    "platforms": (["--platforms", "/nonexistent-directory"], "/nonexistent-directory"),
    "commands_file": (["--commands", "/nonexistent-file"], "/nonexistent-file"),
    "stray_word": (["wherever"], "wherever"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_option(name, tmp_path):
    options, part = BAD_OPTIONS[name]
    path = tmp_path / "devices.yaml"
    path.write_text(GOOD)
    output = None if "-o" in options else "jsonl"
    assert part in one_sentence(poll(*options, inventory=path, output=output))


def test_bad_platform_definition(tmp_path):
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "odd.yaml").write_text(
        "prompt_pattern: '^(r1#$'\ndefault_mode: exec\nmodes:\n"
        "  - name: exec\n    prompt_pattern: '^(r1#$'\n")
    path = tmp_path / "devices.yaml"
    path.write_text("devices:\n  r1: {host: 127.0.0.1, port: 1, platform: odd}\n")
    message = one_sentence(poll("--platforms", tmp_path / "platforms", inventory=path))
    assert "odd.yaml:" in message


def test_unknown_key_of_a_platform(tmp_path):
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "odd.yaml").write_text("prompt_patern: '^r1#$'\n")
    path = tmp_path / "devices.yaml"
    path.write_text(GOOD)
    message = one_sentence(poll("--platforms", tmp_path / "platforms", inventory=path))
    assert "odd.yaml:1:" in message and "prompt_patern" in message


def test_range_of_a_million_names_on_the_command_line():
    one_sentence(poll("-w", "sw[0-9999999]", "-c", "true"))


def test_skip_unknown_makes_it_the_devices_failure(tmp_path, lab, inventory):
    path = inventory({"good": lab.by_key("ssh1"), "odd": lab.by_key("ssh2", platform="nosuch_os")})
    outcome = poll("--skip-unknown", inventory=path)
    assert outcome.records["good"]["status"] == "ok"
    assert outcome.records["odd"]["status"] == "failed"
    assert "nosuch_os" in outcome.records["odd"]["error"]


def test_readable_secrets_get_a_warning(tmp_path):
    path = tmp_path / "devices.yaml"
    path.write_text(GOOD)
    path.chmod(0o644)
    outcome = poll("--check", "-c", "show version", inventory=path)
    assert outcome.code == 0
    assert "devices.yaml" in outcome.text and "read" in outcome.text
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert "warning" not in poll("--check", "-c", "show version", inventory=path).text.lower()
