#!/usr/bin/env python3
"""How a run grows: with the number of devices, and with the number of open sessions.

Devices: the client's processor time for each, the most memory of its parent, and what a visit of
that many holds while it runs (private and its part of what is shared: PSS). Sessions: PSS with all
of them open, thinking, less the same with one, over their number. The simulator is on the same
machine; what it takes is not counted. `--write FILE` puts the tables into docs/SCALE.md, between
its marks.
"""

import argparse
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import bench_common as bench
from lab_sim import Sim
from poller_run import BINARY, environment

PATIENT = ("--host-key", "off", "--no-progress", "-q", "-t", 300, "--timeout", 600)
COMMAND = "show clock"
LIMIT_S = 1200
# A small run of as many workers as devices is one wave: all are in the same phase, which costs less.
DEVICES = {"events": ("-m", "events", "-n", 200), "threads": ("-m", "threads", "-n", 200)}
GROWTH_GOAL = 1.10
SESSIONS = {  # how: options, goal in KiB at the largest number
    "events, one loop": (("-m", "events", "--shards", 1), (100, 1000, 10000), 25),
    "events": (("-m", "events"), (1000, 10000), 25),
    "threads": (("-m", "threads"), (100, 1000, 4000), 70),
}
# One by one they are not logged in for ever, and the first must not be through before the last.
THINK_S = 20
MARKS = ("<!-- scale.py -->\n", "<!-- /scale.py -->\n")


def processes_of(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(int(child) for child in children)]


def kib(path, key):
    try:
        return int(re.search(rf"^{key}:\s+(\d+)", Path(path).read_text(), re.M)[1])
    except (OSError, TypeError):  # it ended meanwhile
        return 0


def pss_kib(pid):
    return sum(kib(f"/proc/{each}/smaps_rollup", "Pss") for each in processes_of(pid))


def client(inventory, options, out):
    argv = [BINARY, "-f", str(inventory), *(str(option) for option in (*options, *PATIENT))]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, env=environment())


class Visit:
    """A run over all devices of an inventory, watched while it goes on."""

    def __init__(self, inventory, options, place):
        out = Path(place) / "records.jsonl"
        self.parent_kib = self.pss_kib = 0
        started = time.monotonic()
        with open(out, "wb") as to:
            process = client(inventory, (*options, "-o", "jsonl"), to)
            looks = 0
            while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if time.monotonic() - started > LIMIT_S:
                    process.kill()
                self.parent_kib = max(self.parent_kib, kib(f"/proc/{process.pid}/status", "VmHWM"))
                if looks % 3 == 0:  # a costly look: it walks the client's memory
                    self.pss_kib = max(self.pss_kib, pss_kib(process.pid))
                looks += 1
                time.sleep(0.1)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        with open(out, "rb") as records:
            self.records = sum(1 for _ in records)
        out.unlink()
        if process.returncode != 0:
            raise RuntimeError(f"poller left with {process.returncode}")


def repeats_of(n, least):
    """A short run tells little by itself, and the least of many would flatter it."""
    return max(least, min(9, 30000 // n))


def by_devices(counts, least):
    rows = []
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        with Sim("--devices", max(counts), directory=place) as sim:
            found = {(how, n): [] for how in DEVICES for n in counts}
            files = {}
            for n in counts:
                path = Path(place) / f"devices{n}.yaml"
                path.touch(mode=0o600)
                path.write_bytes(sim.run("inventory", "--devices", str(n), "--command", COMMAND,
                                         "--ssh-port", str(sim.port)))
                files[n] = path
            for turn in range(max(repeats_of(n, least) for n in counts)):
                for how, n in found:
                    if turn < repeats_of(n, least):
                        found[how, n].append(Visit(files[n], DEVICES[how], place))
    for how in DEVICES:
        base = None
        for n in counts:
            visits = found[how, n]
            each = sorted(1000 * visit.cpu_s / n for visit in visits)
            base = base or bench.median(each)
            rows.append((" ".join(str(o) for o in DEVICES[how]), f"{n:,}",
                         f"{bench.median(each):.3f} ms", f"{each[0]:.3f}-{each[-1]:.3f}",
                         f"{bench.median(each) / base:.2f}x",
                         f"{max(visit.parent_kib for visit in visits) / 1024:.1f} MB",
                         f"{max(visit.pss_kib for visit in visits) / 1024:.1f} MB",
                         min(visit.records for visit in visits)))
    return rows


def open_kib(sim, inventory, options, n):
    """PSS with n sessions open and thinking; all are ended then."""
    with open(os.devnull, "wb") as nowhere:
        process = client(inventory, (*options, "-n", n, "-o", "none"), nowhere)
        try:
            for _ in range(LIMIT_S * 4):
                time.sleep(0.25)
                if sim.stats_now()["logins"]["now"] >= n:
                    break
            time.sleep(2)  # logged in is not yet thinking
            if (now := sim.stats_now()["logins"]["now"]) < n:
                raise RuntimeError(f"{now} sessions of {n} are open")
            return pss_kib(process.pid)
        finally:
            process.kill()
            process.wait()
            while sim.stats_now()["connections"]["now"] > 0:
                time.sleep(0.25)


def by_sessions(most):
    rows = []
    for how, (options, counts, goal) in SESSIONS.items():
        counts = [n for n in counts if n <= most]
        for n in counts:
            with tempfile.TemporaryDirectory(prefix="poller-bench-") as place, \
                    Sim("--devices", n, "--think", f"{THINK_S + n // 200}s",
                        directory=place) as sim:
                inventory = sim.inventory("--command", COMMAND)
                one = open_kib(sim, inventory, options, 1)
                each = (open_kib(sim, inventory, options, n) - one) / (n - 1)
            rows.append((how, f"{n:,}", f"{one / 1024:.1f} MB", f"{each:.1f} KB",
                         f"<= {goal} KB" if n == counts[-1] else ""))
    return rows


DEVICE_HEAD = ("mode", "devices", "CPU per device", "least-most", "beside the fewest", "parent's most",
               "in use", "records")
SESSION_HEAD = ("mode", "open", "with one", "per session", "goal")


def markdown(header, rows):
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in (header, *rows)]
    return "\n".join((lines[0], "|" + "---|" * len(header), *lines[1:])) + "\n"


def write(path, text):
    whole = Path(path).read_text(encoding="utf-8")
    before, _, rest = whole.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    if not rest or not after and MARKS[1] not in whole:
        raise SystemExit(f"{path} lacks the marks that the tables stand between")
    Path(path).write_text(before + MARKS[0] + text + MARKS[1] + after, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", default="1000,10000,100000")
    parser.add_argument("--sessions", type=int, default=10000, help="the most of them")
    parser.add_argument("--repeats", type=int, default=2, help="of the runs by devices, at least")
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    counts = [int(count) for count in options.devices.split(",") if count]
    parts = []
    if options.sessions:
        parts.append((f"memory of the client for each open session, {os.cpu_count()} cores",
                      SESSION_HEAD, by_sessions(options.sessions)))
    if counts:
        parts.append((f"one run over so many devices, {os.cpu_count()} cores for both ends; goal: "
                      f"CPU per device at most {GROWTH_GOAL:.2f}x the fewest's",
                      DEVICE_HEAD, by_devices(counts, options.repeats)))
    for title, header, rows in parts:
        print(title)
        bench.print_table(header, rows)
    if options.write:
        write(options.write, "\n".join(f"{title[0].upper()}{title[1:]}:\n\n{markdown(header, rows)}"
                                       for title, header, rows in parts))


if __name__ == "__main__":
    main()
