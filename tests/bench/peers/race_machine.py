"""What the figures were measured on."""

import os
import re
from datetime import datetime, timezone
from pathlib import Path

from race_install import output


def field(path, name):
    """The first value of a line `name : value`, or of NAME="value"."""
    found = re.search(rf'^{name}\s*[:=]\s*"?(.*?)"?$', Path(path).read_text(encoding="utf-8"),
                      re.M)
    return found[1].strip() if found else "unknown"


def describe(poller, poller_versions):
    memory_kib = int(field("/proc/meminfo", "MemTotal").split()[0])
    system = os.uname()
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 1024 ** 2, 1),
        "kernel": f"{system.sysname} {system.release} {system.machine}",
        "system": field("/etc/os-release", "PRETTY_NAME"),
        "is_virtual": "hypervisor" in field("/proc/cpuinfo", "flags").split(),
        "poller": output([str(poller), "--version"]).splitlines(),
        "versions": poller_versions,
    }


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def load():
    """Of the last minute: what else the machine did."""
    return round(os.getloadavg()[0], 2)
