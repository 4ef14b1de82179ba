"""The peers that `make bench` measures beside poller where they are to be had: pinned as in the race
(peers/requirements.txt), in build/peers, and left out aloud where they cannot be installed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "build/peers"
PINS = (Path(__file__).parent / "peers/requirements.txt").read_text(encoding="utf-8").splitlines()
PINNED = {pin.split("==")[0]: pin for pin in PINS if pin.startswith(("asyncssh==", "paramiko=="))}
CLIENTS = {name: Path(__file__).resolve().parent / f"peer_{name}.py" for name in PINNED}


def python():
    return str(VENV / "bin/python")


def install():
    """Makes the environment once. Returns the peers that are there."""
    if not (VENV / "bin/python").exists():
        run([sys.executable, "-m", "venv", str(VENV)], "a virtual environment (python3-venv)")
    return [name for name in PINNED if has(name) or add(name)]


def has(name):
    if not (VENV / "bin/python").exists():
        return False
    wanted = PINNED[name].split("==")[1]
    look = f"import importlib.metadata as m; print(m.version({name!r}))"
    found = subprocess.run([python(), "-c", look], capture_output=True, text=True, check=False)
    return found.stdout.strip() == wanted


def add(name):
    if not (VENV / "bin/python").exists():
        return False
    return run([python(), "-m", "pip", "install", "-q", "--disable-pip-version-check",
                PINNED[name]], PINNED[name])


def run(argv, what):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        print(f"SKIPPED {what}: {reason}", file=sys.stderr)
    return done.returncode == 0


def command(name, ports, options):
    """The peer's command line. The options are those of peer_common.py."""
    argv = [python(), str(CLIENTS[name]), "--ports", ",".join(str(port) for port in ports)]
    for key, value in options.items():
        argv += [f"--{key}", str(value)]
    return argv


def clean_environment():
    return {key: value for key, value in os.environ.items() if key != "SSH_AUTH_SOCK"}
