"""`poller-lab experiments`: what it refuses, what it prints, and that it leaves nothing behind. Most
of what it measures is tested where it is measured; here the quick ones run."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from lab_sim import BINARY
from poller_run import environment

pytestmark = pytest.mark.alone

# A sanitizer takes its time to count to ten million.
LIMIT_S = 240 if {"san", "tsan"} & set(Path(BINARY).parts) else 60
# The order and the claims of the notes.
CLAIMS = [
    ("io-bound", "Where a task waits (network, sleep), threads run as if in parallel; connecting to "
     "equipment over SSH or Telnet is such a task."),
    ("cpu-bound", "A CPU-heavy task does not gain from threads under an interpreter lock; processes "
     "use other cores."),
    ("gil", "An interpreter lock lets one thread run at a time, and is handed over while one waits "
     "for I/O. So it hurts computation and spares I/O."),
    ("gil-interval", "The switch interval is 5 ms; work in pieces far below it does not pay to split, "
     "work far above it does."),
    ("lock-off", "Without the lock, threads touch one resource at once."),
    ("scaling", "What is seen with few sessions can get worse with many."),
    ("how-many", "Processes run in tens (cores), threads for I/O in hundreds, a desktop bears up to "
     "tens of thousands of threads."),
    ("footprint", "Processes are heavier than threads: own memory, own resources."),
    ("hybrid", "Processes and threads can be combined; for I/O, threads alone are enough."),
    ("sleepers", "Five threads that each wait 3 s end together after about 3 s."),
    ("stop-flag", "A thread ends when another clears a flag and joins it."),
    ("race", "Threads that share data without a lock change it inconsistently; a lock repairs it."),
    ("primitives", "A mutex admits one, a semaphore N, an event hands control over."),
    ("deadlock", "Locks in opposite order stop everything."),
    ("shared-memory", "Threads see each other's assignments; a forked process has its own copy; "
     "processes talk only through channels made for it."),
    ("own-stack", "Each thread has its own stack and registers."),
    ("children-live-on", "A forked child may go on after its parent ends; a thread dies with its "
     "process's main thread."),
    ("placement", "The system chooses which core runs a thread; pinning is possible but not simple."),
    ("jit", "Compiling at run time to machine code speeds execution up; the code lives in memory "
     "only."),
]
QUICK = ["sleepers", "race", "primitives", "deadlock", "shared-memory", "own-stack",
         "children-live-on", "placement"]
# What does not hang on how busy the machine is.
SURE = {"primitives": "holds", "deadlock": "holds", "shared-memory": "holds", "own-stack": "holds",
        "children-live-on": "depends"}
VERDICTS = {"holds", "does not hold", "depends"}
KEYS = {"id", "claim", "method", "verdict", "depends_on", "rule", "seconds", "numbers", "series",
        "skipped"}


def env_of(**more):
    # Two of them race and lock in opposite order on purpose.
    return environment(TSAN_OPTIONS="report_bugs=0:detect_deadlocks=0", **more)


def run(*arguments, cwd=None, preexec=None, **env):
    return subprocess.run([BINARY, "experiments", *arguments], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL, cwd=cwd,
                          env=env_of(**env), preexec_fn=preexec)


def findings(*arguments, **options):
    done = run(*arguments, "-o", "json", **options)
    assert done.returncode == 0, done
    document = json.loads(done.stdout)
    return {one["id"]: one for one in document["experiments"]}


# --- what there is ---

def test_list_is_that_of_the_notes():
    done = run("--list")
    assert (done.returncode, done.stderr) == (0, "")
    listed = []
    for line in done.stdout.splitlines():
        assert len(line) <= 80
        name, claim = line[:17].strip(), line[18:]
        if name:
            listed.append((name, claim))
        else:
            listed[-1] = (listed[-1][0], f"{listed[-1][1]} {claim}")
    assert listed == CLAIMS


@pytest.mark.parametrize("arguments, says", [
    (["slepers"], "there is no experiment 'slepers', did you mean 'sleepers'?"),
    (["race", "gil-intervall"], "did you mean 'gil-interval'?"),
    (["something-else-entirely"], "there is no experiment 'something-else-entirely' (--list"),
    (["--lab", "clouds"], "--lab 'clouds' is neither sim nor docker"),
    (["-o", "xml"], "-o 'xml' is neither text nor json"),
    (["--quick"], "--quick: unknown option"),
    (["race", "--lab", "docker"], "--lab docker: build/lab/devices.yaml is not there (make lab-up"),
])
def test_bad_input_is_one_sentence(arguments, says, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("poller-lab: ") and done.stderr.count("\n") == 1, done.stderr
    assert says in done.stderr


def test_a_page_that_cannot_be_written_is_told_before_anything_runs():
    done = run("race", "--html", "/nowhere/at/all.html")
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("poller-lab: /nowhere/at/all.html could not be written")


def test_a_directory_that_is_not_there_is_told():
    done = run("race", TMPDIR="/nowhere")
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("poller-lab: no directory for the experiments in /nowhere: ")


# --- the quick ones ---

@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def quick(place):
    """All of them in one run: its JSON, and its page."""
    done = run(*QUICK, "-o", "json", "--html", str(place / "report.html"), TMPDIR=str(place))
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_json_has_the_keys_of_the_contract(quick):
    assert set(quick) == {"schema", "kind", "machine", "experiments"}
    assert (quick["schema"], quick["kind"]) == (1, "experiments")
    assert set(quick["machine"]) == {"cores", "memory_mib", "kernel", "architecture", "lab"}
    assert quick["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert quick["machine"]["lab"] == "sim"
    assert [one["id"] for one in quick["experiments"]] == QUICK
    for one in quick["experiments"]:
        assert set(one) == KEYS
        for number in one["numbers"]:
            assert set(number) == {"name", "unit", "median", "low", "high", "n"}
            assert number["low"] <= number["median"] <= number["high"] and number["n"] >= 1


def test_each_gives_a_verdict_with_its_rule(quick):
    claims = dict(CLAIMS)
    for one in quick["experiments"]:
        assert one["verdict"] in VERDICTS
        assert one["verdict"] == SURE.get(one["id"], one["verdict"]), one
        assert (one["depends_on"] is not None) == (one["verdict"] == "depends")
        assert one["claim"] == claims[one["id"]]
        assert len(one["method"]) > 20 and one["numbers"] and one["seconds"] >= 0
        assert re.search(r"\d", one["rule"]), one["rule"]


def number(finding, name):
    (found,) = [one for one in finding["numbers"] if one["name"] == name]
    return found["median"]


def test_controls_show_the_opposite(quick):
    found = {one["id"]: one for one in quick["experiments"]}
    assert number(found["race"], "updates lost, under a mutex") == 0
    assert number(found["race"], "updates lost, atomic") == 0
    assert number(found["deadlock"], "of 2 x 2000 times, one order") == 0
    inside = "most threads inside at once, with "
    counts = [number(found["primitives"], inside + what)
              for what in ("nothing", "a mutex", "a semaphore")]
    assert counts == [max(counts), 1, 3] and counts[0] > 3


def test_html_is_a_page(quick, place):
    page = (place / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "children-live-on" in page


def test_nothing_stays_in_the_directory_for_temporary_files(quick, place):
    assert [path.name for path in place.iterdir()] == ["report.html"]


# --- for people ---

def on_a_terminal(*arguments, **env):
    """What is written to a terminal."""
    said, out = pty.openpty()
    text = b""
    with subprocess.Popen([BINARY, "experiments", *arguments], stdout=out, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env=env_of(**env)) as process:
        os.close(out)
        try:
            while part := os.read(said, 65536):
                text += part
        except OSError:
            pass  # the end of a terminal
        process.communicate(timeout=LIMIT_S)
    os.close(said)
    assert process.returncode == 0
    return text.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def texts():
    """The one with curves that is quickest, with a table behind; and without CPython."""
    ids = ["gil-interval", "primitives", "children-live-on"]
    return {"colour": on_a_terminal(*ids, "--python", "/nowhere/python3"),
            "plain": on_a_terminal(*ids, "--python", "/tmp", LC_ALL="C", NO_COLOR="1")}


@pytest.mark.parametrize("which", ["colour", "plain"])
def test_text_fits_eighty_columns(texts, which):
    for line in re.sub(r"\x1b\[\d+m", "", texts[which]).splitlines():
        assert len(line) <= 80 and line == line.rstrip(), line


def test_no_color_and_the_locale_are_respected(texts):
    assert "\x1b[36m" in texts["colour"]
    assert "\x1b" not in texts["plain"] and texts["plain"].isascii()


@pytest.mark.parametrize("which, signs", [("colour", "█▏▎▍▌▋▊▉"), ("plain", "#")])
def test_curves_are_drawn(texts, which, signs):
    charts = texts[which].split("speed-up of two threads (x) by piece (ms)\n")[1:]
    assert len(charts) == 2
    for chart in charts:
        bars = chart.splitlines()[:7]
        assert [bar.split()[0] for bar in bars] == ["0.1", "0.5", "2", "5", "10", "30", "100"]
        assert all(any(sign in bar for sign in signs) for bar in bars)


def test_the_table_closes_it(texts):
    table = texts["plain"].rpartition("experiment        verdict")[2]
    rows = [line for line in table.partition("\n\n")[0].splitlines()[1:] if line[0] != " "]
    assert [row.split()[0] for row in rows] == ["gil-interval", "primitives", "children-live-on"]
    assert re.match(r"primitives +holds +of 12 threads at most 1 is inside", rows[1])
    assert re.search(r"\nof 3: holds \d, does not hold \d, depends \d\n$", table)


def test_one_alone_has_no_table():
    done = run("shared-memory")
    assert done.stdout.startswith("== shared-memory: holds\n")
    assert "experiment        verdict" not in done.stdout


# --- what a machine may lack ---

def test_what_cannot_be_run_beside_is_told(texts):
    assert "\nskipped: CPython beside it: there is no program '/nowhere/python3'\n" in texts["colour"]
    assert "\nskipped: CPython beside it: /tmp did not run the script to its end\n" in texts["plain"]


def test_gil_without_python_still_has_a_verdict():
    found = findings("gil", "--python", "")["gil"]
    assert found["skipped"] == ["CPython beside it: there is no program ''"]
    assert found["verdict"] in VERDICTS and found["rule"]
    assert len(found["numbers"]) == 4
    assert not any("CPython" in one["name"] for one in found["numbers"])


def one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def test_on_one_core_what_needs_two_depends():
    found = findings("placement", "lock-off", preexec=one_core)
    for one in found.values():
        assert (one["verdict"], one["depends_on"]) == ("depends", "a second core"), one


# --- interrupted ---

def children(pid):
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        found = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return found + [one for child in found for one in children(child)]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def family_with_a_simulator(process):
    """All processes of a run, as soon as a simulator is among them."""
    for _ in range(LIMIT_S * 100):
        family = children(process.pid)
        if any(command_of(pid)[1:2] == [b"sim"] for pid in family):
            return family
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("no simulator came")


def alive(pids):
    return [pid for pid in pids if command_of(pid)[1:2] in ([b"sim"], [b"experiments"])]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_nothing(number, tmp_path):
    with subprocess.Popen([BINARY, "experiments", "shared-memory", "gil", "--python", ""], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env_of(TMPDIR=str(tmp_path))) as process:
        family = family_with_a_simulator(process)
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert err == "poller-lab: interrupted in gil\n"
    assert "== shared-memory: holds" in out
    assert alive(family) == [] and list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_no_simulator(tmp_path):
    with subprocess.Popen([BINARY, "experiments", "gil", "--python", ""], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env=env_of(TMPDIR=str(tmp_path))) as process:
        family = family_with_a_simulator(process)
        process.kill()
        process.wait(LIMIT_S)
    for _ in range(LIMIT_S * 100):
        if not alive(family):
            return
        time.sleep(0.01)
    raise AssertionError(f"these live on: {alive(family)}")
