#!/usr/bin/env python3
"""How many round trips a session takes: the extra time behind a delaying relay, over the delay.

Each row is measured without delay and with it; (t_delayed - t_plain) / rtt is the count. `last
byte` ends with the command's output, `all` with the log-out. Where the log-out is confirmed by its
echo (proof next_echo), the time to the verdict is one round trip behind the last byte.
"""

import argparse
import json
import tempfile

import bench_common as bench
import peers
from relay import Relay


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


def count(times, port, rtt_s, repeats):
    """Medians over the repeats, plain and delayed in turn."""
    with Relay(port, 0.0) as plain, Relay(port, rtt_s) as delayed:
        samples = [(times(plain.port), times(delayed.port)) for _ in range(repeats)]
    return [bench.median([(slow[part] - fast[part]) / rtt_s for fast, slow in samples])
            for part in (0, 1)]


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
            table.append((name, f"{found[0]:.1f}", f"{found[1]:.1f}", goal))
        login = {"password": "lab"} if made.has_accounts else {"key": made.key}
        for name in peers.install():
            found = count(lambda at, name=name: peer_times(name, made, at, login), port,
                          options.rtt, options.repeats)
            label = f"{name}, shell, {next(iter(login))}"
            table.append((label, f"{found[0]:.1f}", f"{found[1]:.1f}", ""))
    print(f"round trips, {options.rtt:g} s each, median of {options.repeats}")
    bench.print_table(("session", "to the last byte", "with the log-out", "goal"), table)


if __name__ == "__main__":
    main()
