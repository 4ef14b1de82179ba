#!/usr/bin/env python3
"""Runs poller under valgrind against a small lab and devices that misbehave, in every mode.

Any invalid access, use of an uninitialised value or definite leak fails. Skipped aloud where
valgrind is missing.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack

import bench_common as bench
from fake_device import FakeDevice, RefusedPort
from poller_run import BINARY, MODES

FAULTS = ("router", "false_prompt", "stubborn_pager", "password_refused", "half_output",
          "closes_mid_output", "dirty_output", "compression_bomb")
SSH_FAULTS = ("not_ssh", "no_common_kex", "disconnects", "banner_garbage")
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--num-callers=25",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--trace-children=yes", "--fair-sched=yes"]
LIMIT_S = 300


def fake_entries(stack):
    entries = {}
    for name in FAULTS:
        device = stack.enter_context(FakeDevice(name))
        entries[name] = {"host": device.host, "port": device.port, "platform": "cisco_ios",
                         "transport": "telnet", "username": "lab", "password": "lab",
                         "secret": "lab-enable", "commands": ["show version"]}
    for name in SSH_FAULTS:
        device = stack.enter_context(FakeDevice(name))
        entries[name] = {"host": device.host, "port": device.port, "platform": "linux",
                         "username": "lab", "password": "lab", "commands": ["true"]}
    entries["refused"] = {**entries["not_ssh"], "port": stack.enter_context(RefusedPort()).port}
    return entries


def run_mode(mode, inventory):
    """True if valgrind found nothing."""
    argv = [*VALGRIND, BINARY, "-f", str(inventory), "--platforms", bench.PLATFORMS, "-m", mode,
            "-n", "6", "--timeout", "10", "-t", "30", "-o", "none", "--exit-zero"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    found = [line for line in done.stderr.splitlines() if line.startswith("==")]
    print(f"{mode}: exit {done.returncode}, {len(found)} lines of valgrind")
    if found or done.returncode != 0:
        print("\n".join(found) or done.stderr)
    return done.returncode == 0 and not found


def main():
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is missing (package valgrind)")
        return 0
    with bench.lab(2) as made, ExitStack() as stack, tempfile.TemporaryDirectory() as place:
        entries = fake_entries(stack)
        for name, device in list(made.devices.items()):
            entries[name] = bench.by_key(made, device["port"])
            entries[f"{name}_exec"] = bench.by_key(made, device["port"], platform="linux")
        inventory = bench.write_inventory(place, entries)
        return 0 if all([run_mode(mode, inventory) for mode in MODES]) else 1


if __name__ == "__main__":
    sys.exit(main())
