"""The container lab, where it runs: `docker/lab-up` leaves build/lab/devices.yaml."""

import subprocess
from pathlib import Path

import pytest
import yaml
from poller_run import MODES, check_record, poll

LAB = Path(__file__).resolve().parents[2] / "build/lab"
INVENTORY = LAB / "devices.yaml"
SSH = ["ssh", "-F", str(LAB / "ssh_config"), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
RUN_LIMIT_S = 240   # a hundred routers, one by one

pytestmark = pytest.mark.skipif(not INVENTORY.exists(),
                                reason=f"{INVENTORY} is missing: docker/lab-up makes it")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """One run per mode; commands as the lab's inventory has them."""
    done = {}

    def outcome(mode):
        if mode not in done:
            known = tmp_path_factory.mktemp(mode) / "known_hosts"
            done[mode] = poll("-m", mode, "-n", 10, "--known-hosts", known, inventory=INVENTORY,
                              limit_s=RUN_LIMIT_S)
        return done[mode]
    return outcome


@pytest.fixture(scope="module")
def listed():
    """The inventory's devices."""
    return yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))["devices"]


def like(listed, name, **more):
    """A device of the lab, without what its groups say."""
    device = {"host": listed[name]["host"], "port": listed[name]["port"], "platform": "linux",
              "username": "lab", "password": "lab", "commands": ["echo first; echo second"]}
    return {name: {**device, **more}}


def container(name):
    for line in (LAB / "targets").read_text(encoding="utf-8").splitlines():
        target, identity, *_ = line.split()
        if target == name:
            return identity
    raise AssertionError(f"{name} is not a target of the lab")


def run(*argv, limit_s=30):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=limit_s, check=False)


def inside(name, command):
    return run("docker", "exec", container(name), *command)


@pytest.mark.parametrize("mode", MODES)
def test_all_devices_answer(mode, outcomes, listed):
    outcome = outcomes(mode)
    failed = {name: record["error"] for name, record in outcome.records.items()
              if record["status"] != "ok"}
    assert not failed, failed
    assert outcome.code == 0
    assert set(outcome.records) == set(listed)
    for record in outcome.record_list:
        check_record(record)


@pytest.mark.parametrize("mode", MODES[1:])
def test_the_same_devices_and_commands_in_every_mode(mode, outcomes):
    def shape(outcome):
        return {name: [(command["command"], command["status"], command["proofs"])
                       for command in record["commands"]]
                for name, record in outcome.records.items()}
    assert shape(outcomes(mode)) == shape(outcomes("sequential"))


def test_host_keys_are_known(listed):
    """lab-up takes them out of the containers, and those are the keys that the targets show."""
    outcome = poll("--host-key", "strict", inventory=INVENTORY, limit_s=RUN_LIMIT_S)
    assert outcome.code == 0, outcome
    assert set(outcome.records) == set(listed)


def test_old_algorithms(inventory, listed):
    outcome = poll(inventory=inventory(like(listed, "old1", legacy=True)))
    record = outcome.records["old1"]
    assert record["status"] == "ok", record["error"]
    assert record["commands"][0]["output"] == "first\nsecond\n"


def test_old_algorithms_without_legacy(inventory, listed):
    """The sentence has what the device offers, what poller offers, and what to do."""
    outcome = poll(inventory=inventory(like(listed, "old1")))
    record = outcome.records["old1"]
    assert (outcome.code, record["status"], record["class"]) == (4, "failed", "kex")
    assert "diffie-hellman-group14-sha1" in record["error"]
    assert "curve25519-sha256" in record["error"]
    assert "legacy: true" in record["error"]
    assert [command["output"] for command in record["commands"]] == [None]


@pytest.mark.parametrize("more", ({}, {"auth": "keyboard-interactive"}))
def test_keyboard_interactive_only(more, inventory, listed):
    outcome = poll(inventory=inventory(like(listed, "keyboard1", **more)))
    record = outcome.records["keyboard1"]
    assert record["status"] == "ok", record["error"]
    assert record["commands"][0]["output"] == "first\nsecond\n"


def test_keyboard_interactive_is_the_only_way(listed):
    """Else the test above proves nothing. OpenSSH tells what it was offered."""
    refused = run(*SSH, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                  "-p", str(listed["keyboard1"]["port"]), "127.0.0.1", "true")
    assert refused.returncode == 255
    assert "Permission denied (keyboard-interactive)." in refused.stderr


def test_keyboard_interactive_refuses_a_wrong_password(inventory, listed):
    outcome = poll(inventory=inventory(like(listed, "keyboard1", password="not-this-one")))
    assert outcome.records["keyboard1"]["class"] == "auth"
    assert "not-this-one" not in outcome.text + outcome.out.decode()


def test_the_jump_host_leads_to_the_hidden_target(listed):
    assert "jump" in listed and "hidden" not in listed
    there = run(*SSH, "-J", "jump", "hidden", "hostname")
    assert (there.returncode, there.stdout) == (0, "hidden\n"), there.stderr
    # nothing is sent in, so the target says its line and the end of input ends it
    line = run(*SSH, "-W", "hidden:22", "jump")
    assert line.stdout.startswith("SSH-2.0-OpenSSH"), line


def test_the_hidden_target_has_no_other_way_in():
    """Asked from the containers: its address is not for this machine to try."""
    found = inside("jump", ["getent", "hosts", "hidden"])
    assert found.returncode == 0, found
    address = found.stdout.split()[0]
    ask = ["timeout", "3", "bash", "-c", f"read -r line < /dev/tcp/{address}/22; echo \"$line\""]
    assert inside("jump", ask).stdout.startswith("SSH-2.0-")
    for other in ("linux1", "router1", "dropbear1"):
        answer = inside(other, ask)
        assert "SSH-" not in answer.stdout, f"{other} reaches it"
        assert inside(other, ["getent", "hosts", "hidden"]).returncode != 0
    form = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}{{.NetworkSettings.Ports}}"
    found = run("docker", "ps", "-q", "--filter", "label=com.docker.compose.service=hidden",
                "--filter", "label=com.docker.compose.project=poller-lab")
    placed = run("docker", "inspect", "-f", form, found.stdout.strip())
    assert placed.stdout.strip() == "poller-lab_inner map[]", placed


def test_simulated_devices_answer(listed):
    names = {name for name, device in listed.items() if "simulator" in device["groups"]}
    if not names:
        pytest.skip("the lab runs without the simulator: build/poller-lab was missing")
    outcome = poll("-l", "simulator", inventory=INVENTORY)
    assert outcome.code == 0, outcome
    assert set(outcome.records) == names and len(names) == 10
    for record in outcome.record_list:
        assert record["status"] == "ok" and record["commands"], record["error"]
