#!/usr/bin/env python3
"""Whether the simulator grows: its memory before and after 100,000 sessions and 10,000 half-open
log-ins, after crowds of clients that vanish and flood, and after all of that once more.

What the first crowd needed the allocator keeps; what counts is that the second adds nothing.
"""

import argparse
import subprocess
import tempfile
import time

import bench_common as bench
import sim_clients
from lab_sim import Sim

HOST = "127.1.0.2"
GRACE = "5s"
AT_ONCE = 200
GOAL_KIB = 1024


def sessions(sim, inventory, n, devices):
    for _ in range(n // devices):
        subprocess.run(bench.poller(inventory, "-m", "events", "-n", AT_ONCE, "-o", "none", "-q",
                                    "--host-key", "off", "-t", 60), check=True)


def half_open(sim, n):
    """They wait until they are dropped."""
    clients = sim_clients.half_open(HOST, sim.port, n)
    settle(sim)
    for client in clients:
        client.close()


def vanish(sim, n):
    for _ in range(n):
        sim_clients.vanish_over_ssh(HOST, sim.port)
        sim_clients.vanish_over_telnet(HOST, sim.port + 1)


def flood(sim):
    for make in sim_clients.SSH_FLOODS.values():
        sim_clients.flood(client := sim_clients.connect(HOST, sim.port), make())
        client.close()
    for make in sim_clients.TELNET_FLOODS.values():
        for is_logged_in in (False, True):
            with sim_clients.Terminal(sim.port + 1, HOST) as terminal:
                if is_logged_in:
                    terminal.log_in()
                sim_clients.flood(terminal.socket, make())


def settle(sim):
    for _ in range(600):
        if (now := sim.stats_now())["connections"]["now"] == 0:
            return now
        time.sleep(0.1)
    raise RuntimeError(f"connections are left: {now['connections']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100000)
    parser.add_argument("--half-open", type=int, default=10000)
    options = parser.parse_args()
    half = min(options.half_open, 10000)
    if not sim_clients.allow_descriptors(half + 100):
        raise SystemExit(f"{half} half-open log-ins need as many descriptors (ulimit -n)")
    devices, rows, last = 1000, [], 0
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        with Sim("--devices", devices, directory=place, only_sim=["--login-grace", GRACE]) as sim:
            mixed = sim.inventory("--transport", "ssh:80%,telnet:20%")
            steps = [(f"{half} half-open log-ins", lambda: half_open(sim, half)),
                     ("clients that vanish, 1,300", lambda: vanish(sim, 50)),
                     ("floods, 17 of 4 MB", lambda: flood(sim)),
                     ("5,000 sessions", lambda: sessions(sim, mixed, 5000, devices))]
            steps += [(f"{options.sessions - 10000} sessions more", lambda: sessions(
                sim, mixed, options.sessions - 10000, devices))]
            steps += [(name + ", again", step) for name, step in steps[:4]]
            # How many come to which shard is chance: the most of two times is what is kept.
            steps.insert(1, (steps[0][0] + ", twice", steps[0][1]))
            rows.append(("at the start", sim.rss_kib(), "", "", 0))
            for name, step in steps:
                started, before = time.monotonic(), sim.rss_kib()
                step()
                stats = settle(sim)
                last = sim.rss_kib()
                later = "again" in name or "more" in name
                rows.append((name, last, f"{last - before:+d}", f"<= +{GOAL_KIB}" if later else "",
                             f"{time.monotonic() - started:.0f}"))
    print(f"memory of the simulator after {stats['logins']['total']} sessions and "
          f"{stats['connections']['total']} connections: {stats['logins']['logged_out']} logged out, "
          f"{stats['logins']['dropped']} dropped, {stats['shed']} shed")
    bench.print_table(("after", "KiB", "growth", "goal", "s"), rows)


if __name__ == "__main__":
    main()
