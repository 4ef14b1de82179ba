"""Brings the peers into build/peers at pinned versions; what is not to be had is skipped aloud.

Python's packages at the versions of requirements.txt (scrapli 2 in an environment of its own, as it
has the name of scrapli), the programs in go/ with the versions of its go.mod, which build with
Debian 12's Go 1.19 and with later ones, and Debian's own pdsh, clush and sshpass. All come from
where pip, go and apt are set up to look.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import race_roster

INSTALL_S = 600
# Debian's package, and the program by which it is known to be there.
DEBIAN = {"pdsh": "pdsh", "clush": "clustershell"}
# What a peer is made of, beyond the package of its name.
PARTS = {"asyncssh": ("asyncssh", "uvloop"), "paramiko": ("paramiko",), "netmiko": ("netmiko",),
         "scrapli": ("scrapli", "asyncssh", "ssh2-python", "uvloop"),
         "parallel-ssh": ("parallel-ssh",)}
GO_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(argv, **more):
    """None, or why it failed: the last line that it said."""
    try:
        done = subprocess.run([str(part) for part in argv], capture_output=True, text=True,
                              timeout=INSTALL_S, check=False, **more)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
    return None if done.returncode == 0 else said[-1][:200]


def output(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return (done.stdout + done.stderr).strip()


def pins(name="requirements.txt"):
    """{package: version}"""
    lines = (race_roster.HERE / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {package.strip().lower(): version.strip() for package, version in pairs}


def installed(venv):
    """{package: version} of an environment."""
    python = venv / "bin/python"
    if not python.exists():
        return {}
    look = ("import importlib.metadata as m\n"
            "for d in m.distributions(): print(d.metadata['Name'].lower(), d.version)")
    return dict(line.split() for line in output([str(python), "-c", look]).splitlines())


def python_peer(parts, venv, constraints):
    """None once its parts are there as pinned, or why they are not."""
    wanted = pins(constraints)
    have = installed(venv)
    missing = [part for part in parts if have.get(part) != wanted[part]]
    if not missing:
        return None
    if not (venv / "bin/python").exists():
        if why := run([sys.executable, "-m", "venv", venv]):
            return f"a virtual environment could not be made (python3-venv?): {why}"
    return run([venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
                "--prefer-binary", "-c", race_roster.HERE / constraints, *missing])


def debian(*packages):
    return run(["sh", race_roster.ROOT / "tests/lib/install_packages.sh", *packages])


def find_go():
    found = next((place for place in GO_PLACES if os.access(place, os.X_OK)), None)
    return found or shutil.which("go")


def go_peer():
    if find_go() is None and (why := debian("golang-go")):
        return f"there is no Go: {why}"
    into = race_roster.PLACE / "go"
    into.mkdir(parents=True, exist_ok=True)
    return run([find_go(), "build", "-o", f"{into}/", "./shell", "./scrapligo"],
               cwd=race_roster.HERE / "go")


def debian_peer(name):
    if shutil.which(name) and shutil.which("sshpass") and shutil.which("ssh"):
        return None
    return debian(DEBIAN[name], "sshpass", "openssh-client")


INSTALLERS = {
    "go": go_peer,
    **{name: lambda name=name: python_peer(PARTS[name], race_roster.PLACE, "requirements.txt")
       for name in PARTS},
    "scrapli2": lambda: python_peer(("scrapli",), race_roster.PLACE / "scrapli2",
                                    "requirements-scrapli2.txt"),
    **{name: lambda name=name: debian_peer(name) for name in DEBIAN},
}


def install(installers=None):
    """The names of those that are there, and why each of the others is not."""
    there, skipped = [], {}
    for name, get in (installers or INSTALLERS).items():
        why = get()
        if why is None:
            there.append(name)
        else:
            skipped[name] = why
            say(f"SKIPPED {name}: {why}")
    return there, skipped


def go_versions():
    text = (race_roster.HERE / "go/go.mod").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\t(\S+) v(\S+)$", text, re.M))
    return {"golang.org/x/crypto": found["golang.org/x/crypto"],
            "scrapligo": found["github.com/scrapli/scrapligo"]}


def versions(there):
    """{what: version} of all that has a part in the figures."""
    found = {}
    if "go" in there:
        found["Go"] = output([find_go(), "env", "GOVERSION"])
        found.update(go_versions())
    have = installed(race_roster.PLACE)
    parts = sorted({part for name in there for part in PARTS.get(name, ())})
    also = [part for part in ("cryptography", "gevent") if part in have]
    found.update({part: have[part] for part in parts + also if part in have})
    if "scrapli2" in there:
        found["scrapli 2"] = installed(race_roster.PLACE / "scrapli2")["scrapli"]
    if (race_roster.PLACE / "bin/python").exists():
        found["Python"] = output([str(race_roster.PLACE / "bin/python"), "-V"]).split()[-1]
    for package in ("pdsh", "clustershell", "sshpass", "openssh-client"):
        version = output(["dpkg-query", "-W", "-f", "${Version}", package])
        if version and " " not in version:
            found[package] = version
    return found
