#!/usr/bin/env python3
"""Where the processor time of a session goes: by phase, beside the floor that the crypto library's
own benchmark gives, and by library and function (perf; gprof where there is no perf).

python3 tests/bench/profile.py [--write docs/PERFORMANCE.md]
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
from lab_sim import Sim  # noqa: E402

BUILD = ROOT / "build"
DEVICES = 3000
FROM, TO = "<!-- profile.py -->", "<!-- /profile.py -->"
PHASES = (
    ("made_and_freed", "made, its result handed on, freed"),
    ("resolve", "begun: address, socket"),
    ("connect", "TCP connection"),
    ("kex", "key exchange"),
    ("auth", "authentication"),
    ("ready", "channel, terminal, shell, first prompt, pager off"),
    ("commands", "the dialogue of the commands"),
    ("close", "log-out, close"),
)
# Of OpenSSL's benchmark: what the client does once each in a key exchange.
FLOOR = (
    ("ecdhp256", r"\(nistp256\)\s+\S+s?\s+([\d.]+)", 2, "P-256: a key pair and a derivation"),
    ("ed25519", r"\(Ed25519\)\s+\S+\s+\S+\s+[\d.]+\s+([\d.]+)", 1, "Ed25519: a signature checked"),
)
# Where a sample fell, by library and function; the first that matches. Debian's libcrypto and libssh
# come without the names of their inner functions, so they are not taken apart.
KINDS = (
    ("the kernel", r"^\[(kernel|guest)", r""),
    ("libcrypto", r"libcrypto", r""),
    ("libssh", r"libssh", r""),
    ("allocation", r"libtcmalloc", r""),
    ("allocation", r"libc\.|ld-linux", r"(?i)malloc|free|calloc|realloc|_int_|unlink_chunk"),
    ("the rest of the C library", r"libc\.|ld-linux|libm|vdso", r""),
    ("patterns (PCRE2)", r"pcre|\[JIT\]|perf-", r""),
    ("poller's own code", r"poller", r""),
)


@contextmanager
def devices():
    """A simulator without delays and its inventory."""
    with tempfile.TemporaryDirectory(prefix="poller-profile-") as place:
        with Sim("--devices", str(DEVICES), directory=place) as sim:
            yield sim.inventory()


def parts(inventory, visits=1000, repeats=5):
    runs = []
    for _ in range(repeats):
        done = subprocess.run([BUILD / "bench/session_parts", inventory, str(visits)], check=True,
                              capture_output=True, text=True, timeout=120)
        runs.append(json.loads(done.stdout))
    return {key: [run[key] for run in runs] for key, _ in PHASES}


def floor():
    """(what, microseconds) as the library's own benchmark has it; empty without openssl."""
    if not shutil.which("openssl"):
        return []
    found = []
    for name, pattern, times, words in FLOOR:
        done = subprocess.run(["openssl", "speed", "-seconds", "1", name], capture_output=True,
                              text=True, timeout=60)
        match = re.search(pattern, done.stdout)
        if match:
            found.append((words, times * 1e6 / float(match.group(1))))
    return found


def poller(inventory, mode):
    return [str(BUILD / "poller"), "-f", str(inventory), "-m", mode, "-n", "100", "-q", "-o", "none",
            "--host-key", "off", "--no-progress", "-c", "show version"]


def by_perf(inventory, mode):
    """[(share, library, function)] or None where perf cannot be had."""
    if not shutil.which("perf"):
        return None
    data = inventory.parent / f"{mode}.perf"
    options = ["--shards", "1"] if mode == "events" else []
    done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-o", data, "--",
                           *poller(inventory, mode), *options], capture_output=True, timeout=300)
    if done.returncode != 0 or not data.exists():
        return None
    report = subprocess.run(["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none",
                             "-s", "dso,symbol"], capture_output=True, text=True, timeout=300)
    lines = re.findall(r"^\s*([\d.]+)%\s+(\S+)\s+\[.\]\s+(.+?)\s*$", report.stdout, re.M)
    return [(float(share), library, function) for share, library, function in lines] or None


def by_gprof(inventory, mode):
    """The flat profile of poller's own code, as text."""
    subprocess.run(["make", "-s", "VARIANT=gprof", "build/gprof/poller"], cwd=ROOT, check=True)
    command = poller(inventory, mode)
    command[0] = str(BUILD / "gprof/poller")
    subprocess.run(command, cwd=inventory.parent, check=True, timeout=300,
                   env={**os.environ, "GMON_OUT_PREFIX": ""})
    done = subprocess.run(["gprof", "-b", "-p", command[0], str(inventory.parent / "gmon.out")],
                          capture_output=True, text=True, check=True)
    return "\n".join(done.stdout.splitlines()[:25])


def kind_of(library, function):
    for name, libraries, functions in KINDS:
        if re.search(libraries, library) and re.search(functions, function):
            return name
    return "other libraries"


def show_parts(measured, crypto):
    total = sum(statistics.median(values) for values in measured.values())
    lines = ["| part | µs a session | least-most | of all |", "|---|---:|---:|---:|"]
    for key, words in PHASES:
        values = [1000 * value for value in measured[key]]
        middle = statistics.median(values)
        lines.append(f"| {words} | {middle:.0f} | {min(values):.0f}-{max(values):.0f} | "
                     f"{middle / total / 10:.0f} % |")
    lines.append(f"| together | {1000 * total:.0f} | | |")
    if crypto:
        lines += ["", "| floor: `openssl speed` | µs |", "|---|---:|"]
        lines += [f"| {words} | {us:.0f} |" for words, us in crypto]
        lines.append(f"| together | {sum(us for _, us in crypto):.0f} |")
    return lines


def show_kinds(mode, samples):
    kinds = {}
    for share, library, function in samples:
        name = kind_of(library, function)
        kinds.setdefault(name, []).append((share, function))
    lines = ["", f"`-m {mode}`, perf, all samples of the client:", "",
             "| where | of all | the most of it |", "|---|---:|---|"]
    for name, found in sorted(kinds.items(), key=lambda item: -sum(s for s, _ in item[1])):
        share = sum(s for s, _ in found)
        named = [(s, f.split()[0]) for s, f in found if not f.startswith("0x")]
        most = ", ".join(f"`{f}` {s:.1f}" for s, f in sorted(named, reverse=True)[:3])
        lines.append(f"| {name} | {share:.1f} % | {most} |")
    return lines


def write(path, lines):
    text = path.read_text(encoding="utf-8")
    before, after = text.split(FROM, 1)[0], text.split(TO, 1)[1]
    path.write_text(before + FROM + "\n" + "\n".join(lines) + "\n" + TO + after, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="put the tables between the marks of this file")
    chosen = parser.parse_args()
    with devices() as inventory:
        lines = show_parts(parts(inventory), floor())
        for mode in ("events", "threads"):
            samples = by_perf(inventory, mode)
            if samples:
                lines += show_kinds(mode, samples)
            else:
                lines += ["", "perf cannot be had; gprof sees poller's own code only:", "```",
                          by_gprof(inventory, mode), "```"]
    print("\n".join(lines))
    if chosen.write:
        write(chosen.write, lines)


if __name__ == "__main__":
    main()
