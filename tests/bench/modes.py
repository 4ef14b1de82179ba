#!/usr/bin/env python3
"""How near each mode comes to ceil(devices / workers) times what one device takes.

The devices are equal: OpenSSH servers whose command takes --think seconds of their own time. What
one device takes is the median of visits made alone. The goal for threads is 1.15 at most.
"""

import argparse
import json
import math
import tempfile

import bench_common as bench


def run_object(inventory, mode, workers):
    out, _ = bench.run_child(bench.poller(inventory, "-m", mode, "-n", workers, "-o", "json", "-q"))
    return json.loads(out)["run"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=40)
    parser.add_argument("--workers", default="5,10,20")
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--modes", default="threads,processes,hybrid,events")
    options = parser.parse_args()
    rows = []
    with bench.lab(min(options.devices, 20), options.think) as made, \
            tempfile.TemporaryDirectory() as place:
        ports = [device["port"] for device in made.devices.values()]
        devices = {f"d{number:03d}": bench.by_key(made, ports[number % len(ports)])
                   for number in range(options.devices)}
        alone = bench.write_inventory(place, {"d000": devices["d000"]}, "alone.yaml")
        inventory = bench.write_inventory(place, devices)
        one_ms = bench.median([run_object(alone, "sequential", 1)["elapsed_ms"] for _ in range(5)])
        for mode in options.modes.split(","):
            for workers in (int(count) for count in options.workers.split(",")):
                run = run_object(inventory, mode, workers)
                ideal_ms = math.ceil(options.devices / workers) * one_ms
                rows.append((mode, workers, f"{run['elapsed_ms'] / 1000:.2f} s",
                             f"{ideal_ms / 1000:.2f} s", f"{run['elapsed_ms'] / ideal_ms:.3f}",
                             run["failed"]))
    print(f"{options.devices} devices, one alone takes {one_ms / 1000:.3f} s")
    bench.print_table(("mode", "workers", "elapsed", "ideal", "elapsed/ideal", "failed"), rows)


if __name__ == "__main__":
    main()
