#!/usr/bin/env python3
"""Whether poller brings back what real devices said: 1,050 of their outputs, played and polled.

The raw outputs come from ../shared/data/ntc-templates-tests.tar.xz (or from the folder that
POLLER_DATA names); where it is missing, nothing is measured, and that is said. They are written as
`poller -O` would have recorded them, played by `poller-lab sim --from`, and polled over SSH and
Telnet in three settings: as the platform's persona behaves, with a pager that nothing turns off and
that pages at 24 lines whatever window the client has, and without echo.

Which outputs: all of the ten platforms that poller has a definition of and the archive has outputs
of; the archive's vyatta_vyos is poller's vyos. A command is its folder's name with blanks for
underscores. Each output is a device of its own, so that none fails for another's sake; with
--together N a device has N commands where there are so many, and the n-th outputs of all commands
are neighbours.

What is right:
- CR LF is LF. Nothing else is changed: trailing blanks, blank lines at both ends, a missing final
  line end, what looks like a prompt, a question or a pager. No output of these holds a control
  character, so there is nothing for poller to clean away.
- whole: the command is ok, and its output is the raw one byte for byte.
- refused: it failed as command_error, and its output is the raw one: the device really refused.
- not whole: everything else; "though ok" counts those of them that poller called ok.
- A command that was not run, as the one before it failed, is polled once more in another session.

All goes through a shell; with --exec linux and mikrotik_routeros are asked by exec over SSH, as
their platforms say, where there is neither echo nor pager nor prompt. linux and vyos are played by
the persona of linux, which has no pager.

Before the promise was kept (5330e9d), of 1,050 over either transport: 1,046, 1,043 and 1,030 whole,
three refused. The goal is 1,047 and three in each row. Nothing is asserted.
"""

import argparse
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import bench_common as bench
from lab_sim import Sim
from poller_run import arguments, environment, write_inventory

ARCHIVE = "ntc-templates-tests.tar.xz"
# In poller's words; what the session's prompt is. The last line alone of a prompt is its own.
PLATFORMS = {
    "arista_eos": "r1#",
    "cisco_ios": "r1#",
    "cisco_nxos": "r1# ",
    "cisco_xr": "RP/0/RP0/CPU0:r1#",
    "hp_comware": "<r1>",
    "huawei_vrp": "<r1>",
    "juniper_junos": "admin@r1> ",
    "linux": "admin@r1:~$ ",
    "mikrotik_routeros": "[admin@r1] > ",
    "vyos": "admin@r1:~$ ",
}
ARCHIVE_NAMES = {"vyatta_vyos": "vyos"}
SETTINGS = {"plain": None, "pager": "stubborn_pager", "no echo": "echo_off"}
TRANSPORTS = ("ssh", "telnet")
FIRST = ipaddress.ip_address("127.1.0.0")
SILENCE_S = 8
RUN_LIMIT_S = 120


def find_archive():
    places = [Path(os.environ["POLLER_DATA"])] if "POLLER_DATA" in os.environ else \
        [parent / "shared/data" for parent in bench.ROOT.parents]
    return next((place / ARCHIVE for place in places if (place / ARCHIVE).is_file()), None)


def read_raws(archive, platforms):
    """{platform: {command: [bytes]}}, in the order of the files' names."""
    raws = {platform: {} for platform in platforms}
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            # tests/<platform>/<command>/<name>.raw; tests/mocks/… is none of them.
            parts = Path(member.name).parts[1:]
            if len(parts) != 4 or parts[0] != "tests" or not parts[3].endswith(".raw"):
                continue
            platform = ARCHIVE_NAMES.get(parts[1], parts[1])
            if platform in raws:
                text = tar.extractfile(member).read().replace(b"\r\n", b"\n")
                raws[platform].setdefault(parts[2].replace("_", " "), []).append(text)
    return raws


def make_devices(raws, together):
    """{name: (platform, {command: bytes})}, at most so many commands each."""
    devices = {}
    for platform, commands in sorted(raws.items()):
        for turn in range(max(map(len, commands.values()), default=0)):
            left = [(command, texts[turn]) for command, texts in sorted(commands.items())
                    if turn < len(texts)]
            for at in range(0, len(left), together):
                name = f"{platform}-{turn:02}-{at // together:03}"
                devices[name] = (platform, dict(left[at:at + together]))
    return devices


def write_record(directory, name, platform, commands):
    place = directory / name
    place.mkdir(parents=True)
    listed = []
    for number, (command, text) in enumerate(commands.items(), 1):
        (place / f"{number:02}.txt").write_bytes(text)
        listed.append({"command": command, "status": "ok", "class": None, "output": "",
                       "file": f"{number:02}.txt"})
    (place / "record.json").write_text(json.dumps({
        "schema": 1, "device": name, "platform": platform, "prompt": PLATFORMS[platform],
        "commands": listed}))


def write_personas(directory):
    """The built-in ones, with pagers that go by no window."""
    directory.mkdir()
    for source in sorted((bench.ROOT / "config/personas").glob("*.yaml")):
        text = source.read_text(encoding="utf-8").replace("\n  window: true\n",
                                                          "\n  window: false\n")
        (directory / source.name).write_text(text, encoding="utf-8")


def entry(sim, transport, number, platform, commands, has_exec):
    """A simulated device in the inventory; it is there in the order of the names."""
    one = {"host": str(FIRST + number), "port": sim.port + (transport == "telnet"),
           "platform": platform, "transport": transport, "username": "admin",
           "password": "admin", "secret": "enable", "commands": commands}
    return one if has_exec else {**one, "exec": False}


def poll_once(binary, place, inventory):
    """{(transport, name): record}, with the outputs' own bytes in place of their texts."""
    argv = [binary, *arguments(["--host-key", "off", "-m", "events", "-n", 60, "--no-progress",
                                "--timeout", SILENCE_S, "-O", place], inventory, "none")[1:]]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                                check=False, env=environment(), timeout=RUN_LIMIT_S)
    if done.returncode not in (0, 3, 4, 5):
        raise RuntimeError(f"{binary} left with {done.returncode}: "
                           f"{done.stderr.decode('utf-8', 'replace')[-1500:]}")
    records = {}
    for path in place.glob("*/record.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for command in record["commands"]:
            command["bytes_read"] = (path.parent / command["file"]).read_bytes() \
                if command.get("file") else b""
        records[tuple(record["device"].split("+"))] = record
    return records


def settle(record, truths, outcomes, key):
    """Judges what was run; the commands that were not."""
    left = []
    for number, command in enumerate(record["commands"]):
        was_run = command["status"] is not None
        # A device that nobody came to is its first command's failure.
        if not was_run and (number or record["status"] == "ok"):
            left.append(command["command"])
            continue
        is_same = command["bytes_read"] == truths[command["command"]]
        kind = "whole" if command["status"] == "ok" and is_same else \
            "refused" if command["class"] == "command_error" and is_same else "not whole"
        outcomes[*key, command["command"]] = (kind, command, record)
    return left


def poll_all(binary, sim, devices, transports, place, has_exec):
    """{(transport, device, command): (kind, command's record, device's record)}"""
    outcomes, numbers = {}, {name: n for n, name in enumerate(sorted(devices), 1)}
    owed = {(transport, name): list(commands) for transport in transports
            for name, (_, commands) in devices.items()}
    # Each turn settles a command of each device.
    for turn in range(1, max(len(commands) for commands in owed.values()) + 1):
        if not owed:
            break
        directory = place / f"turn-{turn}"
        directory.mkdir(parents=True)
        inventory = write_inventory(directory, {
            "+".join(key): entry(sim, key[0], numbers[key[1]], devices[key[1]][0], commands,
                                 has_exec)
            for key, commands in owed.items()})
        records = poll_once(binary, directory / "out", inventory)
        if set(records) != set(owed):
            raise RuntimeError(f"{binary}: records are missing: {set(owed) - set(records)}")
        left = {key: settle(records[key], devices[key[1]][1], outcomes, key) for key in owed}
        owed = {key: commands for key, commands in left.items() if commands}
    return outcomes


def difference(got, expected):
    """Where two texts first differ, and what stands there."""
    at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b),
              min(len(got), len(expected)))
    line = expected[:at].count(b"\n") + 1
    return f"line {line}, byte {at} of {len(expected)}: expected {expected[at:at + 48]!r}, " \
           f"got {got[at:at + 48]!r}"


def explain(commands, key, command, record):
    """What happened to a command, the same over both transports where the same happened."""
    said = command.get("class") or record.get("class") or command["status"] or "not run"
    text = f"{key[1]}: '{key[2]}': {said} ({' '.join(command['proofs'])})"
    if command.get("doubt"):
        text += f"\n    in doubt: {command['doubt']}"
    if error := command.get("error") or record.get("error"):
        text += f"\n    {error}"
    if command["bytes_read"] == commands[key[2]]:
        return text + "\n    the output is right"
    return text + "\n    " + difference(command["bytes_read"], commands[key[2]])


def row_of(transport, outcomes):
    mine = [value for key, value in outcomes.items() if key[0] == transport]
    counts = Counter(kind for kind, *_ in mine)
    though_ok = sum(kind == "not whole" and command["status"] == "ok" for kind, command, _ in mine)
    doubts = sum(bool(command.get("doubt")) for _, command, _ in mine)
    return (transport, len(mine), counts["whole"], counts["refused"], counts["not whole"],
            though_ok, doubts)


def list_wrong(devices, outcomes):
    """A text for each that is not whole, with the transports it was so over."""
    found = {}
    for key, (kind, command, record) in sorted(outcomes.items()):
        if kind == "not whole":
            text = explain(devices[key[1]][1], key, command, record)
            found.setdefault(text, []).append(key[0])
    return [f"  {', '.join(transports)} {text}" for text, transports in found.items()]


@contextmanager
def workplace(kept):
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="poller-replay-") as place:
        yield Path(place)


def measure(options, devices, place):
    rows, texts = [], []
    for name, (platform, commands) in devices.items():
        write_record(place / "recorded", name, platform, commands)
    write_personas(place / "personas")
    for setting in options.setting:
        more = ["--misbehave", SETTINGS[setting]] if SETTINGS[setting] else []
        more += ["--persona-dir", place / "personas"] if setting == "pager" else []
        with Sim("--from", place / "recorded", *more, directory=place) as sim:
            for number, binary in enumerate(options.poller):
                outcomes = poll_all(binary, sim, devices, options.transport,
                                    place / setting.replace(" ", "-") / str(number),
                                    options.exec)
                title = (binary, setting) if len(options.poller) > 1 else (setting,)
                rows += [(*title, *row_of(transport, outcomes)) for transport in options.transport]
                if wrong := list_wrong(devices, outcomes):
                    texts += [f"{', '.join(title)}; not whole:", *wrong]
    return rows, texts


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--platform", action="append", choices=PLATFORMS, help="default: all ten")
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="default: all three")
    parser.add_argument("--transport", action="append", choices=TRANSPORTS, help="default: both")
    parser.add_argument("--poller", action="append", metavar="BIN",
                        help="instead of build/poller; several are compared in one run")
    parser.add_argument("--exec", action="store_true", help="by exec where the platform says so")
    parser.add_argument("--together", type=int, default=1, metavar="N", help="commands a device")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="what was played and polled")
    options = parser.parse_args()
    options.platform = options.platform or list(PLATFORMS)
    options.setting = options.setting or list(SETTINGS)
    options.transport = options.transport or list(TRANSPORTS)
    options.poller = options.poller or [bench.BINARY]
    for binary in options.poller:
        if not os.access(binary, os.X_OK):
            sys.exit(f"{binary} is missing: run make, or name another with --poller")
    return options


def main():
    options = read_options()
    archive = find_archive()
    if not archive:
        print(f"skipped: {ARCHIVE} is in no folder shared/data above {bench.ROOT}; POLLER_DATA "
              "names another folder")
        return
    began = time.monotonic()
    devices = make_devices(read_raws(archive, options.platform), max(options.together, 1))
    if options.keep:
        for part in ("recorded", "personas", *(name.replace(" ", "-") for name in SETTINGS)):
            shutil.rmtree(options.keep / part, ignore_errors=True)
    with workplace(options.keep) as place:
        rows, texts = measure(options, devices, place)
    print(f"{sum(len(commands) for _, commands in devices.values())} outputs of "
          f"{len(options.platform)} platforms on {len(devices)} devices, "
          f"{time.monotonic() - began:.0f} s")
    bench.print_table((*(["poller"] if len(options.poller) > 1 else []), "setting", "transport",
                       "outputs", "whole", "refused", "not whole", "though ok", "in doubt"), rows)
    print("\n".join(texts))


if __name__ == "__main__":
    main()
