"""Every mode on every kind of real server: the same devices, the same outputs."""

import json

import pytest
from conftest import PASSPHRASE
from poller_run import MODES, RUN_KEYS, check_record, poll, write_inventory

KINDS = ("key", "shell", "password", "keyboard", "passphrase", "agent", "exec", "rsa_host_key", "dropbear",
         "vty", "telnetd")
SEQ = "".join(f"{number}\n" for number in range(1, 201))


def entry(kind, lab):
    """The inventory's entry, or a skip with the reason."""
    if kind == "key":
        return lab.by_key("ssh1")
    if kind == "shell":
        return lab.by_key("ssh1", exec=False)
    if kind == "password":
        return lab.by_password("ssh1", exec=False)
    if kind == "keyboard":
        return lab.by_password("keyboard")
    if kind == "passphrase":
        return lab.by_key("ssh2", key_file=str(lab.locked_key), passphrase=PASSPHRASE)
    if kind == "agent":
        device = lab.by_key("ssh2", auth="agent")
        del device["key_file"]
        return device
    if kind == "exec":
        return lab.by_key("ssh3", exec=True)
    if kind == "rsa_host_key":
        # a file of its own: the other devices know the same server by its Ed25519 key
        return lab.by_key("ssh1", hostkeys="rsa-sha2-512,rsa-sha2-256",
                          known_hosts=str(lab.lab.directory / "known_rsa"))
    if kind == "dropbear":
        return lab.by_key("dropbear1")
    if kind == "vty":
        return lab.vty("vty1")
    return lab.telnetd()


@pytest.fixture(scope="session")
def devices(lab, agent):
    """Entries by kind; the reason, in place of one, where it cannot be had."""
    made = {}
    for kind in KINDS:
        try:
            made[kind] = entry(kind, lab)
        except pytest.skip.Exception as reason:
            made[kind] = str(reason)
    return made


@pytest.fixture(scope="session")
def outcomes(devices, agent, tmp_path_factory):
    """One run per mode over all devices at once, made when first asked for."""
    done = {}
    present = {kind: device for kind, device in devices.items() if isinstance(device, dict)}

    def outcome(mode):
        if mode not in done:
            place = tmp_path_factory.mktemp(mode)
            path = write_inventory(place, present)
            more = ["--processes", 2] if mode == "hybrid" else []
            done[mode] = poll("-m", mode, "-n", 6, *more, inventory=path, SSH_AUTH_SOCK=agent)
        return done[mode]
    return outcome


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", MODES)
def test_kind_in_mode(mode, kind, devices, outcomes):
    if isinstance(devices[kind], str):
        pytest.skip(devices[kind])
    outcome = outcomes(mode)
    assert kind in outcome.records, outcome
    record = outcome.records[kind]
    assert record["status"] == "ok", record["error"]
    assert record["mode"] == mode
    check_record(record)
    outputs = [command["output"].rstrip("\n") + "\n" for command in record["commands"]]
    if kind == "vty":
        assert "FRRouting" in outputs[0]
    else:
        assert outputs[0] == "first\nsecond\n"
        assert outputs[1:] in ([], [SEQ])


@pytest.mark.parametrize("mode", MODES)
def test_run_of_mode(mode, outcomes, devices):
    outcome = outcomes(mode)
    assert outcome.code == 0, outcome
    slots = 1 if mode == "sequential" else 6
    assert all(0 <= record["worker"] < slots for record in outcome.record_list)
    assert len({record["run_id"] for record in outcome.record_list}) == 1
    assert "devices:" in outcome.text and mode in outcome.text


@pytest.mark.parametrize("mode", MODES[1:])
def test_outputs_are_the_same_in_every_mode(mode, outcomes):
    # telnetd may close before it echoes the log-out: whether that echo is seen is a race of its own.
    def proofs(record, i):
        last = record["transport"] == "telnet" and i == len(record["commands"]) - 1
        return [p for p in record["commands"][i]["proofs"] if not last or p in ("echo", "prompt")]

    def outputs(outcome):
        return {name: [(command["command"], command["status"], command["output"],
                        command["bytes"], proofs(record, i))
                       for i, command in enumerate(record["commands"])]
                for name, record in outcome.records.items()}
    assert outputs(outcomes(mode)) == outputs(outcomes("sequential"))


@pytest.mark.parametrize("mode", MODES)
def test_host_key_is_recorded(mode, outcomes):
    for record in outcomes(mode).record_list:
        if record["transport"] == "ssh":
            assert record["host_key"].startswith("SHA256:")
            assert record["timing_ms"]["kex"] is not None


def test_proofs_of_a_shell_and_of_exec(outcomes, devices):
    records = outcomes("threads").records
    for kind in ("shell", "vty"):
        if kind in records:
            for command in records[kind]["commands"]:
                assert {"echo", "prompt"} <= set(command["proofs"]), kind
    assert "exit_status" in records["exec"]["commands"][0]["proofs"]


def test_run_object(lab, tmp_path):
    path = write_inventory(tmp_path, {"a": lab.by_key("ssh1"), "b": lab.by_key("ssh2")})
    outcome = poll("-n", 2, inventory=path, output="json")
    document = json.loads(outcome.out)
    assert {"results", "run"} <= set(document)
    assert len(document["results"]) == 2
    for record in document["results"]:
        check_record(record)
    run = document["run"]
    assert RUN_KEYS <= set(run), RUN_KEYS - set(run)
    assert (run["devices"], run["ok"], run["failed"], run["classes"]) == (2, 2, 0, {})
    assert {"p50", "p95", "p99", "max", "slowest"} <= set(run["device_ms"])
    assert {"user", "system"} <= set(run["cpu_ms"])
