"""Interrupts, killed workers, killed parents: every record is written and no process stays."""

import os
import signal
import time

import lab_processes
import pytest
from conftest import router
from poller_run import MODES, check_record, finish, start

WORKER_MODES = ("processes", "hybrid")


def wait_until(condition, process=None, seconds=10.0):
    """Waits for it; gives up at once where the run it depends on has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        if process is not None and process.poll() is not None:
            pytest.fail(f"the run ended too early: {finish(process)}")
        time.sleep(0.02)
    if process is not None:
        process.kill()
        pytest.fail(f"this did not come to pass in time: {finish(process)}")
    pytest.fail("this did not come to pass in time")


def stuck_devices(fake, count):
    device = fake("silent_command")
    return device, {f"r{number}": router(device) for number in range(count)}


@pytest.mark.parametrize("mode", MODES)
def test_interrupt_writes_every_record(mode, fake, inventory):
    device, devices = stuck_devices(fake, 6)
    process = start("-m", mode, "-n", 3, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: "show version" in device.lines, process)
    sent = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: to the workers too
    outcome = finish(process, 10)
    assert time.monotonic() - sent < 5.0
    assert outcome.code == 130, outcome
    assert len(outcome.records) == 6
    for record in outcome.record_list:
        check_record(record)
        assert record["class"] == "cancelled", record


@pytest.mark.parametrize("mode", MODES)
def test_terminate_ends_it_too(mode, fake, inventory):
    device, devices = stuck_devices(fake, 3)
    process = start("-m", mode, "-n", 3, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: "show version" in device.lines, process)
    process.send_signal(signal.SIGTERM)
    outcome = finish(process, 10)
    assert outcome.code != 0
    assert len(outcome.records) == 3


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_terminal_ends_it_in_order(mode, fake, inventory):
    """Twice, as the shell and the kernel send it: the second is no wish to leave at once."""
    device, devices = stuck_devices(fake, 6)
    process = start("-m", mode, "-n", 3, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: "show version" in device.lines, process)
    os.killpg(process.pid, signal.SIGHUP)
    os.killpg(process.pid, signal.SIGHUP)
    outcome = finish(process, 10)
    assert outcome.code == 130, outcome
    assert len(outcome.records) == 6, outcome
    begun = 1 if mode == "sequential" else 3
    said = f"6 devices: 0 ok, {begun} failed (cancelled {begun}), {6 - begun} not visited"
    assert said in outcome.text, outcome


def test_nohup_outlives_its_terminal(fake, inventory):
    device, devices = stuck_devices(fake, 2)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN) # a program inherits this
    try:
        process = start("-n", 2, "--timeout", 1, inventory=inventory(devices))
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_until(lambda: "show version" in device.lines, process)
    os.killpg(process.pid, signal.SIGHUP)
    outcome = finish(process, 10)
    assert {record["class"] for record in outcome.records.values()} == {"silence"}, outcome


@pytest.mark.parametrize("mode", ["threads", "processes", "events"])
def test_second_interrupt_leaves_at_once(mode, fake, inventory):
    device, devices = stuck_devices(fake, 4)
    process = start("-m", mode, "-n", 4, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: "show version" in device.lines, process)
    family = lab_processes.descendants([process.pid])
    started = {pid: lab_processes.start_time(pid) for pid in family}
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    outcome = finish(process, 10)
    assert time.monotonic() - sent < 2.0
    assert outcome.code in (130, -signal.SIGINT), outcome
    wait_until(lambda: not any(lab_processes.start_time(pid) == at for pid, at in started.items()))


@pytest.mark.parametrize("mode", WORKER_MODES)
def test_killed_worker_costs_its_devices_only(mode, fake, inventory, lab):
    """The stuck device comes first, and the worker that holds it is the one that is killed."""
    device = fake("silent_command")
    commands = ["show clock", "show users", "show version", "show privilege"]
    devices = {"stuck": router(device, commands=commands)}
    devices.update({f"well{number}": lab.by_key("ssh1") for number in range(4)})
    options = ["-n", 1] if mode == "processes" else ["-n", 1, "--processes", 1]
    process = start("-m", mode, *options, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: "show version" in device.lines, process)
    workers = sorted(lab_processes.descendants([process.pid]))
    assert workers, "this mode should have worker processes"
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    outcome = finish(process, 30)
    records = outcome.records
    assert records["stuck"]["class"] == "worker_lost", outcome
    check_record(records["stuck"])
    first, second, third, fourth = records["stuck"]["commands"]
    assert first["status"] is not None and first["output"], "what had come is kept"
    # An output without digits behind it is settled for now until the next one is.
    assert second["status"] is None or second["output"]
    assert third["status"] is None and fourth["status"] is None
    assert all(records[f"well{number}"]["status"] == "ok" for number in range(4)), outcome
    assert outcome.code == 1


@pytest.mark.parametrize("mode", WORKER_MODES)
def test_killed_parent_leaves_no_child(mode, fake, inventory):
    device, devices = stuck_devices(fake, 4)
    process = start("-m", mode, "-n", 4, "--timeout", 60, inventory=inventory(devices))
    wait_until(lambda: device.lines.count("show version") >= 4, process)
    family = lab_processes.descendants([process.pid])
    assert family, "this mode should have worker processes"
    started = {pid: lab_processes.start_time(pid) for pid in family}
    process.kill()
    finish(process, 10)
    wait_until(lambda: not any(lab_processes.start_time(pid) == at for pid, at in started.items()))


@pytest.mark.parametrize("mode", MODES)
def test_nothing_stays_after_a_run(mode, fake, inventory):
    process = start("-m", mode, "-n", 2, inventory=inventory({"r1": router(fake("router"))}))
    assert finish(process).code == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
