#!/usr/bin/env python3
"""How many round trips a session takes, in two ways that must agree: what a longer delay adds to its
time, and the relay's own count of what can have answered what.

Each row is measured behind a delay and behind twice that; (t_double - t_once) / rtt is the first.
Not against no delay at all: work that hides behind the wire would be taken off. `last byte` ends
with the command's output, `all` with the log-out; the relay counts to the log-out. Where the
log-out is confirmed by its echo (proof next_echo), the time to the verdict is one round trip behind
the last byte. A device that thinks for longer than the delay lets the count come out high.
"""

import argparse
import json
import tempfile

import bench_common as bench
import peers
from lab_relay import Relay


def poller_rows(made, port):
    """name, inventory entry, goal. The commands are one; the shell is set up by one input."""
    rows = []
    if made.has_accounts:
        password = bench.by_key(made, port, password="lab")
        del password["key_file"]
        rows += [("poller, shell, password", password, "10 / 11"),
                 ("poller, exec, password", {**password, "platform": "linux", "exec": True}, "7")]
    rows += [("poller, shell, key", bench.by_key(made, port), ""),
             ("poller, exec, key", bench.by_key(made, port, platform="linux", exec=True), "")]
    return rows


def vty_row(made):
    try:
        port = made.add_vty("vty")["port"]
    except bench.lab_servers.NotHere as reason:
        print(f"SKIPPED the VTY: {reason}")
        return []
    made.wait_ready()
    entry = {"host": "127.0.0.1", "port": port, "platform": "frr", "transport": "telnet",
             "password": "lab", "secret": "lab", "commands": ["show version"]}
    return [("poller, telnet, enable", entry, "")]


def poller_times(entry, port):
    """Seconds to the verdict and to the end, from the record's own clock."""
    with tempfile.TemporaryDirectory() as place:
        inventory = bench.write_inventory(place, {"device": {**entry, "port": port}})
        argv = bench.poller(inventory, "-m", "sequential", "-o", "jsonl", "-q", "-t", 60)
        timing = json.loads(bench.run_child(argv)[0])["timing_ms"]
    return (timing["total"] - timing["close"]) / 1000, timing["total"] / 1000


def peer_times(name, made, port, login):
    argv = peers.command(name, [port], {"sessions": 1, "user": made.user, **login})
    found = bench.run_json(argv)
    return found["last_byte_s"][0], found["total_s"][0]


def delaying(port, rtt_s):
    return Relay(port, "--rtt", f"{rtt_s:.6f}s", "--count")


def count(times, port, rtt_s, repeats):
    """Medians over the repeats, once and double in turn: by time in two parts, and counted."""
    with delaying(port, rtt_s) as once, delaying(port, 2 * rtt_s) as double:
        samples = [(times(once.port), times(double.port)) for _ in range(repeats)]
    by_time = [bench.median([(slow[part] - fast[part]) / rtt_s for fast, slow in samples])
               for part in (0, 1)]
    counted = bench.median([connection["round_trips"]
                            for connection in once.counts() + double.counts()])
    return [f"{by_time[0]:.1f}", f"{by_time[1]:.1f}", f"{counted:g}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rtt", type=float, default=0.1, help="seconds (0.1)")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    table = []
    with bench.lab(1) as made:
        port = made.devices["ssh00"]["port"]
        for name, entry, goal in poller_rows(made, port) + vty_row(made):
            found = count(lambda at, entry=entry: poller_times(entry, at), entry["port"],
                          options.rtt, options.repeats)
            table.append((name, *found, goal))
        login = {"password": "lab"} if made.has_accounts else {"key": made.key}
        for name in peers.install():
            found = count(lambda at, name=name: peer_times(name, made, at, login), port,
                          options.rtt, options.repeats)
            label = f"{name}, shell, {next(iter(login))}"
            table.append((label, *found, ""))
    print(f"round trips, {options.rtt:g} and {2 * options.rtt:g} s each, "
          f"median of {options.repeats}")
    bench.print_table(("session", "to the last byte", "with the log-out", "counted", "goal"), table)


if __name__ == "__main__":
    main()
