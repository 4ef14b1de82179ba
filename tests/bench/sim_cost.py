#!/usr/bin/env python3
"""What the device simulator costs, beside its goals: the time to its start, memory per open session,
and processor time per SSH session served (login, one command, close).

poller is the client, with one loop; it and the simulator share the machine. The memory is that of
the shards, at the moment with most sessions open, over what they had before the first.
"""

import argparse
import os
import re
import subprocess
import tempfile
import threading

import bench_common as bench
from lab_sim import Sim

WATCH_S = 0.25
POLL = ("-m", "events", "--host-key", "off", "-o", "none", "-q", "-t", 120, "--timeout", 120)


class Watch:
    """The most sessions that were open at once, and the memory then, sampled while a client runs."""

    def __init__(self, sim):
        self.sim = sim
        self.best = (0, 0)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(WATCH_S):
            rss = self.sim.rss_kib()
            self.best = max(self.best, (self.sim.stats_now()["logins"]["now"], rss))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def started_ms(sim):
    return int(re.search(r"(\d+) ms$", sim.ready.strip())[1])


def memory(devices, think, place):
    """Milliseconds to the start, sessions at once, KiB each."""
    with Sim("--devices", devices, "--think", think, directory=place) as sim:
        inventory = sim.inventory()
        before = sim.rss_kib()
        with Watch(sim) as watch:
            subprocess.run(bench.poller(inventory, "-n", devices, *POLL), check=True)
        sessions, rss = watch.best
        return started_ms(sim), sessions, (rss - before) / sessions


def processor(devices, place):
    """Milliseconds of processor time per session of each, and how many were served."""
    with Sim("--devices", devices, directory=place) as sim:
        inventory = sim.inventory()
        before = sim.cpu_s()
        subprocess.run(bench.poller(inventory, "-n", 200, *POLL), check=True)
        served = sim.stats_now()["logins"]["total"]
        return 1000 * (sim.cpu_s() - before) / served, served


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=10000)
    parser.add_argument("--think", default="15s", help="keeps the sessions open (15s)")
    parser.add_argument("--repeats", type=int, default=3, help="of the processor time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        start_ms, sessions, kib = memory(options.devices, options.think, place)
        samples = [processor(options.devices // 2, place) for _ in range(options.repeats)]
    each_ms = bench.median([ms for ms, _ in samples])
    spread = f"{min(samples)[0]:.2f}-{max(samples)[0]:.2f}"
    print(f"device simulator, {options.devices} devices, {os.cpu_count()} cores")
    bench.print_table(("", "measured", "goal"), [
        ("start, ms", start_ms, "< 1000"),
        ("sessions open at once", sessions, options.devices),
        ("resident memory a session, KB", f"{kib * 1.024:.1f}", "<= 30"),
        (f"processor time an SSH session, ms (of {samples[0][1]}, {options.repeats} runs: {spread})",
         f"{each_ms:.2f}", "<= 0.7"),
    ])


if __name__ == "__main__":
    main()
