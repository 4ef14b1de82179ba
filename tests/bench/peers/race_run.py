"""Runs one client against a simulator: processor time, elapsed time, what it got, and, where
wanted, its memory at the moment with most sessions open.

Processor time is that of the process and all its children (wait4). Elapsed is, of a peer, its own
clock, from its first connection to its last, so that starting an interpreter does not count; of
poller, the whole of its process. What came back is checked: by each peer itself, of poller in its
records. Without records (the measurement of processor time: no peer writes its outputs either) its
closing line counts, which is backed by its proofs.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import race_roster

sys.path.insert(0, str(race_roster.ROOT / "tests/lib"))
from lab_sim import Sim, SimError  # noqa: E402

POLLER = os.environ.get("POLLER_BIN") or str(race_roster.ROOT / "build/poller")
USER = PASSWORD = "admin"
COMMANDS = {"show version": "Configuration register is 0xF", "show clock": "UTC Tue Mar 12 2024"}
LIMIT_S = 300
PATIENCE_S = 240  # of poller with a device: as long as the peers'
WATCH_S = 0.5


@dataclass(frozen=True)
class Job:
    """What a client is to do: the first `devices` of the bed, so many at once."""

    devices: int
    at_once: int
    commands: tuple = ("show version",)
    keeps_records: bool = True
    is_watched: bool = False
    limit_s: float = LIMIT_S


def write_persona(directory):
    """Cisco IOS by its looks, but that it gives an exit status: without one poller does not take an
    output by exec for whole, and libraries call it an error."""
    text = (race_roster.ROOT / "config/personas/cisco_ios.yaml").read_text(encoding="utf-8")
    changed = text.replace("exit_status: false", "exit_status: true")
    if changed == text:
        raise RuntimeError("config/personas/cisco_ios.yaml is not as it was: no exit_status: false")
    directory.mkdir()
    (directory / "racer.yaml").write_text(changed, encoding="utf-8")
    return ("--persona-dir", directory, "--persona", "racer")


class Bed:
    """A simulator and the files that lead clients to it. A context manager."""

    def __init__(self, devices, *options):
        self.place = tempfile.TemporaryDirectory(prefix="poller-race-")
        self.directory = Path(self.place.name)
        self.sim = Sim("--devices", devices, *options, *write_persona(self.directory / "personas"),
                       directory=self.directory)
        text = self.sim.inventory().read_text(encoding="utf-8")
        self.hosts = re.findall(r"host: ([\d.]+)", text)
        self.targets = self.directory / "targets"
        self.targets.write_text("".join(f"{host} {self.sim.port}\n" for host in self.hosts),
                                encoding="utf-8")

    def inventory(self, count, by_exec):
        """poller's: the platform without an enable secret, so that it stays where it is let in."""
        path = self.directory / f"first-{count}-{by_exec}.yaml"
        if not path.exists():
            path.touch(mode=0o600)
            way = ", exec: true" if by_exec else ""
            path.write_text(f"defaults: {{port: {self.sim.port}, username: {USER}, password: "
                            f"{PASSWORD}, platform: cisco_ios{way}}}\ndevices:\n" + "".join(
                                f"  - {{name: 'sw-{number}', host: {host}}}\n"
                                for number, host in enumerate(self.hosts[:count], 1)),
                            encoding="utf-8")
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sim.stop()
        self.place.cleanup()


def command_line(client, job, bed):
    by_exec = client.way == race_roster.EXEC
    if client.is_poller:
        argv = [POLLER, "-f", bed.inventory(job.devices, by_exec), *client.argv,
                "-n", job.at_once, "--host-key", "off", "--no-progress", "-t", PATIENCE_S,
                "--timeout", PATIENCE_S, "--total-timeout", PATIENCE_S,
                "-o", "jsonl" if job.keeps_records else "none"]
        for command in job.commands:
            argv += ["-c", command]
    else:
        argv = [*client.argv, "--targets", bed.targets, "--count", job.devices, "--at-once",
                job.at_once, "--user", USER, "--password", PASSWORD]
        argv += ["--exec"] if by_exec else []
        for command in job.commands:
            argv += ["--command", command, "--expect", COMMANDS[command]]
    return [str(part) for part in argv]


def check_records(lines):
    """(ok, failed, the first error) of poller's records."""
    ok, failed, error = 0, 0, None
    for line in lines:
        record = json.loads(line)
        outputs = {one["command"]: one["output"] or "" for one in record["commands"]}
        if record["status"] == "ok" and all(
                output.rstrip().endswith(COMMANDS[command]) for command, output in outputs.items()):
            ok += 1
        else:
            failed += 1
            error = error or record["error"] or f"{record['device']}: another output"
    return ok, failed, error


def read_poller(job, out, said):
    if job.keeps_records:
        ok, failed, error = check_records(out.splitlines())
    else:
        found = re.search(r"^\d+ devices?: (\d+) ok, (\d+) failed", said, re.M)
        ok, failed = (int(found[1]), int(found[2])) if found else (0, 0)
        error = said.strip()[-300:] if failed or not found else None
    return {"ok": ok, "failed": failed, "error": error}


def read_peer(out, said):
    lines = out.splitlines()
    try:
        found = json.loads(lines[-1])
        return {key: found[key] for key in ("ok", "failed", "error", "elapsed_s")}
    except (IndexError, ValueError, KeyError):
        last = (said.strip() or "it ended without a word").splitlines()[-1]
        return {"ok": 0, "failed": 0, "error": last[:300]}


def processes():
    """{parent: [children]} of all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text(encoding="ascii", errors="replace")
            except OSError:
                continue
            found.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    return found


def family(pid):
    """It and all below it."""
    children, found = processes(), [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def pss_kib(pid):
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
    except (OSError, TypeError):
        return 0


class Watch:
    """The most sessions that were open at once, and the client's memory (PSS) at that moment."""

    def __init__(self, bed, pid):
        self.bed, self.pid = bed, pid
        self.best = (0, 0)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(WATCH_S):
            try:
                now = self.bed.sim.stats_now()["logins"]["now"]
            except SimError:
                return
            self.best = max(self.best, (now, sum(map(pss_kib, family(self.pid)))))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Nothing:
    best = (0, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def end(pid):
    """Ends a client that took too long, and what it started."""
    started = family(pid)
    for name in (signal.SIGTERM, signal.SIGKILL):
        for one in started:
            try:
                os.kill(one, name)
            except ProcessLookupError:
                pass
        time.sleep(1)


def start(argv, out, err):
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY")}
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                            env=environment, start_new_session=True)


def run(client, job, bed):
    """The sample: a dict of figures, for build/bench/peers.json."""
    argv = command_line(client, job, bed)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        served_before, began = bed.sim.cpu_s(), time.monotonic()
        child = start(argv, out, err)
        late = threading.Event()
        limit = threading.Timer(job.limit_s, lambda: (late.set(), end(child.pid)))
        limit.start()
        try:
            with Watch(bed, child.pid) if job.is_watched else Nothing() as watch:
                _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            limit.cancel()
            if child.returncode is None:
                end(child.pid)
        elapsed, served = time.monotonic() - began, bed.sim.cpu_s() - served_before
        out.seek(0)
        err.seek(0)
        said = err.read().decode("utf-8", "replace")
        found = (read_poller(job, out.read().decode("utf-8", "replace"), said) if client.is_poller
                 else read_peer(out.read().decode("utf-8", "replace"), said))
    sample = {"elapsed_s": elapsed, "cpu_s": usage.ru_utime + usage.ru_stime, "sim_cpu_s": served,
              "max_rss_kib": usage.ru_maxrss, **found}
    if job.is_watched:
        sample["open"], sample["open_kib"] = watch.best
    # Whoever was lost without a word failed too.
    sample["failed"] = job.devices - sample["ok"]
    if late.is_set():
        sample["error"] = f"ended after {job.limit_s:g} s"
    elif sample["failed"] and not sample["error"]:
        sample["error"] = f"exit code {child.returncode}: {said.strip()[-200:]}"
    return {key: round(value, 4) if isinstance(value, float) else value
            for key, value in sample.items()}
