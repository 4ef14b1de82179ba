"""Every class of failure, all at once, beside devices that are well: one run per mode."""

import socket

import pytest
from conftest import router
from poller_run import CLASSES, check_record, poll, write_inventory

DEADLINES = ("-t", "4", "--timeout", "3", "--total-timeout", "8")
CONCURRENT_MODES = ("threads", "processes", "hybrid", "events")
ANY = CLASSES - {"internal", "cancelled", "worker_lost", "hostkey_changed", "hostkey_unknown"}

# scenario: the classes that tell the truth about it. More than one where the protocol leaves open
# what was seen first.
SSH_FAULTS = {
    "refused": {"refused"},
    "deaf": {"connect_timeout"},
    "never_answers": {"connect_timeout"},
    "closes_at_once": {"not_ssh", "peer_closed"},
    "not_ssh": {"not_ssh"},
    "not_ssh_stays": {"not_ssh", "connect_timeout"},
    "ssh1_only": {"not_ssh", "kex"},
    "lines_before_banner": {"not_ssh", "connect_timeout"},
    "banner_stall": {"connect_timeout"},
    "banner_drip": {"connect_timeout"},
    "banner_garbage": {"kex", "not_ssh", "peer_closed"},
    "huge_packet": {"kex", "not_ssh", "peer_closed", "connect_timeout"},
    "no_common_kex": {"kex"},
    "disconnects": {"peer_closed", "no_session", "kex"},
    "closes_after_banner": {"peer_closed", "kex"},
}
TELNET_FAULTS = {
    "refused": {"refused"},
    "deaf": {"connect_timeout"},
    "never_answers": {"silence"},
    "closes_at_once": {"peer_closed"},
    "no_login_prompt": {"login_prompt"},
    "no_free_line": {"no_session"},
    "password_refused": {"auth"},
    "enable_refused": {"enable"},
    "wrong_prompt": {"prompt"},
    "silent_after_login": {"prompt", "silence"},
    "silent_command": {"silence"},
    "half_output": {"silence"},
    "closes_mid_output": {"peer_closed"},
    "endless_output": {"too_much_output"},
    "drip": {"total_timeout"},
    "question": {"prompt"},
    "negotiates_for_ever": ANY,
    "compression_bomb": ANY,
}
# these are well, and must stay so whatever happens beside them
ROUTERS_THAT_ARE_WELL = ("router", "stubborn_pager", "false_prompt", "clock_prompt",
                         "late_log_line", "banner_prompt", "split_bytes", "dirty_output")


def name_answer():
    """What looking up a name under .invalid must come to (RFC 6761: it never exists)."""
    try:
        socket.getaddrinfo("poller-e2e.invalid", 22)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            return {"dns"}
    return {"dns", "connect_timeout"}  # no name server answers here


def real_faults(lab):
    """Faults of real servers: entries and classes."""
    stranger = lab.by_key("ssh2", key_file=str(lab.stranger_key))
    wrong = lab.by_key("ssh3", commands=["echo well", "nosuchcommand_1", "echo after"])
    faults = {"real_auth": (stranger, {"auth"}), "real_command_error": (wrong, {"command_error"}),
              "dns": ({**stranger, "host": "poller-e2e.invalid", "port": 22}, name_answer())}
    if "vty_strict" not in lab.missing:
        faults["real_enable"] = (lab.vty("vty_strict", privilege="privileged_exec"), {"enable"})
        faults["real_vty_error"] = (lab.vty("vty_strict", secret="another-secret",
                                            commands=["show vresion"]), {"command_error"})
    return faults


def fake_faults(open_fake):
    entries, expected = {}, {}
    for scenario, classes in SSH_FAULTS.items():
        device = open_fake(scenario)
        entries[f"ssh_{scenario}"] = {
            "host": device.host, "port": device.port, "platform": "linux", "username": "lab",
            "password": "lab", "commands": ["true"]}
        expected[f"ssh_{scenario}"] = classes
    for scenario, classes in TELNET_FAULTS.items():
        more = {"privilege": "privileged_exec"} if scenario == "enable_refused" else {}
        entries[f"telnet_{scenario}"] = router(open_fake(scenario), **more)
        expected[f"telnet_{scenario}"] = classes
    return entries, expected


@pytest.fixture(scope="module")
def open_fake():
    """Fake devices that live as long as the module; each serves every mode's run."""
    from fake_device import DeafPort, FakeDevice, RefusedPort
    opened = []

    def make(scenario):
        kinds = {"refused": RefusedPort, "deaf": DeafPort}
        device = kinds[scenario]() if scenario in kinds else FakeDevice(scenario)
        opened.append(device)
        return device
    yield make
    for device in opened:
        device.close()


@pytest.fixture(scope="module")
def plan(lab, open_fake):
    """All entries, and the classes each may end in: an empty set where it must be well."""
    entries, expected = fake_faults(open_fake)
    for name, (entry, classes) in real_faults(lab).items():
        entries[name], expected[name] = entry, classes
    for scenario in ROUTERS_THAT_ARE_WELL:
        entries[f"well_{scenario}"] = router(open_fake(scenario))
    entries["well_ssh"] = lab.by_key("ssh1")
    for name in entries:
        expected.setdefault(name, set())
    return entries, expected


@pytest.fixture(scope="module")
def outcomes(plan, tmp_path_factory):
    done = {}

    def outcome(mode):
        if mode not in done:
            path = write_inventory(tmp_path_factory.mktemp(mode), plan[0])
            done[mode] = poll("-m", mode, "-n", 60, *DEADLINES, inventory=path)
        return done[mode]
    return outcome


NAMES = ([f"ssh_{name}" for name in SSH_FAULTS] + [f"telnet_{name}" for name in TELNET_FAULTS]
         + ["dns", "real_auth", "real_command_error", "real_enable", "real_vty_error", "well_ssh"]
         + [f"well_{name}" for name in ROUTERS_THAT_ARE_WELL])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_class(mode, name, plan, outcomes):
    if name not in plan[0]:
        pytest.skip("no FRR on this machine")
    outcome = outcomes(mode)
    assert name in outcome.records, outcome
    record = outcome.records[name]
    check_record(record)
    allowed = plan[1][name]
    if not allowed:
        assert record["status"] == "ok", f"{record['class']}: {record['error']}"
    else:
        assert record["class"] in allowed, f"{record['class']}: {record['error']}"


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_exit_code_and_end(mode, outcomes, plan):
    outcome = outcomes(mode)
    assert outcome.code == 4, outcome  # unreachable wins over timeouts and command errors
    assert len(outcome.record_list) == len(plan[0])


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_phases_never_reached_are_null(mode, outcomes):
    records = outcomes(mode).records
    timing = records["ssh_refused"]["timing_ms"]
    assert all(timing[phase] is None for phase in ("kex", "auth", "ready", "commands"))
    assert records["telnet_wrong_prompt"]["timing_ms"]["ready"] is None
    assert records["ssh_refused"]["host_key"] is None


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_sentences(mode, outcomes):
    records = outcomes(mode).records
    kex = records["ssh_no_common_kex"]["error"]
    assert "lab-kex-1@example.invalid" in kex and "curve25519-sha256" in kex
    assert "Too many connections" in records["ssh_disconnects"]["error"]
    assert "Proceed with reload? [confirm]" in records["telnet_question"]["error"]
    assert "Your choice, please?" in records["telnet_wrong_prompt"]["error"]
    for name, record in records.items():
        if record["error"]:
            assert record["error"].startswith(f"{name}: "), record["error"]


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_whole_outputs(mode, outcomes):
    """36 lines, from devices that make it hard to know when an output ends."""
    records = outcomes(mode).records
    for scenario in ("router", "stubborn_pager", "false_prompt", "clock_prompt", "banner_prompt"):
        output = records[f"well_{scenario}"]["commands"][0]["output"]
        lines = [line for line in output.splitlines() if line.startswith("line ")]
        assert [int(line[5:7]) for line in lines if line[5:7].isdigit()][-1] == 36, scenario
        wanted = 36 if scenario != "false_prompt" else 37
        assert len(output.rstrip("\n").splitlines()) == wanted, scenario
        assert "--More--" not in output and "\b" not in output
    assert "is what a prompt looks like here" in records["well_false_prompt"]["commands"][0]["output"]
    assert "line 36" in records["well_late_log_line"]["commands"][0]["output"]
    assert "nudge" in records["well_late_log_line"]["commands"][0]["proofs"]
    assert "pattern" in records["well_clock_prompt"]["commands"][0]["proofs"]


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_dirty_bytes_are_cleaned(mode, outcomes):
    output = outcomes(mode).records["well_dirty_output"]["commands"][0]["output"]
    lines = output.splitlines()
    assert lines[0] == "red and plain"
    assert "\ufffd" in lines[1] and lines[1].endswith("here")
    assert lines[2] == "overstruck"
    assert lines[3].startswith("nul") and lines[3].endswith("here")


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_partial_output_is_kept_and_marked(mode, outcomes):
    for name in ("telnet_half_output", "telnet_closes_mid_output"):
        command = outcomes(mode).records[name]["commands"][0]
        assert command["status"] == "failed"
        assert command["class"] == "truncated", name
        assert "line 18" in command["output"]


@pytest.mark.parametrize("mode", CONCURRENT_MODES)
def test_commands_after_an_error_still_run(mode, outcomes):
    commands = outcomes(mode).records["real_command_error"]["commands"]
    assert [command["status"] for command in commands] == ["ok", "failed", "ok"]
    assert commands[2]["output"].strip() == "after"


def test_commands_after_silence_are_listed_with_null(fake, inventory):
    path = inventory({"r1": router(fake("silent_command"), commands=["show version", "show clock"])})
    outcome = poll("--timeout", 1, inventory=path)
    record = outcome.records["r1"]
    assert (outcome.code, record["class"]) == (3, "silence")
    assert [command["status"] for command in record["commands"]] == ["failed", None]


def test_sequential_goes_on_after_failures(fake, inventory, lab):
    path = inventory({"a": router(fake("refused")), "b": router(fake("silent_command")),
                      "c": router(fake("closes_mid_output")), "d": lab.by_key("ssh1")})
    outcome = poll("-m", "sequential", "--timeout", 1, inventory=path)
    assert [record["class"] for record in outcome.record_list] == [
        "refused", "silence", "peer_closed", None]


@pytest.mark.parametrize("scenario, code", [("refused", 4), ("silent_command", 3),
                                            ("closes_mid_output", 5), ("closes_at_once", 4),
                                            ("password_refused", 4), ("router", 0)])
def test_exit_code_of_one(scenario, code, fake, inventory):
    outcome = poll("--timeout", 1, inventory=inventory({"r1": router(fake(scenario))}))
    assert outcome.code == code, outcome


def test_exit_zero(fake, inventory):
    path = inventory({"r1": router(fake("refused"))})
    outcome = poll("--exit-zero", inventory=path)
    assert outcome.code == 0 and outcome.records["r1"]["class"] == "refused"


def test_refused_password_is_not_tried_again(fake, inventory):
    device = fake("password_refused")
    outcome = poll("-t", 5, inventory=inventory({"r1": router(device)}))
    assert outcome.records["r1"]["class"] == "auth"
    assert device.lines.count("lab") <= 2, device.lines  # the name and the password, once
    assert device.connections == 1


def test_wrong_passwords_over_ssh(lab, inventory):
    path = inventory({"password": lab.by_password("ssh1", password="wrong"),
                      "keyboard": lab.by_password("keyboard", password="wrong")})
    outcome = poll(inventory=path)
    assert {record["class"] for record in outcome.record_list} == {"auth"}
    assert outcome.code == 4
    assert b"wrong" not in outcome.out and "wrong" not in outcome.text
