"""Never twice by accident, never lost: further attempts at devices that failed, and runs resumed."""

import json
import random
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from lab_sim import Sim
from poller_run import MODES, RUN_LIMIT_S, arguments, check_record, environment, finish, poll, start
from poller_run import write_inventory

COMMAND = "show clock"
QUICK = ("--retry-delay", "0.1")


def device(port, address="127.1.0.1", **more):
    return {"host": address, "port": port, "username": "admin", "password": "admin",
            "platform": "cisco_ios", "commands": [COMMAND], **more}


def fleet(port, n):
    return {f"r{i:03}": device(port, f"127.1.{i // 250}.{i % 250 + 1}") for i in range(n)}


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with Sim("--devices", 200, "--think", "30ms", directory=tmp_path_factory.mktemp("sim")) as one:
        yield one


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """One login a second for each device."""
    with Sim("--devices", 4, "--misbehave", "login_limit:100%",
             directory=tmp_path_factory.mktemp("limited")) as one:
        yield one


def attempts(outcome, name):
    """(attempt, class) of a device's records, as they were written."""
    return [(record["attempt"], record["class"]) for record in outcome.record_list
            if record["device"] == name]


def when_written(out, n, run=None, name="*"):
    """Waits until that many devices have a record beneath the directory of -O."""
    end = time.monotonic() + RUN_LIMIT_S
    while len(list(out.glob(f"{name}/record.json"))) < n:
        assert time.monotonic() < end, f"{n} records of {name} were never written"
        assert run is None or run.poll() is None, finish(run)
        time.sleep(0.01)


def retried(outcome):
    found = re.search(r"^(\d+) devices? needed more than one attempt$", outcome.text, re.M)
    return int(found[1]) if found else 0


class LateDoor:
    """A port that refuses until it is opened, then leads to the simulator."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []

    def open(self):
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.1.0.1", self.target))
            self.connections += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.listener, *self.connections):
            one.close()


@pytest.mark.parametrize("mode", MODES)
def test_refused_first_and_let_in_later(mode, limited, tmp_path):
    """Two entries for each address: of the two one is turned away, and comes again."""
    devices = {f"r{i}": device(limited.port, f"127.1.0.{i % 4 + 1}") for i in range(8)}
    path = write_inventory(tmp_path, devices)
    before = limited.stats_now()["login_storms"]
    outcome = poll("-m", mode, "-n", 8, "--host-key", "off", "--retry", 8, "--retry-on",
                   "peer_closed", "--retry-delay", "0.3", inventory=path)
    turned_away = limited.stats_now()["login_storms"] - before
    assert outcome.code == 0, outcome
    again = 0
    for name in devices:
        numbers = attempts(outcome, name)
        assert [number for number, _ in numbers] == list(range(1, len(numbers) + 1)), outcome
        again += len(numbers) > 1
        assert numbers[-1][1] is None, outcome
        assert all(which == "peer_closed" for _, which in numbers[:-1]), outcome
    assert again >= 1 and retried(outcome) == again, outcome
    assert len(outcome.record_list) == len(devices) + turned_away, outcome
    assert "8 devices: 8 ok, 0 failed" in outcome.text, outcome
    for record in outcome.record_list:
        check_record(record)


@pytest.mark.parametrize("mode", MODES)
def test_a_door_that_opens_later(mode, sim, tmp_path):
    with LateDoor(sim.port) as door:
        path = write_inventory(tmp_path, {"late": device(door.port, "127.0.0.1"),
                                          "there": device(sim.port)})
        opener = threading.Thread(target=lambda: (
            when_written(tmp_path / "out", 1, name="late"), door.open()))
        opener.start()
        outcome = poll("-m", mode, "-n", 2, "--retry", 20, "--retry-delay", "0.2",
                       "-O", tmp_path / "out", inventory=path)
        opener.join()
    assert outcome.code == 0, outcome
    numbers = attempts(outcome, "late")
    assert len(numbers) > 1 and numbers[-1][1] is None, outcome
    assert {which for _, which in numbers[:-1]} == {"refused"}
    assert attempts(outcome, "there") == [(1, None)]
    assert retried(outcome) == 1
    record = json.loads((tmp_path / "out/late/record.json").read_text())
    assert (record["status"], record["attempt"]) == ("ok", len(numbers))
    assert (tmp_path / "out/late/show%20clock.txt").stat().st_size > 0


def test_the_run_object_counts_devices(tmp_path):
    path = write_inventory(tmp_path, {"dead": device(1), "gone": device(1)})
    outcome = poll("--retry", 2, *QUICK, inventory=path, output="json")
    document = json.loads(outcome.out)
    assert len(document["results"]) == 6
    run = document["run"]
    assert (run["devices"], run["failed"], run["retried"]) == (2, 2, 2)
    assert run["classes"] == {"refused": 2}


def test_without_retry_there_is_one_attempt(tmp_path):
    path = write_inventory(tmp_path, {"dead": device(1)})
    outcome = poll(inventory=path)
    assert attempts(outcome, "dead") == [(1, "refused")] and retried(outcome) == 0


@pytest.mark.parametrize("mode", ("threads", "processes", "events"))
def test_a_refused_password_is_sent_once(mode, sim, tmp_path):
    path = write_inventory(tmp_path, {"r1": device(sim.port, password="wrong")})
    outcome = poll("-m", mode, "--retry", 3, "--retry-on", "refused,peer_closed,silence", *QUICK,
                   inventory=path)
    assert attempts(outcome, "r1") == [(1, "auth")], outcome


@pytest.mark.parametrize("line, said", [
    (["--retry", 1, "--retry-on", "auth"], "a secret that was refused is never sent again"),
    (["--retry", 1, "--retry-on", "dns,enable"], "--retry-on enable: a secret"),
    (["--retry", 1, "--retry-on", "refusd"], "did you mean refused?"),
    (["--retry", 1, "--retry-on", "usage"], "no class of failure has this name"),
    (["--retry", 1, "--retry-on", ","], "expected classes of failure"),
    (["--retry-on", "dns"], "--retry-on goes with --retry N"),
    (["--retry-delay", "1"], "--retry-delay goes with --retry N"),
    (["--retry", 0], "from 1 to 100"),
    (["--retry", 1, "--retry-delay", "0"], "expected seconds"),
    (["--resume-on", "dns"], "--resume-on goes with --resume FILE"),
    (["--resume", "-", "-f", "-"], "cannot be both -f - and --resume -"),
    (["--resume", "/a", "--resume", "/b"], "--resume is given twice, and takes one value"),
    (["--stop-after", "auth:3", "--stop-after", "dns:3"], "--stop-after is given twice, and takes"),
    (["--resume", "/nosuch"], "--resume /nosuch: cannot be opened"),
    (["--resume", "/etc/passwd"], "line 1 is no record of -o jsonl"),
])
def test_wrong_options_get_one_sentence(line, said, tmp_path):
    outcome = poll(*line, inventory=write_inventory(tmp_path, {"dead": device(1)}))
    assert outcome.code == 2 and outcome.out == b"", outcome
    assert said in outcome.text and outcome.text.count("\n") == 1, outcome


@pytest.mark.parametrize("mode", MODES)
def test_a_cancel_drops_who_waits(mode, tmp_path):
    """Their last failure stands, and the run was interrupted."""
    path = write_inventory(tmp_path, {f"d{i}": device(1) for i in range(5)})
    run = start("-m", mode, "-n", 3, "--retry", 3, "--retry-delay", 25, "-O", tmp_path / "out",
                inventory=path)
    when_written(tmp_path / "out", 5, run)
    run.send_signal(signal.SIGINT)
    before = time.monotonic()
    outcome = finish(run)
    assert time.monotonic() - before < 5
    assert outcome.code == 130, outcome
    assert sorted((record["device"], record["attempt"], record["class"])
                  for record in outcome.record_list) == [(f"d{i}", 1, "refused") for i in range(5)]
    assert "5 devices: 0 ok, 5 failed (refused 5)" in outcome.text, outcome


def killed_run(mode, inventory, file, lines):
    """Starts a run and kills it without notice as soon as so many lines stand in the file."""
    with open(file, "wb") as out:
        run = subprocess.Popen(arguments(["-m", mode, "-n", 8], inventory, "jsonl"),
                               stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                               env=environment(), start_new_session=True)
        end = time.monotonic() + RUN_LIMIT_S
        while file.read_bytes().count(b"\n") < lines and time.monotonic() < end:
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.wait(RUN_LIMIT_S)


def cut_a_line(file):
    """As if the kill had come in the middle of a write: what is left of the last line."""
    whole = file.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    file.write_bytes(whole[:last + random.randrange(1, len(whole) - last - 1)])


@pytest.mark.parametrize("cut", (False, True))
@pytest.mark.parametrize("mode", MODES)
def test_a_killed_run_is_resumed(mode, cut, sim, tmp_path):
    devices = fleet(sim.port, 60)
    path = write_inventory(tmp_path, devices)
    file = tmp_path / "run.jsonl"
    killed_run(mode, path, file, 20)
    if cut:
        cut_a_line(file)
    before = file.read_bytes()
    done = {json.loads(line)["device"] for line in before.splitlines() if line.endswith(b"}")}
    assert 10 < len(done) < 60
    outcome = poll("-m", mode, "-n", 8, "--resume", file, inventory=path)
    assert outcome.code == 0, outcome
    # A kill may end a write at the edge of a page: the line is cut then without our doing.
    assert ("is cut off in the middle" in outcome.text) == (not before.endswith(b"\n")), outcome
    now = outcome.records # asserts that no device has two
    assert all(record["status"] == "ok" for record in now.values())
    assert done | set(now) == set(devices) and not done & set(now)
    file.write_bytes(before + outcome.out) # what >> does
    again = poll("--resume", file, inventory=path)
    assert again.code == 0 and again.out == b"", again
    assert "nothing is left to do" in again.text


def append(file, *options, inventory):
    """What >> does."""
    with open(file, "ab") as out:
        return subprocess.run(arguments(options, inventory), stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, env=environment(), timeout=RUN_LIMIT_S,
                              check=False)


def test_a_cut_line_is_ended_before_records_are_appended(sim, tmp_path):
    devices = fleet(sim.port, 6)
    path = write_inventory(tmp_path, devices)
    file = tmp_path / "run.jsonl"
    assert append(file, inventory=path).returncode == 0
    assert not file.read_bytes().startswith(b"\n")
    cut_a_line(file)
    *whole, cut = file.read_bytes().splitlines()
    done = append(file, "--resume", file, inventory=path)
    assert done.returncode == 0, done
    lines = file.read_bytes().splitlines()
    assert lines[:6] == [*whole, cut] and len(lines) == 7
    assert {json.loads(line)["device"] for line in whole + lines[6:]} == set(devices)
    page = poll("report", file, "--html", tmp_path / "run.html", output=None)
    assert page.code == 0 and "1 line is not whole: left out" in page.text, page
    append(file, inventory=path) # to a file that ends with a whole line
    assert len(file.read_bytes().splitlines()) == 13


def test_failed_devices_are_left_by_class(sim, tmp_path):
    devices = {"ok": device(sim.port), "dead": device(1), "wrong": device(sim.port, password="no")}
    path = write_inventory(tmp_path, devices)
    file = tmp_path / "run.jsonl"
    file.write_bytes(poll(inventory=path).out)
    assert set(poll("--resume", file, inventory=path).records) == {"dead", "wrong"}
    some = poll("--resume", file, "--resume-on", "refused,dns", inventory=path)
    assert set(some.records) == {"dead"} and some.code == 4
    plan = poll("--resume", file, "--check", inventory=path)
    assert [line.split(b":")[0] for line in plan.out.splitlines()] == [b"dead", b"wrong"]
    assert "2 devices |" in plan.text


def test_nothing_left_says_what_failed_there(sim, tmp_path):
    devices = {"ok": device(sim.port), "dead": device(1), "wrong": device(sim.port, password="no")}
    path = write_inventory(tmp_path, devices)
    file = tmp_path / "run.jsonl"
    file.write_bytes(poll(inventory=path).out)
    left = poll("--resume", file, "--resume-on", "dns", inventory=path)
    assert left.code == 4 and left.out == b"", left
    assert "; 2 failed there by classes that --resume-on does not name (refused 1, auth 1)\n" \
        in left.text and left.text.count("\n") == 1, left
    assert poll("--resume", file, "--resume-on", "dns", "--exit-zero", inventory=path).code == 0
    one = poll("--resume", file, "-l", "ok", inventory=path)
    assert one.code == 0 and one.text.count("\n") == 1, one
    assert one.text.endswith("has every device of this run\n"), one


def test_a_document_is_not_resumed(tmp_path):
    path = write_inventory(tmp_path, {"dead": device(1)})
    (tmp_path / "run.json").write_bytes(poll(inventory=path, output="json").out)
    (tmp_path / "line.json").write_text(json.dumps(json.loads((tmp_path / "run.json").read_text())))
    for name in ("run.json", "line.json"):
        outcome = poll("--resume", tmp_path / name, inventory=path)
        assert outcome.code == 2 and "it is a document of -o json; a run is resumed from the " \
            "lines that -o jsonl writes" in outcome.text, outcome


def test_standard_input_and_another_inventory(sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 3))
    records = poll(inventory=path).out
    everything = poll("--resume", "-", inventory=path, stdin=records)
    assert everything.code == 0 and everything.out == b"", everything
    other = write_inventory(tmp_path, {"x": device(sim.port), "r000": device(sim.port)}, "other.yaml")
    some = poll("--resume", "-", inventory=other, stdin=records)
    assert set(some.records) == {"x"} and "2 records are of devices that this" in some.text, some
    moved = write_inventory(tmp_path, {"r000": device(sim.port, "127.1.0.9")}, "moved.yaml")
    refused = poll("--resume", "-", inventory=moved, stdin=records)
    assert refused.code == 2 and "of another inventory: 1 device had" in refused.text, refused
    newer = poll("--resume", "-", inventory=path, stdin=records.replace(b'"schema":1', b'"schema":2'))
    assert newer.code == 2 and "newer version (schema 2" in newer.text, newer


@pytest.mark.parametrize("mode", ("processes", "hybrid"))
def test_a_lost_worker_is_tried_again(mode, sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 60))
    run = start("-m", mode, "-n", 4, "--processes", 2, "--retry", 2, "--retry-on", "worker_lost",
                *QUICK, "-O", tmp_path / "out", inventory=path)
    when_written(tmp_path / "out", 4, run)
    children = open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii").read().split()
    subprocess.run(["kill", "-9", children[0]], check=True)
    outcome = finish(run)
    assert outcome.code == 0, outcome
    lost = [record for record in outcome.record_list if record["class"] == "worker_lost"]
    good = [record["device"] for record in outcome.record_list if record["status"] == "ok"]
    assert sorted(good) == sorted(fleet(sim.port, 60))
    assert retried(outcome) == len(lost) > 0, outcome
