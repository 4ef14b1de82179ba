"""`poller compare` and `poller sweep` on simulated devices that think for a tenth of a second."""

import json
import os
import pty
import re
import resource
import signal
import subprocess

import pytest
from lab_sim import Sim
from poller_run import RUN_KEYS, arguments, environment, poll

DEVICES = 12
THINK_MS = 100
BEND_KEYS = {"mode", "workers", "elapsed_ms", "cause", "because"}
BOUND_KEYS = {"mode", "workers", "waiting_ms", "amdahl_ms"}
CAUSES = {"cpu", "devices", "descriptors", "unknown"}
BLOCKS = "█▏▎▍▌▋▊▉▒┃"


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    place = tmp_path_factory.mktemp("sim")
    with Sim("--devices", str(DEVICES), "--think", f"{THINK_MS}ms", directory=place) as running:
        yield running


@pytest.fixture(scope="module")
def devices(sim):
    return sim.inventory()


def measure(subcommand, *options, inventory=None, output="text", **env):
    """The subcommand stands first, then what every run has."""
    return poll_as(subcommand, ["--host-key", "off", *options], inventory, output, **env)


def poll_as(subcommand, options, inventory, output, preexec=None, **env):
    argv = arguments(options, inventory, output)
    argv.insert(1, subcommand)
    return subprocess.run(argv, capture_output=True, timeout=60, check=False, text=True,
                          stdin=subprocess.DEVNULL, env=environment(**env), preexec_fn=preexec)


def measures(document):
    return [(row["mode"], row["workers"], row["repeat"]) for row in document["rows"]]


@pytest.fixture(scope="module")
def compared(devices):
    done = measure("compare", "--modes", "threads,events", "-n", "4,12", "--repeat", 2,
                   inventory=devices, output="json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def swept(devices):
    done = measure("sweep", "--modes", "threads,events", "--repeat", 3, "-n", "12,6,1,6",
                   inventory=devices, output="json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_compare_keys(compared):
    assert set(compared) == {"schema", "kind", "baseline_ms", "rows"}
    assert (compared["schema"], compared["kind"]) == (1, "compare")
    for row in compared["rows"]:
        assert RUN_KEYS <= set(row), RUN_KEYS - set(row)
        assert (row["devices"], row["failed"]) == (DEVICES, 0)


def test_rounds_alternate(compared):
    there = [("sequential", 1), ("threads", 4), ("threads", 12), ("events", 4), ("events", 12)]
    back = there[::-1]
    assert measures(compared) == [(*m, 1) for m in there] + [(*m, 2) for m in back]


def test_baseline_is_a_real_run(compared):
    alone = [row["elapsed_ms"] for row in compared["rows"] if row["mode"] == "sequential"]
    assert compared["baseline_ms"] == max(alone)
    assert min(alone) >= DEVICES * THINK_MS


def test_every_run_has_its_own_id(compared):
    assert len({row["run_id"] for row in compared["rows"]}) == len(compared["rows"])


def logins(sim):
    return sim.stats_now()["logins"]["total"]


@pytest.mark.parametrize("warm_ups", [0, 2])
def test_warm_up_is_run_and_not_counted(sim, devices, warm_ups):
    before = logins(sim)
    done = measure("compare", "--modes", "threads", "-n", 12, "--warm-up", warm_ups,
                   inventory=devices, output="json")
    assert len(json.loads(done.stdout)["rows"]) == 2
    assert logins(sim) - before == (2 + warm_ups) * DEVICES


def test_the_first_run_is_a_warm_up(sim, devices):
    before = logins(sim)
    measure("sweep", "--modes", "events", "-n", 12, "--repeat", 1, inventory=devices)
    assert logins(sim) - before == 2 * DEVICES


@pytest.mark.alone
def test_sweep_keys(swept):
    assert set(swept) == {"schema", "kind", "baseline_ms", "rows", "bends", "bounds"}
    assert (swept["schema"], swept["kind"], swept["baseline_ms"]) == (1, "sweep", None)
    assert [set(bend) for bend in swept["bends"]] == [BEND_KEYS] * 2
    assert [set(bound) for bound in swept["bounds"]] == [BOUND_KEYS] * 6
    assert all(bend["cause"] in CAUSES for bend in swept["bends"])


@pytest.mark.alone
def test_a_number_named_twice_is_measured_once(swept):
    assert len(swept["rows"]) == 2 * 3 * 3


def median(document, mode, workers):
    found = sorted(row["elapsed_ms"] for row in document["rows"]
                   if (row["mode"], row["workers"]) == (mode, workers))
    return found[len(found) // 2]


def is_near_slowest(document, bend):
    """By the rule of src/report/sweep_cause.c: on a busy machine it may not be."""
    at = next(row for row in document["rows"]
              if all(row[key] == bend[key] for key in ("mode", "workers", "elapsed_ms")))
    return at["elapsed_ms"] <= 1.15 * at["device_ms"]["max"]


@pytest.mark.alone
def test_the_bend_follows_from_the_rows(swept):
    for bend in swept["bends"]:
        medians = {n: median(swept, bend["mode"], n) for n in (1, 6, 12)}
        within = [n for n in medians if medians[n] <= min(medians.values()) * 1.05]
        assert bend["workers"] == min(within) == 12
        assert bend["elapsed_ms"] == medians[12]
        assert bend["cause"] == "devices", bend
        assert ("slowest device" in bend["because"]) == is_near_slowest(swept, bend), bend


@pytest.mark.alone
def test_bounds_lie_below_what_was_measured(swept):
    for bound in swept["bounds"]:
        elapsed = median(swept, bound["mode"], bound["workers"])
        assert THINK_MS <= bound["waiting_ms"] <= elapsed
        assert bound["waiting_ms"] >= DEVICES * THINK_MS / bound["workers"]
        assert bound["amdahl_ms"] >= DEVICES * THINK_MS / bound["workers"]


@pytest.mark.alone
def test_more_devices_than_workers_still_falls(devices):
    done = measure("sweep", "--modes", "sequential,threads", "-n", "2,4", "--repeat", 1,
                   inventory=devices, output="json")
    document = json.loads(done.stdout)
    alone = [row for row in document["rows"] if row["mode"] == "sequential"]
    assert document["baseline_ms"] == alone[0]["elapsed_ms"]
    (bend,) = document["bends"]
    assert (bend["mode"], bend["workers"], bend["cause"]) == ("threads", 4, "devices")
    # Devices that a busy machine made unequal are explained by their own times.
    assert re.search("3 rounds|own times explain", bend["because"]), bend["because"]
    assert "still falls" in bend["because"]


def test_default_workers_grow_to_the_devices(devices):
    done = measure("sweep", "--modes", "events", "--repeat", 1, "-l", "sw-1,sw-2,sw-3,sw-4,sw-5,sw-6",
                   inventory=devices, output="json")
    assert measures(json.loads(done.stdout)) == [("events", n, 1) for n in (1, 2, 5, 6)]


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (112, 112))


def test_descriptors_are_a_cause(devices):
    options = ["--host-key", "off", "--modes", "threads", "--repeat", 1]
    done = poll_as("sweep", [*options, "-n", "2,6,12"], devices, "json", few_descriptors)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (bend,) = document["bends"]
    assert (bend["workers"], bend["cause"]) == (6, "descriptors"), bend
    assert "-n 12 in mode threads needs" in bend["because"] and "limit is 112" in bend["because"]
    assert [row["workers"] for row in document["rows"]] == [2, 6]
    none_fits = poll_as("sweep", [*options, "-n", "12"], devices, "json", few_descriptors)
    assert none_fits.returncode == 2
    assert none_fits.stderr.startswith("poller: -n 12 in mode threads needs")


@pytest.fixture(scope="module")
def texts(devices):
    def text(subcommand, **env):
        done = measure(subcommand, "--modes", "threads,events", "-n", "4,12", "--repeat", 2,
                       inventory=devices, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return {"compare": text("compare"), "sweep": text("sweep", LC_ALL="C")}


@pytest.mark.alone
@pytest.mark.parametrize("subcommand", ["compare", "sweep"])
def test_text_fits_eighty_columns_without_colour(subcommand, texts):
    lines = texts[subcommand].splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "\x1b" not in texts[subcommand]


@pytest.mark.alone
def test_table_and_bars_of_compare(texts):
    table, chart = texts["compare"].split("\n\n")
    assert table.splitlines()[0].split()[:3] == ["mode", "workers", "elapsed"]
    rows = [line.split()[:2] for line in table.splitlines()[1:]]
    assert rows == [["sequential", "1"], ["threads", "4"], ["threads", "12"], ["events", "4"],
                    ["events", "12"]]
    bars = [line for line in chart.splitlines() if re.match(r"(sequential|threads|events) ", line)]
    assert [bar.split()[:2] for bar in bars] == rows
    lengths = [sum(bar.count(block) for block in BLOCKS) for bar in bars]
    assert lengths[0] > 2 * lengths[1] > 2 * lengths[2] > 0
    assert "┃ the bound by waiting" in chart


@pytest.mark.alone
def test_table_and_bars_of_sweep(texts):
    table, chart = texts["sweep"].split("\n\n")
    head = table.splitlines()[0].split()
    assert head == ["mode", "workers", "elapsed", "speed-up", "waiting", "Amdahl", "CPU", "failures"]
    assert "threads: from 12 workers on" in table and "the devices decide" in table
    # the locale C has no blocks (the sign of a range is the table's)
    assert "#" in chart and chart.isascii()


def on_a_terminal(devices, **env):
    """What poller writes to a terminal."""
    argv = arguments(["--host-key", "off", "--modes", "events", "-n", 12], devices, "text")
    argv.insert(1, "compare")
    ours, theirs = pty.openpty()
    try:
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL,
                       timeout=60, check=True, env=environment(**env))
        return os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_colour_on_a_terminal_unless_no_color(devices):
    assert "\x1b[36m" in on_a_terminal(devices)
    assert "\x1b" not in on_a_terminal(devices, NO_COLOR="1")


def test_failures_set_the_exit_code(devices, fake):
    refused = fake("refused")
    done = measure("sweep", "-w", f"{refused.host}:{refused.port}", "-p", "cisco_ios", "-u", "x", "-c", "show version",
                   "--modes", "threads", "-n", "1,2", "--repeat", 1, output="json")
    assert done.returncode == 4
    assert [row["failed"] for row in json.loads(done.stdout)["rows"]] == [1, 1]


@pytest.mark.parametrize("whom", ["all", "one"])
@pytest.mark.parametrize("subcommand", ["compare", "sweep"])
def test_an_interrupt_keeps_what_is_whole(sim, devices, subcommand, whom):
    """Whether it comes as Ctrl-C, to the run's own process too, or to poller alone."""
    argv = arguments(["--host-key", "off", "--warm-up", 0, "--modes", "sequential,threads", "-n",
                      "1", "--repeat", 5], devices, "json")
    argv.insert(1, subcommand)
    before = logins(sim)
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, env=environment(), start_new_session=True)
    while logins(sim) - before <= DEVICES:
        assert process.poll() is None
    (os.killpg if whom == "all" else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    rows = json.loads(out)["rows"]
    assert 1 <= len(rows) < 10
    assert err == f"poller: interrupted: {len(rows)} of 10 runs were measured\n"
    assert all((row["devices"], row["failed"]) == (DEVICES, 0) for row in rows)


@pytest.mark.parametrize("subcommand", ["compare", "sweep"])
@pytest.mark.parametrize(("options", "says"), [
    (["--modes", "thread"], "did you mean threads?"),
    (["--modes", ","], "--modes: expected modes with commas between"),
    (["-n", "0"], "-n/--workers 0: expected a number from 1 to 100000"),
    (["-n", "5,x"], "-n/--workers x: expected a number"),
    (["-n", ","], "-n/--workers: expected numbers with commas between"),
    (["--repeat", "0"], "--repeat 0: expected a number from 1 to 1000"),
    (["--warm-up", "-1"], "--warm-up -1: expected a number from 0 to 1000"),
    (["-o", "csv"], "-o csv: poller {} writes text, json or none"),
    (["-o", "jsonl"], "-o jsonl: poller {} writes text, json or none"),
    (["--outdir", "x"], "--outdir"),
    (["extra"], "'extra' stands without an option"),
])
def test_bad_input_is_one_sentence(subcommand, options, says, devices):
    done = poll_as(subcommand, options, devices, None)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("poller: "), done.stderr
    assert says.format(subcommand) in done.stderr


def test_no_devices_is_one_sentence():
    done = poll_as("sweep", [], None, None)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no devices" in done.stderr


def test_help_names_the_options():
    for subcommand in ("compare", "sweep"):
        done = poll_as(subcommand, ["--help"], None, None)
        assert done.returncode == 0
        for option in ("--modes", "--workers", "--repeat", "--warm-up"):
            assert option in done.stdout, subcommand
    assert "poller sweep" in poll("--help", output=None).out.decode()
