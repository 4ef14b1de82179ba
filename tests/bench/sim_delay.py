#!/usr/bin/env python3
"""How well the simulator keeps a round trip, seen from outside, beside the goal: a plain Telnet client
times single keys until their echo, and connections until their first byte, while 1,000 SSH sessions
are open and 100 more log in every second.

Two round trips lie between a connect on loopback and the first byte: 1.5 that the handshake of a
real one would take to reach the device, 0.5 for the byte. Client, poller and simulator share the
machine; the client asks for a higher priority, so as not to measure its own waiting.
"""

import argparse
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager

import bench_common as bench
from lab_sim import Sim
from sim_clients import Terminal

# Some thirty of them are logging in or out at any moment.
AT_ONCE = 1030
# Sessions end after 10 s on the average, so that 100 begin in every second.
THINK = "uniform:5s,15s"
SETTLE_S = 12
KEYS_PER_CONNECT = 5
LINE_MAX = 40
KILL_LINE = b"\x15"


class Keys(Terminal):
    """Single keys, at a prompt."""

    typed = 0

    def key_s(self):
        """Seconds from a key to its echo."""
        started = time.perf_counter()
        self.socket.sendall(b"x")
        echo = self.socket.recv(4096)
        took = time.perf_counter() - started
        if echo != b"x":
            raise RuntimeError(f"the echo of x is {echo[-200:]!r}")
        self.typed += 1
        if self.typed % LINE_MAX == 0:
            self.seen = b""
            self.socket.sendall(KILL_LINE)
            while self.seen.count(b"\b \b") < LINE_MAX:
                self.seen += self.socket.recv(4096)
        return took


def measure(port, until):
    """Seconds: of keys, and of connections to their first byte."""
    keys, connects = [], []
    with hurrying():
        terminal = Keys(port)
        terminal.log_in()
        while time.monotonic() < until:
            keys += [terminal.key_s() for _ in range(KEYS_PER_CONNECT)]
            other = Terminal(port)
            connects.append(other.first_byte_s)
            other.socket.close()
    return keys, connects


@contextmanager
def hurrying():
    """A higher priority for the client alone, where that may be had."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        print("no higher priority is allowed: the client's own waiting is in the figures")
    yield
    os.setpriority(os.PRIO_PROCESS, 0, 0)


def under_load(rtt_ms, seconds, place):
    with Sim("--devices", AT_ONCE * 2 + 100 * (seconds + SETTLE_S), "--rtt", f"{rtt_ms}ms",
             "--think", THINK, directory=place) as sim:
        argv = bench.poller(sim.inventory(), "-m", "events", "-n", AT_ONCE, "-o", "none", "-q",
                            "--host-key", "off", "-t", 60, "--timeout", 60)
        load = subprocess.Popen(argv)
        try:
            time.sleep(SETTLE_S)
            before, begun, cpu = sim.stats_now(), time.monotonic(), sim.cpu_s()
            keys, connects = measure(sim.port + 1, begun + seconds)
            took = time.monotonic() - begun
            after, cpu = sim.stats_now(), (sim.cpu_s() - cpu) / took
            if load.poll() is not None:
                raise RuntimeError("the load ended before the measurement")
        finally:
            load.terminate()
            load.wait()
    # The client's own connections never log in, but for the first.
    rate = (after["logins"]["total"] - before["logins"]["total"]) / took
    return keys, connects, (before["logins"]["now"], after["logins"]["now"], rate, cpu)


def alone(rtt_ms, seconds, place):
    with Sim("--devices", 1, "--rtt", f"{rtt_ms}ms", directory=place) as sim:
        return measure(sim.port + 1, time.monotonic() + seconds)


def rows(what, samples, wanted_ms):
    over = sorted(1000 * s - wanted_ms for s in samples)
    p99 = over[min(len(over) - 1, int(0.99 * len(over)))]
    return [(f"{what} ({len(over)})", f"{wanted_ms:g}", f"{over[0]:+.2f}",
             f"{bench.median(over):+.2f}", f"within {1 + 0.02 * wanted_ms:.1f}", f"{p99:+.2f}",
             "within 5", f"{over[-1]:+.2f}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rtt", type=float, default=20, help="milliseconds (20)")
    parser.add_argument("--seconds", type=int, default=25, help="of measuring (25)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        idle = alone(options.rtt, 3, place)
        keys, connects, (first, last, rate, cpu) = under_load(options.rtt, options.seconds, place)
    print(f"delay line, rtt {options.rtt:g} ms, {first} to {last} sessions open, {rate:.0f} logins a "
          f"second, {os.cpu_count()} cores ({cpu:.2f} of them the simulator's)")
    bench.print_table(
        ("ms beyond what was set", "set", "least", "median", "goal", "p99", "goal", "most"),
        rows("key to echo", keys, options.rtt) + rows("connect to byte", connects, 2 * options.rtt)
        + rows("alone: key to echo", idle[0], options.rtt)
        + rows("alone: connect to byte", idle[1], 2 * options.rtt))


if __name__ == "__main__":
    main()
