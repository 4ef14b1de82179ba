#!/usr/bin/env python3
"""One loop beside several forked ones: `-m events` with --shards 1, 2, 4 and the default, against
the device simulator on the same machine, in alternating order.

Elapsed and the client's processor time, start and inventory included, medians; `x` is beside one
loop. The simulator takes its part of the same cores, so this is the least that shards can gain.
"""

import argparse
import os
import tempfile
import time

import bench_common as bench
from lab_sim import Sim

COMMON = ("-m", "events", "--host-key", "off", "-o", "none", "-q", "-t", 120, "--timeout", 120)


def measured(inventory, workers, shards):
    more = () if shards == "default" else ("--shards", shards)
    started = time.monotonic()
    _, cpu_s = bench.run_child(bench.poller(inventory, "-n", workers, *more, *COMMON))
    return time.monotonic() - started, cpu_s


def compare(inventory, workers, choices, repeats):
    samples = {shards: [] for shards in choices}
    for repeat in range(repeats):
        for shards in choices if repeat % 2 == 0 else choices[::-1]:
            samples[shards].append(measured(inventory, workers, shards))
    return {shards: [bench.median([pair[part] for pair in pairs]) for part in (0, 1)]
            for shards, pairs in samples.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", default="10,50,100,200,500,2000,10000")
    parser.add_argument("--shards", default="1,2,4,default")
    parser.add_argument("--devices", type=int, default=4000, help="or as many as workers")
    parser.add_argument("--think", default="0s")
    parser.add_argument("--rtt", default="0s")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    choices = options.shards.split(",")
    rows = []
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        for workers in (int(count) for count in options.workers.split(",")):
            devices = max(options.devices, workers)
            with Sim("--devices", devices, "--think", options.think, "--rtt", options.rtt,
                     directory=place) as sim:
                found = compare(sim.inventory(), workers, choices, options.repeats)
            base = found[choices[0]]
            for shards, (elapsed_s, cpu_s) in found.items():
                rows.append((f"-n {workers}", shards, f"{elapsed_s:.2f} s",
                             f"{elapsed_s / base[0]:.2f}x", f"{1000 * cpu_s / devices:.3f} ms",
                             f"{cpu_s / base[1]:.2f}x"))
    print(f"{options.devices} devices or as many as workers, think {options.think}, round trip "
          f"{options.rtt}, {os.cpu_count()} cores for both ends, median of {options.repeats}")
    bench.print_table(("workers", "shards", "elapsed", "x", "CPU per device", "x"), rows)


if __name__ == "__main__":
    main()
