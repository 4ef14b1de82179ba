"""What both peers share: options, and when a shell has answered.

A session: log in, ask for a shell on a terminal, wait for the prompt, one input that sets it up,
one command, exit, close. The same that poller does with tests/bench/platforms/bench_shell.yaml.
"""

import argparse
import json
import re

PROMPT = re.compile(rb"(?:^|[\r\n])\S[^\r\n]{0,180}[$#] ?$")
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
INPUTS = (b"PAGER=cat\n",)
MAX_BYTES = 1 << 22


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--sessions", type=int, required=True)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--user", required=True)
    parser.add_argument("--key")
    parser.add_argument("--password")
    parser.add_argument("--command", default="uname -a")
    found = parser.parse_args()
    found.ports = [int(port) for port in found.ports.split(",")]
    return found


class Answer:
    """Bytes until a prompt ends them."""

    def __init__(self):
        self.data = b""

    def add(self, data):
        """True once the last line is a prompt."""
        self.data += data
        if not data or len(self.data) > MAX_BYTES:
            raise RuntimeError(f"no prompt: {self.data[-200:]!r}")
        return PROMPT.search(ESCAPES.sub(b"", self.data[-400:])) is not None


def report(times):
    """One line of JSON: seconds to the last byte and to the end, of each session."""
    print(json.dumps({"sessions": len(times), "last_byte_s": [pair[0] for pair in times],
                      "total_s": [pair[1] for pair in times]}))
