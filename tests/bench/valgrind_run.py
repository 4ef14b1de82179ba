#!/usr/bin/env python3
"""Runs poller under valgrind on a hundred devices, every tenth of which fails, in every mode; then
the device simulator, with five hundred sessions.

Any invalid access, use of an uninitialised value or definite leak fails. Skipped aloud where
valgrind is missing.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import bench_common as bench
import valgrind_sim
from fake_device import FakeDevice, RefusedPort
from poller_run import BINARY, MODES

DEVICES = 100
WELL = ("router", "false_prompt", "stubborn_pager", "dirty_output")
FAULTS = ("password_refused", "half_output", "closes_mid_output", "compression_bomb")
SSH_FAULTS = ("not_ssh", "no_common_kex", "disconnects", "banner_garbage")
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--num-callers=25",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--trace-children=yes", "--fair-sched=yes", "--soname-synonyms=somalloc=*tcmalloc*",
            f"--suppressions={Path(__file__).with_name('valgrind.supp')}"]
LIMIT_S = 300


def telnet_entry(stack, name):
    device = stack.enter_context(FakeDevice(name))
    return {"host": device.host, "port": device.port, "platform": "cisco_ios",
            "transport": "telnet", "username": "lab", "password": "lab",
            "secret": "lab-enable", "commands": ["show version"]}


def ssh_entry(stack, name):
    device = stack.enter_context(FakeDevice(name))
    return {"host": device.host, "port": device.port, "platform": "linux",
            "username": "lab", "password": "lab", "commands": ["true"]}


def all_entries(stack, made):
    """A hundred devices, every tenth of which fails."""
    well = [telnet_entry(stack, name) for name in WELL]
    for device in made.devices.values():
        well.append(bench.by_key(made, device["port"]))
        well.append(bench.by_key(made, device["port"], platform="linux"))
    bad = [telnet_entry(stack, name) for name in FAULTS]
    bad += [ssh_entry(stack, name) for name in SSH_FAULTS]
    bad.append({**bad[-1], "port": stack.enter_context(RefusedPort()).port})
    return {f"d{number:03d}": (bad[number // 10 % len(bad)] if number % 10 == 9
                               else well[number % len(well)]) for number in range(DEVICES)}


def run_mode(mode, inventory):
    """True if valgrind found nothing."""
    argv = [*VALGRIND, BINARY, "-f", str(inventory), "--platforms", bench.PLATFORMS, "-m", mode,
            "-n", "6", "--timeout", "10", "-t", "30", "-o", "none", "--exit-zero"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    found = [line for line in done.stderr.splitlines() if line.startswith("==")]
    closing = next((line for line in done.stderr.splitlines() if " devices: " in line), "no end")
    print(f"{mode}: exit {done.returncode}, {len(found)} lines of valgrind; {closing}")
    well = done.returncode == 0 and not found and f"{DEVICES} devices: 90 ok, 10 failed" in closing
    if not well:
        print("\n".join(found) or done.stderr)
    return well


def run_simulator(*options):
    """True if valgrind found nothing, and all sessions came and went."""
    said, stats, code = valgrind_sim.run(
        VALGRIND, lambda inventory: bench.poller(inventory), *options)
    found = [line for line in said.splitlines() if line.startswith("==")]
    print(f"simulator {' '.join(options)}: exit {code}, {len(found)} lines of valgrind; "
          f"{stats['connections']['total']} connections, {stats['logins']['total']} sessions, "
          f"{stats['shed']} shed")
    well = (code == 0 and not found and stats["connections"]["now"] == 0
            and stats["connections"]["total"] > valgrind_sim.DEVICES * 0.9)
    if not well:
        print("\n".join(found) or said)
    return well


def main():
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is missing (package valgrind)")
        return 0
    with bench.lab(2) as made, ExitStack() as stack, tempfile.TemporaryDirectory() as place:
        entries = all_entries(stack, made)
        inventory = bench.write_inventory(place, entries)
        well = [run_mode(mode, inventory) for mode in MODES]
    well += [run_simulator(), run_simulator("--rtt", "5ms", "--jitter", "1ms")]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
