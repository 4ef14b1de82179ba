"""Runs `poller-lab relay`. POLLER_LAB_BIN names another binary.

with Relay(to_port, "--rtt", "50ms") as relay: ... relay.port ...
relay.counts()      with --count: what it said of each connection, once it has been closed
"""

import json
import os
import subprocess
import threading
from pathlib import Path

BINARY = os.environ.get("POLLER_LAB_BIN") or str(
    Path(__file__).resolve().parents[2] / "build/poller-lab")
LIMIT_S = 30


def command(*options):
    return [BINARY, "relay", *(str(option) for option in options)]


class Relay:
    """A relay on a port of its own, in front of a port on 127.0.0.1."""

    def __init__(self, to_port, *options, **popen):
        self.child = subprocess.Popen(command("--to", f"127.0.0.1:{to_port}", *options),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, **popen)
        said = self.child.stdout.readline()
        if not said.startswith("listening 127.0.0.1:"):
            raise RuntimeError(f"the relay did not start: {self.child.communicate(timeout=LIMIT_S)[1]}")
        self.port = int(said.rsplit(":", 1)[1])
        self.err = None
        self.lines = []
        # A full pipe would stop the relay.
        self.reader = threading.Thread(target=self.lines.extend, args=(self.child.stdout,))
        self.reader.start()

    def close(self):
        """Ends it and returns its exit code."""
        if self.err is None:
            self.child.terminate()
            self.wait()
        return self.child.returncode

    def wait(self):
        """Waits for an end that it finds by itself (--connections)."""
        try:
            return self.child.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise
        finally:
            self.reader.join(LIMIT_S)
            self.err = self.child.stderr.read()
            self.child.wait(LIMIT_S)

    def counts(self):
        return [json.loads(line) for line in self.lines]

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()
