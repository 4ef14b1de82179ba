#!/usr/bin/env python3
"""A lab of real SSH and Telnet servers on loopback, without containers.

embedded_lab.py up --dir DIR [--ssh N] [--vty N] [--telnetd N] [--dropbear N] [--think SECONDS]
embedded_lab.py down --dir DIR

`up` starts the servers, waits for a first byte from each and writes DIR/devices.yaml. `down` ends
exactly those servers and removes DIR. What this machine cannot run is named on standard error and
left out. On the SSH servers every command takes --think seconds of the device's own time.
"""

import argparse
import sys
from pathlib import Path

from lab_servers import ADDRESS, VTY_PASSWORD, Lab, NotHere, stop_lab
from lab_accounts import PASSWORD, USER

INVENTORY_HEAD = """# {count} devices on loopback, started by embedded_lab.py; `embedded_lab.py down --dir {directory}`
# ends them. {think_note}
defaults:
  known_hosts: {directory}/known_hosts

groups:
  linux:
    platform: linux
    transport: ssh
    username: {user}
    key_file: {key}
    commands: ["uname -a"]
  dropbear:
    platform: linux
    transport: ssh
    username: {user}
    key_file: {key}
    commands: ["uname -a"]
  vty:
    platform: frr
    transport: telnet
    password: {vty_password}
    secret: {vty_password}
    commands: ["show version"]
  telnetd:
    platform: linux
    transport: telnet
    username: {telnet_user}
    password: {telnet_password}
    commands: ["uname -a"]

devices:
"""


def inventory_text(lab):
    note = ("The VTY is FRR's own and cannot be slowed down: it answers at once."
            if lab.think else "Commands are answered at once.")
    if lab.think:
        note = f"A command takes about {lab.think:g} s there.\n# " + note
    text = INVENTORY_HEAD.format(
        count=len(lab.devices), directory=lab.directory, think_note=note, user=lab.user,
        key=lab.key, vty_password=VTY_PASSWORD, telnet_user=USER, telnet_password=PASSWORD)
    for name, device in lab.devices.items():
        groups = ", ".join(device["groups"])
        text += f"  {name}: {{host: {device['host']}, port: {device['port']}, groups: [{groups}]}}\n"
    return text


def write_inventory(lab):
    """Mode 0600: it holds passwords, though only of servers on loopback."""
    path = lab.directory / "devices.yaml"
    path.touch(mode=0o600)
    path.write_text(inventory_text(lab), encoding="utf-8")
    return path


def say(text):
    print(f"embedded_lab: {text}", file=sys.stderr)


def add_devices(lab, kind, count, add):
    """Starts `count` servers of a kind; says which could not be had, once."""
    width = max(2, len(str(count)))
    for number in range(1, count + 1):
        try:
            add(f"{kind}{number:0{width}d}")
        except NotHere as reason:
            say(f"SKIPPED {count - number + 1} x {kind}: {reason}")
            return


def start_devices(options):
    lab = Lab(options.dir, options.think)
    if not lab.has_accounts:
        say(f"SKIPPED password logins: {lab.accounts_missing}")
    add_devices(lab, "ssh", options.ssh, lab.add_sshd)
    add_devices(lab, "vty", options.vty, lab.add_vty)
    add_devices(lab, "telnetd", options.telnetd, lab.add_telnetd)
    add_devices(lab, "dropbear", options.dropbear, lab.add_dropbear)
    lab.wait_ready()
    return lab


def up(options):
    if Path(options.dir).exists():
        say(f"{options.dir} exists: run `embedded_lab.py down --dir {options.dir}` first")
        return 1
    try:
        lab = start_devices(options)
    except (RuntimeError, OSError, KeyboardInterrupt) as error:
        say(f"could not start: {error!r}")
        down(options)
        return 1
    path = write_inventory(lab)
    say(f"{len(lab.devices)} devices on {ADDRESS}, inventory {path}")
    return 0 if lab.devices else 1


def down(options):
    if not (Path(options.dir) / "lab.json").exists():
        say(f"no lab in {options.dir}")
        return 0
    left = stop_lab(options.dir)
    for record in left:
        say(f"process {record['pid']} would not end")
    return 1 if left else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("up", "down"))
    parser.add_argument("--dir", required=True)
    for kind, count in (("ssh", 20), ("vty", 4), ("telnetd", 1), ("dropbear", 0)):
        parser.add_argument(f"--{kind}", type=int, default=count, metavar="N")
    parser.add_argument("--think", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args()
    return up(options) if options.action == "up" else down(options)


if __name__ == "__main__":
    sys.exit(main())
