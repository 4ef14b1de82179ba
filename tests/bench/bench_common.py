"""What the measurements share: a lab, inventories, and a child's processor time."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
sys.path.insert(0, str(ROOT / "tests/e2e"))

import lab_servers  # noqa: E402
from poller_run import BINARY, inventory_text  # noqa: E402

PLATFORMS = str(ROOT / "tests/bench/platforms")
CHILD_LIMIT_S = 300


@contextmanager
def lab(servers, think=0.0):
    """A lab with that many SSH servers, gone at the end."""
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is missing: run make, or set POLLER_BIN")
    with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
        directory = Path(place) / "lab"
        try:
            made = lab_servers.Lab(directory, think)
            for number in range(servers):
                made.add_sshd(f"ssh{number:02d}")
            made.wait_ready()
            yield made
        finally:
            if (directory / "lab.json").exists():
                lab_servers.stop_lab(directory)


def by_key(made, port, **more):
    return {"host": "127.0.0.1", "port": port, "username": made.user, "key_file": str(made.key),
            "platform": "bench_shell", "commands": ["uname -a"], **more}


def write_inventory(directory, devices, name="devices.yaml"):
    path = Path(directory) / name
    path.touch(mode=0o600)
    path.write_text(inventory_text(devices, {"known_hosts": str(Path(directory) / "known_hosts")}),
                    encoding="utf-8")
    return path


def poller(inventory, *options):
    return [BINARY, "-f", str(inventory), "--platforms", PLATFORMS, "--no-progress",
            *(str(option) for option in options)]


def run_child(argv):
    """Runs it and returns its output, and the processor time of it and its children, in seconds.

    wait4 gives the time of this very child, so that nothing else that ran is counted."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        limit = threading.Timer(CHILD_LIMIT_S, child.kill)
        limit.start()
        _, status, usage = os.wait4(child.pid, 0)
        limit.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            raise RuntimeError(f"{argv[0]} left with {child.returncode}: "
                               f"{err.read()[-1500:].decode('utf-8', 'replace')}"
                               f"{out.read()[-1500:].decode('utf-8', 'replace')}")
        return out.read(), usage.ru_utime + usage.ru_stime


def run_json(argv):
    """The last line of its output, read as JSON."""
    return json.loads(run_child(argv)[0].splitlines()[-1])


def median(values):
    return statistics.median(values)


def print_table(header, rows):
    table = [header, *rows]
    widths = [max(len(str(row[column])) for row in table) for column in range(len(header))]
    for row in table:
        cells = [str(row[0]).ljust(widths[0])]
        cells += [str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells))
    print(flush=True)
