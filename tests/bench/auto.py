#!/usr/bin/env python3
"""`-n auto` beside the best number of a sweep: elapsed, in one run, in alternating order.

Devices of the simulator that think and are far away. What a sweep finds takes the time of all its
runs; auto has one, and does not know what it visits: near 1 is what it can reach where a run is
long enough to learn from. `-n 20` is where it begins. The simulator shares the cores.
"""

import argparse
import json
import os
import subprocess
import tempfile

import bench_common as bench
from lab_sim import Sim
from poller_run import environment

LIMIT_S = 600
# Of a sweep: smaller numbers would only take long.
LAPS_MAX = 100
COUNTS = {"threads": (20, 100, 300, 600), "events": (20, 100, 300, 1000, 2000),
          "processes": (20, 64), "hybrid": (20, 100, 300)}


def run(inventory, mode, count):
    argv = bench.poller(inventory, "-m", mode, "-n", count, "--host-key", "off", "-o", "json", "-q",
                        "-t", 120, "--timeout", 120)
    done = subprocess.run(argv, capture_output=True, check=True, timeout=LIMIT_S,
                          stdin=subprocess.DEVNULL, env=environment())
    return json.loads(done.stdout)["run"]


def sweep(inventory, mode, counts, repeats):
    """{count: its runs}"""
    found = {count: [] for count in counts}
    for repeat in range(repeats):
        for count in counts if repeat % 2 == 0 else counts[::-1]:
            found[count].append(run(inventory, mode, count))
    return found


def elapsed_s(runs):
    return bench.median([one["elapsed_ms"] for one in runs]) / 1000


def row(devices, mode, found):
    auto = found.pop("auto")
    best = min(found, key=lambda count: elapsed_s(found[count]))
    chosen = auto[0]["auto"]
    failed = sum(one["failed"] for one in auto)
    start = f"{elapsed_s(found[20]):.2f} s" if 20 in found else "-"
    return (devices, mode, f"{elapsed_s(auto):.2f} s", start,
            f"{elapsed_s(found[best]):.2f} s", best, f"{elapsed_s(auto) / elapsed_s(found[best]):.2f}x",
            f"{chosen['start']} to {chosen['most']}", chosen["backed_off"], failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", default="400,5460")
    parser.add_argument("--modes", default="threads,events")
    parser.add_argument("--think", default="300ms")
    parser.add_argument("--rtt", default="20ms")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        for devices in (int(count) for count in options.devices.split(",")):
            with Sim("--devices", devices, "--think", options.think, "--rtt", options.rtt,
                     directory=place) as sim:
                inventory = sim.inventory()
                for mode in options.modes.split(","):
                    counts = [n for n in COUNTS[mode] if devices / LAPS_MAX <= n < devices]
                    counts += [devices] if devices <= 1000 and mode != "processes" else []
                    found = sweep(inventory, mode, ["auto", *counts], options.repeats)
                    rows.append(row(devices, mode, found))
    print(f"think {options.think}, round trip {options.rtt}, {os.cpu_count()} cores for both ends, "
          f"median of {options.repeats}")
    bench.print_table(("devices", "mode", "auto", "-n 20", "best", "at", "auto/best", "at once",
                       "backed off", "failed"), rows)


if __name__ == "__main__":
    main()
