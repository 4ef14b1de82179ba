"""Many at once: ten thousand sessions, a worker that is killed among ten thousand devices, and what
no machine could bear is refused before it begins."""

import json
import os
import re
import resource
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from lab_sim import Sim
from poller_run import BINARY, arguments, environment

# It is all that a machine can do.
pytestmark = pytest.mark.alone

SLOWER = 4 if {"san", "tsan"} & set(Path(BINARY).parts) else 1
MANY = 10000 // SLOWER
LIMIT_S = 300 * SLOWER
# A busy machine is no device's failure.
PATIENT = ("--host-key", "off", "--no-progress", "-t", 120, "--timeout", 120)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    place = tmp_path_factory.mktemp("fleet")
    with Sim("--devices", MANY, "--think", "50ms", directory=place) as sim:
        yield sim, sim.inventory("--command", "show clock")


def run(inventory, directory, *options, descriptors=None, space=None, meanwhile=None):
    """The finished process, its records and what it said. meanwhile is called with the process and
    the file of its records."""
    def limit():
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        if space:
            resource.setrlimit(resource.RLIMIT_AS, (space, space))
    out, said = directory / "records.jsonl", directory / "said"
    with open(out, "wb") as to, open(said, "wb") as errors:
        process = subprocess.Popen(arguments((*options, *PATIENT), inventory), stdout=to,
                                   stderr=errors, stdin=subprocess.DEVNULL, env=environment(),
                                   preexec_fn=limit)
        try:
            if meanwhile:
                meanwhile(process, out)
            process.wait(LIMIT_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    text = said.read_text(encoding="utf-8")
    return process.returncode, [json.loads(line) for line in out.open(encoding="utf-8")], text


def workers_of(process):
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def each_once(records, devices):
    counts = Counter(record["device"] for record in records)
    assert len(counts) == devices, f"{devices - len(counts)} devices have no record"
    assert not [name for name, n in counts.items() if n > 1]


# Mode, options, and how many devices one of its workers has at most: those that it visits, and in a
# loop as many again that log out.
KILLED = {
    "events": (("-m", "events", "-n", 1000, "--shards", 2), 2 * 500),
    "processes": (("-m", "processes", "-n", 40), 1),
    "hybrid": (("-m", "hybrid", "-n", 200, "--processes", 4), 50),
}


@pytest.mark.parametrize("mode", KILLED)
def test_a_killed_worker_costs_its_current_devices_alone(fleet, tmp_path, mode):
    options, most = KILLED[mode]
    victims = []

    def kill_one(process, out):
        while process.poll() is None and out.read_bytes().count(b"\n") < MANY // 3:
            time.sleep(0.05)
        victims.append(workers_of(process)[0])
        os.kill(victims[0], signal.SIGKILL)
    code, records, said = run(fleet[1], tmp_path, *options, meanwhile=kill_one)
    each_once(records, MANY)
    lost = [record for record in records if record["class"] == "worker_lost"]
    failed = Counter(record["class"] for record in records if record["status"] != "ok")
    assert set(failed) <= {"worker_lost"}, failed
    assert len(lost) <= most
    assert len(lost) > 0 or mode == "processes", "it was killed while it had devices"
    assert len({record["process"] for record in lost}) <= 1
    assert all("killed by signal 9" in record["error"] for record in lost)
    assert code == (1 if lost else 0), said


def need_descriptors(n):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < n:
        pytest.skip(f"ten thousand sessions need {n} descriptors, and this machine gives {hard}")


@pytest.mark.parametrize("shards", (("--shards", 1), ()), ids=("one loop", "default"))
def test_ten_thousand_are_open_at_once(tmp_path, shards):
    need_descriptors(20000)
    think = 15 * SLOWER
    with Sim("--devices", MANY, "--think", f"{think}s", directory=tmp_path) as sim:
        inventory = sim.inventory("--command", "show clock")
        code, records, said = run(inventory, tmp_path, "-m", "events", "-n", MANY, *shards)
        seen = sim.stop()
    each_once(records, MANY)
    assert code == 0, said
    # Nobody has his answer before the first is through with thinking.
    assert seen["logins"]["most"] > MANY * 0.9, seen["logins"]


NEEDS = re.compile(r"-n (\d+) in mode \w+(?:: each of its \d+ processes)? needs (\d+) descriptors and the limit is (\d+): use "
                   r"-n (\d+), or raise the limit")
LIMITED = {
    "one loop": ("-m", "events", "--shards", 1),
    "events": ("-m", "events"),
    "threads": ("-m", "threads"),
    "processes": ("-m", "processes"),
    "hybrid": ("-m", "hybrid", "--processes", 2),
}


@pytest.mark.parametrize("mode", LIMITED)
def test_the_greatest_number_that_fits_is_told_and_fits(fleet, tmp_path, mode):
    limit = 300
    code, records, said = run(fleet[1], tmp_path, *LIMITED[mode], "-n", MANY, descriptors=limit)
    assert code == 2 and not records, said
    asked, need, had, most = (int(number) for number in NEEDS.search(said).groups())
    assert asked == MANY and had == limit and need > limit and 1 < most < MANY
    assert ("each of its 2 processes needs" in said) == (mode == "hybrid") or mode == "events", said
    code, records, said = run(fleet[1], tmp_path, *LIMITED[mode], "-n", most + 1,
                              descriptors=limit)
    assert code == 2 and not records and int(NEEDS.search(said)[4]) == most, said
    code, records, said = run(fleet[1], tmp_path, *LIMITED[mode], "-n", most, "-l", "sw-?,sw-??,"
                              "sw-???", descriptors=limit)
    assert code == 0, said
    each_once(records, 999)


def test_no_number_fits_where_there_is_no_room_at_all(fleet, tmp_path):
    code, records, said = run(fleet[1], tmp_path, "-m", "threads", "-n", 5, descriptors=60)
    assert code == 2 and not records
    assert "limit is 60: raise the limit" in said and "use -n" not in said


def test_more_loops_than_cores_are_noted_once(fleet, tmp_path):
    cores = len(os.sched_getaffinity(0))
    few = ("-l", "sw-?,sw-??", "-m", "events", "-n", 90)
    code, records, said = run(fleet[1], tmp_path, *few, "--shards", cores + 1)
    assert code == 0, said
    each_once(records, 99)
    assert said.count(f"--shards {cores + 1}: more loops than") == 1
    assert len({record["process"] for record in records}) > 1
    code, _, said = run(fleet[1], tmp_path, *few, "--shards", 1)
    assert code == 0 and "more loops" not in said


@pytest.mark.parametrize("megabytes", [60, 100, 160])
def test_threads_leave_memory_for_their_visits(tmp_path, megabytes):
    """With a limit of address space fewer threads are started, and no device pays for it."""
    with Sim("--devices", 200, "--think", "100ms", directory=tmp_path) as sim:
        code, records, text = run(sim.inventory(), tmp_path, "-m", "threads", "-n", 200,
                                  space=megabytes << 20)
    assert code == 0 and len(records) == 200, text
    assert re.search(r"only \d+ of 200 threads could be started \(Cannot allocate memory\)", text), text
