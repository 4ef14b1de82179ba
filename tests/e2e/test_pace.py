"""Pace: what is handed out when, as the devices see it."""

import json
import signal
import time

import pytest
from lab_sim import Sim
from poller_run import MODES, check_record, finish, poll, scalar, start, write_inventory

COMMAND = "show clock"
# Every mode, and those with processes of their own number.
RUNS = {**{mode: ("-m", mode) for mode in MODES},
        "events, 4 shards": ("-m", "events", "--shards", 4),
        "hybrid, 4 processes": ("-m", "hybrid", "--processes", 4)}
# A machine that stalls bunches what was spaced: a fault of the pace would show each time.
TRIES = 3
# Two would see one session begin before the other, busy, has seen the one before end.
ONE_SHARD = ("--shards", 1)


def every_mode(test):
    return pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())(test)


def device(port, address="127.1.0.1", **more):
    return {"host": address, "port": port, "username": "admin", "password": "admin",
            "platform": "cisco_ios", "commands": [COMMAND], **more}


def fleet(port, n, **more):
    return {f"r{i:03}": device(port, f"127.1.0.{i + 1}", **more) for i in range(n)}


def grouped_inventory(directory, groups, devices):
    """With groups: {name: {key: value}}."""
    path = write_inventory(directory, devices)
    text = "groups:\n" + "".join(f"  {name}: {scalar(keys)}\n" for name, keys in groups.items())
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with Sim("--devices", 100, "--think", "30ms", directory=tmp_path_factory.mktemp("sim"),
             only_sim=ONE_SHARD) as one:
        yield one


def seen(tmp_path, inventory, *options, think="40ms"):
    """Runs against a simulator of its own: the outcome, and what the simulator saw."""
    with Sim("--devices", 100, "--think", think, directory=tmp_path, only_sim=ONE_SHARD) as sim:
        outcome = poll(*options, inventory=inventory(sim))
        return outcome, sim.stop()


@every_mode
def test_no_second_has_more_than_a_tenth_too_many(run, tmp_path):
    most = []
    for attempt in range(TRIES):
        place = tmp_path / str(attempt)
        place.mkdir()
        outcome, stats = seen(place, lambda sim: write_inventory(tmp_path, fleet(sim.port, 100)),
                              *run, "-n", 40, "--login-rate", 50, think="0ms")
        assert outcome.code == 0 and len(outcome.records) == 100, outcome
        assert stats["attempts"]["total"] == 100
        most.append(stats["attempts"]["most_in_a_second"])
        if most[-1] <= 55:
            break
    assert min(most) <= 55, most
    assert min(most) >= 25, most # and it was not held up for nothing


@every_mode
def test_a_group_is_visited_by_so_many_at_once(run, tmp_path):
    """Those outside of it do not wait for it, though they stand behind it."""
    def inventory(sim):
        devices = fleet(sim.port, 40)
        for name in list(devices)[:20]:
            devices[name]["groups"] = ["site"]
        return grouped_inventory(tmp_path, {"site": {"limit": 1}}, devices)

    outcome, stats = seen(tmp_path, inventory, *run, "-n", 8)
    assert outcome.code == 0, outcome
    order = [int(record["device"][1:]) for record in outcome.record_list]
    assert sorted(order) == list(range(40))
    if "sequential" not in run:
        site = [at for at, number in enumerate(order) if number < 20]
        others = [at for at, number in enumerate(order) if number >= 20]
        assert max(others) < site[15], order
        assert stats["logins"]["most"] > 1


@pytest.mark.parametrize("run", [RUNS["threads"], RUNS["events"], RUNS["hybrid, 4 processes"]])
def test_groups_limit_those_that_inherit_from_them(run, tmp_path):
    def inventory(sim):
        devices = fleet(sim.port, 30)
        for at, one in enumerate(devices.values()):
            one["groups"] = [("east", "west", "hub")[at % 3]]
        groups = {"hub": {"limit": 3}, "east": {"groups": ["hub"]},
                  "west": {"groups": ["hub"], "limit": 1}}
        return grouped_inventory(tmp_path, groups, devices)

    outcome, stats = seen(tmp_path, inventory, *run, "-n", 20)
    assert outcome.code == 0 and len(outcome.records) == 30, outcome
    assert 2 <= stats["logins"]["most"] <= 3


def test_a_group_has_a_rate(tmp_path):
    def inventory(sim):
        devices = fleet(sim.port, 40)
        for name in list(devices)[:10]:
            devices[name]["groups"] = ["aaa"]
        return grouped_inventory(tmp_path, {"aaa": {"login_rate": 20}}, devices)

    outcome, _ = seen(tmp_path, inventory, "-n", 40)
    assert outcome.code == 0, outcome
    queued = {name: record["timing_ms"]["queued"] for name, record in outcome.records.items()}
    rated = sorted(value for name, value in queued.items() if int(name[1:]) < 10)
    assert rated[-1] >= 400, rated # nine times 50 ms, less the tolerance
    assert sum(value < rated[-1] for value in queued.values()) >= 35


@every_mode
def test_entries_of_one_host_take_turns(run, sim, tmp_path):
    devices = {f"line{i}": device(sim.port, "127.1.0.7") for i in range(12)}
    path = write_inventory(tmp_path, devices)
    before = sim.stats_now()["logins"]["most_per_device"]
    outcome = poll(*run, "-n", 12, "--per-host", 2, inventory=path)
    assert outcome.code == 0 and len(outcome.records) == 12, outcome
    assert sim.stats_now()["logins"]["most_per_device"] <= max(before, 2)


def test_without_per_host_they_do_not(tmp_path):
    outcome, stats = seen(
        tmp_path, lambda sim: write_inventory(
            tmp_path, {f"line{i}": device(sim.port, "127.1.0.7") for i in range(12)}), "-n", 12,
        think="300ms")
    assert outcome.code == 0 and stats["logins"]["most_per_device"] > 2, outcome


@pytest.mark.parametrize("run", [run for name, run in RUNS.items() if name != "sequential"])
def test_handshakes_at_once(run, tmp_path):
    outcome, stats = seen(tmp_path, lambda sim: write_inventory(tmp_path, fleet(sim.port, 60)),
                          *run, "-n", 30, "--handshakes", 2, think="200ms")
    assert outcome.code == 0, outcome
    assert stats["handshakes"]["most"] <= 2
    assert stats["logins"]["most"] > 4 # the visits themselves go on side by side


def stop_line(outcome):
    lines = [line for line in outcome.text.splitlines() if "the run was stopped after" in line]
    assert len(lines) == 1, outcome
    return lines[0]


@every_mode
def test_refusals_in_a_row_end_the_run(run, tmp_path):
    def inventory(sim):
        return write_inventory(tmp_path, fleet(sim.port, 60, password="wrong"))

    outcome, stats = seen(tmp_path, inventory, *run, "-n", 30, "--stop-after", "auth:3")
    assert outcome.code == 4, outcome
    assert stats["refused"]["total"] == 3 and stats["connections"]["total"] == 3
    assert "3 refused log-ins in a row (--stop-after auth:3): 57 devices were not" in stop_line(outcome)
    assert "60 devices: 0 ok, 3 failed (auth 3), 57 not visited" in outcome.text
    assert "per device: median 0.000 s" not in outcome.text
    classes = [record["class"] for record in outcome.records.values()]
    assert (classes.count("auth"), classes.count("cancelled")) == (3, 57), outcome
    for record in outcome.records.values():
        check_record(record)
        if record["class"] == "cancelled":
            assert "before the account is locked" in record["error"]
            assert record["started_at"] is None


@every_mode
def test_never_more_refusals_in_a_row(run, tmp_path):
    """Half of the devices refuse; whoever answers first, no account sees a longer row."""
    def inventory(sim):
        devices = fleet(sim.port, 90)
        for at, one in enumerate(devices.values()):
            one["password"] = "wrong" if at >= 30 else "admin"
        return write_inventory(tmp_path, devices)

    outcome, stats = seen(tmp_path, inventory, *run, "-n", 40, "--stop-after", "auth:5")
    assert outcome.code == 4, outcome
    classes = [record["class"] for record in outcome.records.values()]
    assert classes.count(None) == 30 and classes.count("auth") == stats["refused"]["total"] == 5


def test_a_stopped_run_is_resumed(sim, tmp_path):
    file = tmp_path / "run.jsonl"
    stopped = poll("--stop-after", "auth:2", inventory=write_inventory(
        tmp_path, fleet(sim.port, 20, password="wrong")))
    file.write_bytes(stopped.out)
    mended = write_inventory(tmp_path, fleet(sim.port, 20))
    rest = poll("--resume", file, "--resume-on", "dns", inventory=mended)
    assert rest.code == 0, rest
    refused = {name for name, record in stopped.records.items() if record["class"] == "auth"}
    assert len(refused) == 2
    assert set(rest.records) == set(stopped.records) - refused
    everything = poll("--resume", file, inventory=mended)
    assert everything.code == 0 and len(everything.records) == 20


def test_other_classes_end_it_too(sim, tmp_path):
    devices = {"a": device(sim.port), **{f"dead{i}": device(1) for i in range(6)},
               "z": device(sim.port)}
    path = write_inventory(tmp_path, devices)
    outcome = poll("-m", "sequential", "--stop-after", "refused:4", inventory=path)
    assert outcome.code == 4, outcome
    assert "4 failures of class refused in a row (--stop-after refused:4)" in stop_line(outcome)
    classes = [record["class"] for record in outcome.records.values()]
    assert (classes.count(None), classes.count("refused"), classes.count("cancelled")) == (1, 4, 3)
    enough = poll("--stop-after", "refused:7", inventory=path)
    assert enough.code == 4 and "was stopped" not in enough.text, enough
    assert "cancelled" not in enough.text


def test_a_row_that_is_broken_does_not(sim, tmp_path):
    devices = fleet(sim.port, 40)
    for name in list(devices)[::2]:
        devices[name]["password"] = "wrong"
    outcome = poll("-m", "sequential", "--stop-after", "auth:2",
                   inventory=write_inventory(tmp_path, devices))
    classes = [record["class"] for record in outcome.records.values()]
    assert (classes.count(None), classes.count("auth")) == (20, 20), outcome


@pytest.mark.parametrize("run", [RUNS["threads"], RUNS["events"], RUNS["processes"]])
def test_places_open_at_random_moments(run, tmp_path):
    """Each visit outlasts the opening, so that no place is used twice."""
    outcome, _ = seen(tmp_path, lambda sim: write_inventory(tmp_path, fleet(sim.port, 30)),
                      *run, "-n", 100, "--jitter-start", 1, think="1200ms")
    assert outcome.code == 0, outcome
    queued = sorted(record["timing_ms"]["queued"] for record in outcome.records.values())
    assert queued[-1] - queued[0] > 500, queued
    gaps = [late - early for early, late in zip(queued, queued[1:])]
    assert max(gaps) < 450 and len({round(gap / 5) for gap in gaps}) > 5, gaps


@every_mode
def test_further_attempts_count_as_logins(run, sim, tmp_path):
    devices = {f"dead{i}": device(1) for i in range(3)}
    path = write_inventory(tmp_path, {**devices, "ok": device(sim.port)})
    outcome = poll(*run, "-n", 4, "--retry", 2, "--retry-delay", "0.01", "--login-rate", 10,
                   inventory=path)
    assert outcome.code == 4, outcome
    queued = sorted(record["timing_ms"]["queued"] for record in outcome.record_list)
    assert len(queued) == 10
    assert queued[-1] - queued[0] >= 850, queued # nine times 100 ms, less tolerance and rounding


@every_mode
def test_a_cancel_ends_who_waits_for_the_rate(run, sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 30))
    process = start(*run, "-n", 10, "--login-rate", "0.1", inventory=path)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    before = time.monotonic()
    outcome = finish(process)
    assert time.monotonic() - before < 5
    assert outcome.code == 130, outcome
    classes = [record["class"] for record in outcome.records.values()]
    assert classes.count("cancelled") >= 29 and "was stopped" not in outcome.text, outcome


def plan_of(path, *options):
    outcome = poll("--check", *options, inventory=path)
    assert outcome.code == 0, outcome
    return outcome.text


def test_the_plan_tells_the_pace(tmp_path):
    path = write_inventory(tmp_path, fleet(1, 2))
    assert plan_of(path) == "2 devices | threads, auto | nothing was connected to (--check)\n"
    assert plan_of(path, "-l", "r000", "-n", 1) == \
        "1 device | threads, 1 worker | nothing was connected to (--check)\n"
    text = plan_of(path, "--login-rate", 1000000, "--handshakes", 8, "--per-host", 1,
                   "--stop-after", "auth:3", "--jitter-start", 2, "--retry", 2)
    assert text.endswith("\npace: --login-rate 1000000, --handshakes 8, --per-host 1, --jitter-start 2, "
                         "--stop-after auth:3, --retry 2\n")
    assert poll("--check", "-q", "--retry", 2, inventory=path).text == ""


def test_the_plan_tells_the_limits_of_groups(tmp_path):
    groups = {"ams": {"limit": 5, "login_rate": 2}, "fra": {"limit": 3}, "lhr": {"login_rate": 0.5},
              "free": {"port": 22}}
    path = grouped_inventory(tmp_path, groups, fleet(1, 2, groups=list(groups)))
    assert plan_of(path, "--per-host", 2).endswith(
        "\npace: --per-host 2, group ams (limit 5, login_rate 2), group fra (limit 3), "
        "group lhr (login_rate 0.5)\n")
    groups = {f"site{i:02}": {"limit": 5} for i in range(10)}
    path = grouped_inventory(tmp_path, groups, fleet(1, 2, groups=list(groups)))
    assert plan_of(path).endswith("group site07 (limit 5), and 2 more groups\n")


def held_by(inventory, *options):
    outcome = poll(*options, inventory=inventory, output="json")
    return json.loads(outcome.out)["run"]["held_ms"], outcome.text


@every_mode
def test_what_held_it_back_is_told(run, sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 12))
    held, text = held_by(path, *run, "-n", 12, "--login-rate", 20)
    assert set(held) <= {"login_rate", "handshakes"} and held["login_rate"] > 0, text
    if "sequential" not in run: # eleven times 50 ms, less the tolerance; one place waits as one
        assert 450 <= held["login_rate"] <= 2000 and "(--login-rate)\n" in text, text


def test_each_cause_of_empty_places_has_its_name(sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 12))
    plain, text = held_by(path, "-n", 12)
    assert plain == {} and "places stood empty" not in text
    for key, *options in (("handshakes", "--handshakes", 1), ("jitter_start", "--jitter-start", 0.5),
                          ("stop_after", "--stop-after", "auth:1")):
        held, text = held_by(path, "-n", 12, *options)
        assert max(held, key=held.get) == key, text
        assert f"({options[0]})" in text, text
    grouped = grouped_inventory(tmp_path, {"site": {"limit": 1}}, fleet(sim.port, 12, groups=["site"]))
    held, text = held_by(grouped, "-n", 12)
    assert set(held) == {"limits"} and "(limits of groups or hosts)" in text, text
    dead = write_inventory(tmp_path, {"dead": device(1), "ok": device(sim.port)})
    held, text = held_by(dead, "-n", 2, "--retry", 1, "--retry-delay", 0.5)
    assert held.get("retry_delay", 0) > 200 and "(--retry-delay)" in text, text


def test_sweep_says_that_the_start_is_spread(sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 30))
    outcome = poll("sweep", "-f", path, "--modes", "events", "-n", 30, "--repeat", 1,
                   "--warm-up", 0, "--jitter-start", 2, "-o", "json", output=None)
    (bend,) = json.loads(outcome.out)["bends"]
    assert bend["cause"] == "limit" and bend["because"].endswith(": --jitter-start"), outcome


@pytest.mark.parametrize("options, said", [
    (("-m", "threads", "--shards", 250), "--shards 250 has no effect with -m threads: it is for -m events"),
    (("-m", "events", "--processes", 2), "--processes 2 has no effect with -m events"),
    (("-m", "sequential", "-n", 5), "-n 5 has no effect with -m sequential: one device"),
])
def test_what_has_no_effect_is_told(options, said, tmp_path):
    path = write_inventory(tmp_path, fleet(1, 1))
    text = poll("--check", *options, inventory=path).text
    assert said in text and text.count("warning") == 1, text
    assert "no effect" not in poll("--check", "-m", "events", "--shards", 2, "-n", 4,
                                   inventory=path).text


def test_sweep_says_that_the_rate_decides(sim, tmp_path):
    path = write_inventory(tmp_path, fleet(sim.port, 30))
    outcome = poll("sweep", "-f", path, "--modes", "events", "-n", "10,30", "--repeat", 1,
                   "--warm-up", 0, "--login-rate", 30, "-o", "json", output=None)
    bend = json.loads(outcome.out)["bends"][0]
    assert bend["cause"] == "login_rate" and "--login-rate is 30" in bend["because"], outcome
    few = poll("sweep", "-f", path, "-l", "r00[0-4]", "--modes", "events", "-n", 5, "--repeat", 1,
               "--warm-up", 0, "--login-rate", 5, "-o", "json", output=None)
    (bend,) = json.loads(few.out)["bends"]
    assert bend["cause"] == "login_rate", few


@pytest.mark.parametrize("line, said", [
    (["--login-rate", "0"], "--login-rate 0: expected logins a second, from 0.001 to 1000000"),
    (["--login-rate", "-5"], "expected logins a second"),
    (["--login-rate", "nan"], "expected logins a second"),
    (["--login-rate", "inf"], "expected logins a second"),
    (["--login-rate", "fast"], "expected logins a second"),
    (["--login-rate", "50/s"], "expected logins a second"),
    (["--login-rate", ""], "expected logins a second"),
    (["--stop-after", "cancelled:3"], "a device is cancelled where the run ends"),
    (["--handshakes", "0"], "--handshakes 0: expected a number from 1"),
    (["--handshakes", "many"], "expected a number from 1"),
    (["--per-host", "-1"], "expected a number from 1"),
    (["--jitter-start", "0"], "expected seconds, over 0"),
    (["--jitter-start", "nan"], "expected seconds, over 0"),
    (["--stop-after", "auth"], "expected a class of failure and a number, such as auth:3"),
    (["--stop-after", "auth:0"], "expected a number from 1"),
    (["--stop-after", "auth:x"], "expected a number from 1"),
    (["--stop-after", "auht:3"], "no class of failure has this name; did you mean auth?"),
    (["--stop-after", "usage:3"], "no class of failure has this name"),
    (["--stop-after", ":3"], "no class of failure has this name"),
])
def test_wrong_values_get_one_sentence(line, said, tmp_path):
    outcome = poll(*line, inventory=write_inventory(tmp_path, {"dead": device(1)}))
    assert outcome.code == 2 and outcome.out == b"", outcome
    assert said in outcome.text and outcome.text.count("\n") == 1, outcome


@pytest.mark.parametrize("subcommand", ("compare", "sweep"))
def test_only_run_is_stopped(subcommand, tmp_path):
    path = write_inventory(tmp_path, {"dead": device(1)})
    outcome = poll(subcommand, "-f", path, "--stop-after", "auth:3", output=None)
    assert outcome.code == 2 and "unknown option" in outcome.text, outcome
