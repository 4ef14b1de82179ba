#!/usr/bin/env python3
"""`--login-rate 50`, as the devices see it: log-ins in any sliding second, and on average.

The simulator counts each attempt to log in by milliseconds, over all its processes. Goals: in any
second at most 55, and from the first to the last at least 45 a second. Some refuse the password: a
refusal is an attempt like any other.
"""

import argparse
import tempfile
import time
from pathlib import Path

import bench_common as bench
from book import rest
from lab_sim import Sim
from poller_run import poll

LIMIT_S = 300
RUNS = {
    "sequential": ("-m", "sequential"),
    "threads": ("-m", "threads", "-n", 100),
    "processes": ("-m", "processes", "-n", 20),
    "hybrid, 4 processes": ("-m", "hybrid", "-n", 100, "--processes", 4),
    "events": ("-m", "events", "-n", 100),
    "events, 4 shards": ("-m", "events", "-n", 100, "--shards", 4),
}


def measure(mode, rate, devices):
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place, \
            Sim("--devices", devices, "--misbehave", "auth_refused:5%", directory=Path(place)) as sim:
        inventory = sim.inventory()
        began = time.monotonic()
        outcome = poll("--host-key", "off", "--no-progress", "--login-rate", rate, *RUNS[mode],
                       inventory=inventory, output="jsonl", limit_s=LIMIT_S)
        elapsed_s = time.monotonic() - began
        attempts = rest(sim)["attempts"]
    classes = {record["class"] for record in outcome.record_list}
    if classes - {None, "auth"}:
        raise RuntimeError(f"{mode}: {classes}: {outcome}")
    return (mode, attempts["total"], attempts["most_in_a_second"], f"{attempts['per_second']:.1f}",
            f"{elapsed_s:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--modes", default=";".join(RUNS), help="separated by ;")
    options = parser.parse_args()
    rows = [("", "", f"goal <= {1.1 * options.rate:.0f}", f"goal >= {0.9 * options.rate:.0f}", "")]
    rows += [measure(mode, options.rate, options.devices) for mode in options.modes.split(";")]
    print(f"--login-rate {options.rate:g}, {options.devices} devices")
    bench.print_table(("mode", "log-ins", "most in a second", "a second", "elapsed"), rows)


if __name__ == "__main__":
    main()
