#!/usr/bin/env python3
"""Processor time of the client per shell session: poller beside asyncssh and paramiko.

All in one run, in alternating order, against the same OpenSSH servers on loopback: key login, a
shell on a terminal, one input to set it up, one command, exit. `whole` is all of the client's time
over its sessions. `each` leaves out what starting costs: (time of many - time of few) over the
difference in sessions. Ratios are those of `each`.
"""

import argparse
import tempfile

import bench_common as bench
import peers

FEW = 10


def clients(made, ports, options, place):
    """name: a function of the number of sessions that gives the command line."""
    def inventory(sessions):
        devices = {f"d{number:04d}": bench.by_key(made, ports[number % len(ports)])
                   for number in range(sessions)}
        return bench.write_inventory(place, devices, f"devices{sessions}.yaml")

    files = {sessions: inventory(sessions) for sessions in (FEW, options.sessions)}
    found = {}
    for mode in options.modes.split(","):
        found[f"poller {mode}"] = lambda sessions, mode=mode: bench.poller(
            files[sessions], "-m", mode, "-n", options.at_once, "-o", "none", "-q")
    for name in peers.install():
        found[name] = lambda sessions, name=name: peers.command(name, ports, {
            "sessions": sessions, "at-once": options.at_once, "user": made.user, "key": made.key})
    return found


def measure(found, options):
    """Milliseconds of processor time: name -> list of (whole, each), one pair a repeat."""
    samples = {name: [] for name in found}
    for repeat in range(options.repeats):
        order = list(found) if repeat % 2 == 0 else list(found)[::-1]
        for name in order:
            _, few_s = bench.run_child(found[name](FEW))
            _, many_s = bench.run_child(found[name](options.sessions))
            each_ms = 1000 * (many_s - few_s) / (options.sessions - FEW)
            samples[name].append((1000 * many_s / options.sessions, each_ms))
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--servers", type=int, default=5)
    parser.add_argument("--modes", default="events,threads")
    options = parser.parse_args()
    with bench.lab(options.servers) as made, tempfile.TemporaryDirectory() as place:
        ports = [device["port"] for device in made.devices.values()]
        samples = measure(clients(made, ports, options, place), options)
    base = bench.median([each for _, each in next(iter(samples.values()))])
    rows = []
    for name, pairs in samples.items():
        whole, each = (bench.median([pair[part] for pair in pairs]) for part in (0, 1))
        spread = f"{min(pair[1] for pair in pairs):.2f}-{max(pair[1] for pair in pairs):.2f}"
        rows.append((name, f"{each:.2f}", spread, f"{whole:.2f}", f"{each / base:.1f}x"))
    print(f"client processor time per shell session, ms: {options.sessions} sessions, "
          f"{options.at_once} at once, median of {options.repeats}")
    bench.print_table(("client", "each", "least-most", "whole", "ratio"), rows)


if __name__ == "__main__":
    main()
