"""Processes that the lab started: noted when they start, ended by id and by nothing else.

A process id is reused, so an id alone does not say that a process is ours. The start time in
/proc/PID/stat, in clock ticks since boot, together with the id does.
"""

import os
import random
import signal
import socket
import subprocess
import time

PORTS = range(10100, 15000)
PORT_TRIES = 100
given = set()


def stat_fields(pid):
    """The fields of /proc/PID/stat after the program's name, or None where there is no process.

    The name is in parentheses and may hold spaces, so the split starts behind the last one.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid):
    """When the process started, or None if it is gone. A zombie counts as gone."""
    fields = stat_fields(pid)
    if fields is None or fields[0] == "Z":
        return None
    return int(fields[19])


def parents():
    """Parent ids of all processes, by id."""
    table = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(entry)
            if fields is not None:
                table[int(entry)] = int(fields[1])
    return table


def descendants(pids):
    """All descendants of the given processes: a server's open sessions outlive the server."""
    table = parents()
    family = set(pids)
    grown = True
    while grown:
        more = {pid for pid, parent in table.items() if parent in family} - family
        grown = bool(more)
        family |= more
    return family - set(pids)


def is_ours(record):
    return start_time(record["pid"]) == record["started"]


def start(name, argv, log_path, env=None):
    """Starts a server in its own session, with its output in a file. Returns its record."""
    with open(log_path, "ab") as log:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True, env=env)
    return {"name": name, "pid": child.pid, "started": start_time(child.pid),
            "log": str(log_path)}


def signal_all(records, number):
    for record in records:
        if is_ours(record):
            try:
                os.kill(record["pid"], number)
            except ProcessLookupError:
                pass


def wait_gone(records, seconds):
    """Waits until none of them runs; returns those that still do."""
    deadline = time.monotonic() + seconds
    left = [record for record in records if is_ours(record)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        reap(left)
        left = [record for record in left if is_ours(record)]
    return left


def reap(records):
    """Takes those that have ended, where they are children of this very process. By id: the
    caller may have children of its own whose status it wants."""
    for record in records:
        try:
            os.waitpid(record["pid"], os.WNOHANG)
        except ChildProcessError:
            pass


def stop(records):
    """Ends the recorded processes and the sessions below them. Returns those that would not."""
    ours = [record for record in records if is_ours(record)]
    below = [{"pid": pid, "started": start_time(pid)}
             for pid in descendants({record["pid"] for record in ours})]
    family = ours + [record for record in below if record["started"] is not None]
    signal_all(family, signal.SIGTERM)
    left = wait_gone(family, 2.0)
    signal_all(left, signal.SIGKILL)
    return wait_gone(left, 2.0)


def own_ports():
    """Those of this test process: tests that run side by side share none."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return PORTS[int(worker[2:])::int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


def free_port(address="127.0.0.1"):
    """A port that nobody listens on now and that was not given before, below those that clients are
    given. Another program may take it before our server does: the caller waits for a first byte and
    checks that its own server still runs."""
    for port in random.sample(own_ports(), PORT_TRIES):
        if port in given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                given.add(port)
                return port
            except OSError:
                continue
    raise OSError(f"none of {PORT_TRIES} ports below {PORTS.stop} is free")


def wait_first_byte(address, port, record, seconds=15.0):
    """Waits until the server sends a byte. Every server here speaks first."""
    deadline = time.monotonic() + seconds
    seen = "nothing was tried"
    while time.monotonic() < deadline:
        if not is_ours(record):
            raise RuntimeError(f"{record['name']} ended at once: {log_tail(record['log'])}")
        try:
            with socket.create_connection((address, port), timeout=2.0) as peer:
                if peer.recv(1):
                    return
                seen = "it closed without a byte"
        except OSError as error:
            seen = str(error)
        time.sleep(0.05)
    raise RuntimeError(f"{record['name']} on {address}:{port} sent no byte in {seconds:.0f} s: "
                       f"{seen}; {log_tail(record['log'])}")


def log_tail(path, size=600):
    try:
        with open(path, "rb") as log:
            return log.read()[-size:].decode("utf-8", "replace").strip() or "its log is empty"
    except OSError:
        return "it has no log"
