"""What the figures were measured on."""

import os
import re
import time
from datetime import datetime, timezone
from pathlib import Path

from race_install import output

BUSY = 0.1
LOOK_S = 3


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


def processor_times():
    """(idle, all) of the machine, in ticks."""
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(part) for part in first.split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def others_share():
    """The part of the processors that others take while this waits."""
    idle_before, all_before = processor_times()
    time.sleep(LOOK_S)
    idle, total = processor_times()
    return round(1 - (idle - idle_before) / max(1, total - all_before), 3)


def is_busy(share):
    """Whether the figures are to be taken again."""
    return share > BUSY
