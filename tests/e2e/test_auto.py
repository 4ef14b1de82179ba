"""-n auto: it grows where that does good, gives way where it does not, and says what it did."""

import json
import re
import resource
import subprocess

import pytest
from lab_sim import Sim
from poller_run import MODES, arguments, environment, poll, scalar, write_inventory

# How many at once do good is up to what else the machine does.
pytestmark = pytest.mark.alone

DEVICES = 240
MANY = [mode for mode in MODES if mode != "sequential"]
MOST = {"threads": 300, "processes": 64, "hybrid": 300, "events": 5000}
LINE = re.compile(r"^auto: (\d+)(?: to (\d+))? at once(?:, (\d+) at the end)?(?: \((.+)\))?"
                  r"(?: \| held back: (.+))?$", re.M)
KEYS = {"start", "most", "final", "grew", "backed_off", "groups", "groups_left_out"}
COMMAND = "show clock"


def device(port, address="127.1.0.1", **more):
    return {"host": address, "port": port, "username": "admin", "password": "admin",
            "platform": "cisco_ios", "commands": [COMMAND], **more}


@pytest.fixture(scope="module")
def waiting(tmp_path_factory):
    """Devices that do nothing but wait: an inventory of them."""
    directory = tmp_path_factory.mktemp("sim")
    with Sim("--devices", DEVICES, "--think", "300ms", "--rtt", "20ms", directory=directory) as sim:
        yield sim.inventory()


def run_of(inventory, *options):
    outcome = poll(*options, "--host-key", "off", inventory=inventory, output="json")
    return json.loads(outcome.out)["run"], outcome


@pytest.mark.parametrize("mode", MANY)
def test_it_grows_where_devices_only_wait(mode, waiting):
    run, outcome = run_of(waiting, "-m", mode)
    chosen = run["auto"]
    assert run["ok"] == DEVICES and outcome.code == 0, outcome
    assert set(chosen) == KEYS
    assert chosen["start"] == 20
    assert 20 < run["workers"] == chosen["most"] <= min(MOST[mode], DEVICES)
    assert chosen["grew"] >= 1
    assert chosen["groups"] == {}, "one group says nothing that the run does not"
    assert f"| {mode}, auto (at most {run['workers']} at once)\n" in outcome.text
    found = LINE.search(outcome.text)
    assert found and found.group(1, 2) == ("20", str(run["workers"])), outcome
    assert "grew" in found.group(4)


@pytest.mark.parametrize("mode", ["threads", "events"])
def test_it_is_faster_than_where_it_starts(mode, waiting):
    found, _ = run_of(waiting, "-m", mode, "-n", "auto")
    twenty, _ = run_of(waiting, "-m", mode, "-n", 20)
    assert twenty["auto"] is None and twenty["workers"] == 20
    assert found["elapsed_ms"] < 0.6 * twenty["elapsed_ms"]


def test_one_after_another_is_one(waiting):
    run, outcome = run_of(waiting, "-m", "sequential", "-l", "sw-1,sw-2")
    assert run["workers"] == 1 and run["auto"] is None
    assert "| sequential, 1 worker\n" in outcome.text and not LINE.search(outcome.text)


def test_a_handful_is_visited_at_once_and_is_no_news(waiting):
    run, outcome = run_of(waiting, "-l", "sw-1,sw-2,sw-3")
    assert 1 <= run["workers"] <= 3 and run["auto"]["start"] == 3
    assert f"| threads, auto (at most {run['workers']} at once)\n" in outcome.text
    assert not LINE.search(outcome.text)


def test_the_plan_says_auto(waiting):
    assert "| threads, auto | nothing was connected to" in poll("--check", inventory=waiting).text


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))


def test_it_keeps_to_the_descriptors_there_are(waiting):
    """Where 300 threads would need a thousand."""
    argv = arguments(["--host-key", "off"], waiting, "json")
    done = subprocess.run(argv, capture_output=True, timeout=120, check=False, env=environment(),
                          stdin=subprocess.DEVNULL, preexec_fn=few_descriptors)
    run = json.loads(done.stdout)["run"]
    assert run["ok"] == DEVICES, done.stderr
    assert 20 <= run["workers"] < 50


def poll_with_limit(inventory, limit, *options):
    argv = arguments(["--host-key", "off", *options], inventory, "json")
    return subprocess.run(argv, capture_output=True, timeout=120, check=False, env=environment(),
                          stdin=subprocess.DEVNULL, text=True, preexec_fn=lambda:
                          resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))


@pytest.mark.parametrize("mode", MODES)
def test_only_where_no_device_fits_it_is_refused(waiting, mode):
    """And nothing is said of a number that nobody gave."""
    refused = poll_with_limit(waiting, 20, "-m", mode)
    assert refused.returncode == 2 and "-n" not in refused.stderr, refused.stderr
    said = f"mode {mode} needs "
    least = int(refused.stderr.split(said)[1].split()[0])
    assert f"{said}{least} descriptors to visit one device at a time and the limit is 20: raise the " \
        "limit (ulimit -Hn)" in refused.stderr
    assert poll_with_limit(waiting, least - 1, "-m", mode).returncode == 2
    one = poll_with_limit(waiting, least, "-m", mode, "-l", "sw-1,sw-2")
    assert json.loads(one.stdout)["run"]["ok"] == 2, one.stderr
    assert json.loads(one.stdout)["run"]["workers"] == 1


def test_where_each_process_needs_so_many_it_is_said(waiting):
    shards = poll_with_limit(waiting, 80, "-m", "events", "--shards", "2", "-n", DEVICES)
    assert shards.returncode == 2
    assert f"-n {DEVICES} in mode events: each of its 2 processes needs " in shards.stderr
    loop = poll_with_limit(waiting, 80, "-m", "events", "--shards", "1", "-n", DEVICES)
    assert f"-n {DEVICES} in mode events needs " in loop.stderr


# --- what refuses beyond a number ---

@pytest.mark.parametrize("mode", ["threads", "processes", "events"])
def test_it_gives_way_where_lines_are_full(mode, tmp_path):
    """One device of forty lines that four hundred entries name, as a console server."""
    with Sim("--devices", 1, "--misbehave", "session_limit", "--sessions-per-device", 40, "--think",
             "300ms", "--rtt", "20ms", directory=tmp_path) as sim:
        path = write_inventory(tmp_path, {f"r{i}": device(sim.port) for i in range(400)})
        run, outcome = run_of(path, "-m", mode)
        hundred, _ = run_of(path, "-m", mode, "-n", 100)
    assert run["auto"]["backed_off"] >= 1, outcome
    assert run["auto"]["final"] <= 48
    assert run["failed"] < 100 < 200 < hundred["failed"], (run["failed"], hundred["failed"])
    assert "backed off" in LINE.search(outcome.text).group(4)


def site_inventory(directory, port):
    """Two hundred devices of a site that has room, and as many lines of one that has eight: it is
    told that a line is refused only after the next have logged in."""
    devices = {f"r{i:03}": device(port, f"127.1.0.{i + 2}", groups=["wide"]) for i in range(200)}
    devices |= {f"n{i:03}": device(port, groups=["narrow"]) for i in range(200)}
    mixed = dict(sorted(devices.items(), key=lambda item: item[0][1:]))
    path = write_inventory(directory, mixed)
    text = f"groups: {scalar({'wide': {}, 'narrow': {}})}\n"
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_a_site_that_is_full_is_held_back_alone(tmp_path):
    with Sim("--devices", 201, "--misbehave", "session_limit@127.1.0.1", "--sessions-per-device", 8,
             "--think", "300ms", "--rtt", "20ms", directory=tmp_path) as sim:
        run, outcome = run_of(site_inventory(tmp_path, sim.port))
    groups = run["auto"]["groups"]
    assert list(groups) == ["narrow", "wide"], "what backed off comes first"
    assert groups["narrow"]["backed_off"] >= 1, outcome
    assert groups["wide"]["backed_off"] == 0
    assert groups["narrow"]["final"] < 20 < groups["wide"]["most"]
    assert set(run["classes"]) == {"no_session"}, run["classes"]
    assert LINE.search(outcome.text).group(5) == f"narrow at {groups['narrow']['final']}"
