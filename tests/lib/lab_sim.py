"""A running `poller-lab sim` for tests and benchmarks: started on ports of its own, ended by its id."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("POLLER_LAB_BIN", str(ROOT / "build" / "poller-lab"))
START_S = 60
END_S = 60
# Below the ports that clients are given; each simulator takes four.
PORTS = range(15000, 32000, 4)


def resident_kib(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def processor_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class SimError(RuntimeError):
    """The simulator did not start, or not end, as it should."""


class Sim:
    """with Sim("--devices", "10", directory=tmp_path) as sim: ...

    `options` are those of `poller-lab sim`; the ones that say which devices there are go to
    `inventory()` and `outputs()` too.
    """

    def __init__(self, *options, directory, only_sim=()):
        self.directory = Path(directory)
        self.options = [str(option) for option in options]
        self.only_sim = [str(option) for option in only_sim]
        self.stats_path = self.directory / f"stats-{random.randrange(1 << 30)}.json"
        self.process = None
        self.ready = ""
        self.start()

    def start(self):
        for _ in range(20):
            self.port = random.choice(PORTS)
            self.devices = [*self.options, "--ssh-port", str(self.port)]
            if self.try_start():
                return
        raise SimError("no four free ports were found")

    def try_start(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline()
        if self.ready.startswith("ready:"):
            return True
        said = self.process.stderr.read()
        self.process.wait(END_S)
        self.close_pipes()
        if "is in use" in said:
            return False
        raise SimError(f"poller-lab sim {' '.join(self.devices)}: {said}")

    def command(self):
        return [BINARY, "sim", *self.devices, *self.only_sim, "--stats", str(self.stats_path)]

    def close_pipes(self):
        self.process.stdout.close()
        self.process.stderr.close()

    def run(self, *arguments):
        return subprocess.run([BINARY, *arguments], check=True, capture_output=True,
                              timeout=START_S).stdout

    def inventory(self, *options, name="devices.yaml"):
        """Writes the matching inventory; its path. What poller's file holds beyond the devices is
        the caller's to add."""
        path = self.directory / name
        path.write_bytes(self.run("inventory", *options, *self.devices))
        path.chmod(0o600)
        return path

    def outputs(self, *options):
        """{device's address: {command: output}}"""
        found = {}
        for line in self.run("outputs", *options, *self.devices).splitlines():
            one = json.loads(line)
            found.setdefault(one["host"], {})[one["command"]] = one["output"]
        return found

    def shards(self):
        """Process ids of the shards."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def rss_kib(self):
        """Resident memory of all shards, in KiB."""
        return sum(resident_kib(pid) for pid in self.shards())

    def cpu_s(self):
        """Processor time of all shards so far, in seconds."""
        return sum(processor_s(pid) for pid in self.shards())

    def stats_now(self):
        """What it has seen so far."""
        # Each is a file of its own, renamed: clocks of file systems are coarse.
        before = self.stats_path.stat().st_ino
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(END_S * 100):
            if self.stats_path.stat().st_ino != before:
                return json.loads(self.stats_path.read_text())
            time.sleep(0.01)
        raise SimError("no statistics came")

    def stop(self):
        """Ends it; what it saw, and what it complained of (self.said)."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                self.process.wait(END_S)
            finally:
                if self.process.poll() is None:
                    self.process.kill()
                    self.process.wait()
            self.said = self.process.stderr.read()
            self.close_pipes()
        return json.loads(self.stats_path.read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
