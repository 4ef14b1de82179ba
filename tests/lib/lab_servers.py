"""Real servers on loopback, started one by one: OpenSSH, dropbear, FRR's staticd, a telnetd.

A device is a mapping in the words of our inventory. What cannot be had on this machine raises
NotHere with the reason, which the caller says aloud.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import lab_accounts
import lab_processes as processes

ADDRESS = "127.0.0.1"
STATICD = "/usr/lib/frr/staticd"
VTY_PASSWORD = "lab"

SSHD_CONFIG = """ListenAddress {address}
Port {port}
{host_keys}
PidFile none
AuthorizedKeysFile {runtime}/authorized_keys
StrictModes no
UsePAM {pam}
PasswordAuthentication {passwords}
KbdInteractiveAuthentication {passwords}
PermitRootLogin prohibit-password
MaxStartups 400:30:600
LoginGraceTime 60
MaxSessions 20
UseDNS no
PrintMotd no
PrintLastLog no
ForceCommand {runtime}/device-shell {name}
"""

# Builtins and stty answer at once: they are what a client sets a session up with. Everything else
# takes the device's time, by exec too.
BASHRC = """PS1='\\u@'"$LAB_DEVICE"':\\w\\$ '
lab_think() {
    case ${BASH_COMMAND%% *} in stty|exit|logout|*=*) return;; esac
    [ "$(type -t "${BASH_COMMAND%% *}")" = builtin ] || sleep "$LAB_THINK"
}
[ "$LAB_THINK" = 0 ] || trap lab_think DEBUG
"""

DEVICE_SHELL = """#!/bin/bash
# What every login runs: the prompt names the device, and commands take the device's time.
export LAB_DEVICE=$1 LAB_THINK={think}
unset HISTFILE MAIL
if [ -n "$SSH_ORIGINAL_COMMAND" ]; then
    . {runtime}/bashrc
    eval "$SSH_ORIGINAL_COMMAND"
else
    exec /bin/bash --noprofile --rcfile {runtime}/bashrc -i
fi
"""

# telnetd runs this in place of /bin/login where there are no accounts of ours
LOGIN = """#!/bin/bash
for try in 1 2 3; do
    printf '%s login: ' "$1"; read -r user || exit 1
    stty -echo; printf 'Password: '; read -r password || exit 1; stty echo; echo
    [ "$user:$password" = lab:lab ] && exec {runtime}/device-shell "$1"
    printf '\\nLogin incorrect\\n'
done
exit 1
"""


class NotHere(Exception):
    """A server that this machine cannot run, with the reason."""


class Lab:
    """Servers, their records and the devices that they are. stop() ends exactly these."""

    def __init__(self, directory, think=0.0):
        self.directory = Path(directory).absolute()
        self.directory.mkdir(mode=0o700, parents=True)
        (self.directory / "log").mkdir()
        # Servers that give up root must reach their files, whatever the way to DIRECTORY allows.
        self.runtime = Path(tempfile.mkdtemp(prefix="poller-lab-"))
        self.runtime.chmod(0o711)
        self.think = think
        self.records = []
        self.devices = {}
        self.waiting = []
        self.save()
        self.write_shell_files()
        self.accounts_missing = self.prepare_accounts()
        self.has_accounts = self.accounts_missing is None
        self.user = lab_accounts.USER if self.has_accounts else pwd.getpwuid(os.geteuid()).pw_name
        self.key = self.directory / "id_ed25519"
        make_key(self.key)
        self.authorize(self.key)

    def write_shell_files(self):
        names = {"runtime": self.runtime, "think": f"{self.think:g}"}
        write(self.runtime / "bashrc", BASHRC, 0o644)
        write(self.runtime / "device-shell", DEVICE_SHELL.format(**names), 0o755)
        write(self.runtime / "login", LOGIN.format(**names), 0o755)

    def prepare_accounts(self):
        self.files = self.runtime / "accounts"
        home = self.runtime / "home"
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        if os.geteuid() == 0:
            number = lab_accounts.write_files(self.files, home)
            # what /bin/login starts under telnetd
            write(home / ".bash_profile", f"exec {self.runtime}/device-shell telnetd\n", 0o644)
            for path in (home, home / ".ssh"):
                os.chown(path, number, number)
            home.chmod(0o755)
        return lab_accounts.why_not(self.files)

    def authorize(self, key):
        """Lets a key log in to every server of this lab."""
        public = Path(f"{key}.pub").read_text(encoding="utf-8")
        for path in (self.runtime / "authorized_keys",
                     self.runtime / "home" / ".ssh" / "authorized_keys"):
            with open(path, "a", encoding="utf-8") as keys:
                keys.write(public)
            path.chmod(0o644)
            if os.geteuid() == 0 and self.has_accounts:
                # dropbear refuses a file that belongs to somebody else
                owner = path.parent.stat()
                os.chown(path, owner.st_uid, owner.st_gid)

    def start(self, name, argv, port, accounts=False):
        if accounts and self.has_accounts:
            argv = lab_accounts.wrap(self.files, argv)
        record = processes.start(name, argv, self.directory / "log" / f"{name}.log",
                                 env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        self.records.append(record)
        self.waiting.append((port, record))
        self.save()

    def add(self, name, **device):
        self.devices[name] = {"host": ADDRESS, **device}
        return self.devices[name]

    def need_accounts(self):
        if not self.has_accounts:
            raise NotHere(self.accounts_missing)

    def add_sshd(self, name, extra="", passwords=None, key_types=("ed25519",)):
        """An OpenSSH server with its own host keys. `extra` goes first, and sshd keeps the first
        value that it reads, so it can override any line."""
        sshd = need_program("sshd", "openssh-server")
        passwords = self.has_accounts if passwords is None else passwords
        if passwords:
            self.need_accounts()
        if os.geteuid() == 0 and not self.has_accounts:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        port = processes.free_port()
        lines = []
        for key_type in key_types:
            path = self.runtime / f"{name}.{key_type}"
            make_key(path, key_type)
            lines.append(f"HostKey {path}")
        config = self.runtime / f"{name}.sshd_config"
        answer = "yes" if passwords else "no"
        write(config, extra + SSHD_CONFIG.format(
            address=ADDRESS, port=port, host_keys="\n".join(lines), runtime=self.runtime,
            name=name, pam=answer, passwords=answer), 0o600)
        self.start(name, [sshd, "-D", "-e", "-f", str(config)], port, accounts=True)
        return self.add(name, port=port, groups=["linux"])

    def add_dropbear(self, name):
        dropbear = need_program("dropbear", "dropbear-bin")
        make_host_key = need_program("dropbearkey", "dropbear-bin")
        if not self.has_accounts:
            raise NotHere("dropbear reads keys from the home directory only, and "
                          + self.accounts_missing)
        port = processes.free_port()
        key = self.runtime / f"{name}.hostkey"
        subprocess.run([make_host_key, "-t", "ed25519", "-f", str(key)], check=True,
                       capture_output=True, timeout=30)
        self.start(name, [dropbear, "-F", "-E", "-m", "-p", f"{ADDRESS}:{port}",
                          "-c", f"{self.runtime}/device-shell {name}", "-r", str(key),
                          "-P", str(self.runtime / f"{name}.pid")], port, accounts=True)
        return self.add(name, port=port, groups=["dropbear"])

    def add_vty(self, name, enable=VTY_PASSWORD, exec_timeout="0 0"):
        """FRR's staticd, without zebra: it listens on loopback and can change no route. (zebra
        sweeps the kernel's routes when it starts, which a tool for tests has no business with.)"""
        if not os.access(STATICD, os.X_OK):
            raise NotHere(f"{STATICD} is missing (package frr)")
        port = processes.free_port()
        place = self.runtime / name
        place.mkdir(mode=0o755)
        config = place / "staticd.conf"
        secret = f"enable password {enable}\n" if enable else ""
        write(config, f"hostname {name}\npassword {VTY_PASSWORD}\n{secret}line vty\n"
                      f" exec-timeout {exec_timeout}\n", 0o640)
        argv = [STATICD, "-A", ADDRESS, "-P", str(port), "-f", str(config), "-i", str(place / "pid"),
                "--vty_socket", str(place), "-z", str(place / "no-zebra")]
        if os.geteuid() == 0:
            for path in (place, config):
                shutil.chown(path, "frr", "frr")
        else:
            # it runs as its caller only where that is the caller's own group
            argv += ["-u", self.user, "-g", "frrvty"]
        self.start(name, argv, port)
        if os.geteuid() != 0:
            self.drop_if_dead(name, port, "staticd as this user: it must be of the group frrvty")
        return self.add(name, port=port, groups=["vty"])

    def drop_if_dead(self, name, port, reason):
        """Waits for the server just started, and takes it off the books if it does not run."""
        record = self.records[-1]
        try:
            processes.wait_first_byte(ADDRESS, port, record)
        except RuntimeError as error:
            self.records.remove(record)
            self.waiting.remove((port, record))
            raise NotHere(f"{reason} ({error})") from error

    def add_telnetd(self, name):
        """inetutils-telnetd under its inetd. With accounts /bin/login asks, else our own login
        program does: then the session runs as the caller, or as nobody where that is root."""
        telnetd = need_program("telnetd", "inetutils-telnetd")
        inetd = need_program("inetutils-inetd", "inetutils-inetd")
        port = processes.free_port()
        options, user = "", "root"
        if not self.has_accounts:
            options = f" -E '{self.runtime}/login {name}'"
            user = "nobody" if os.geteuid() == 0 else self.user
        config = self.runtime / f"{name}.inetd.conf"
        write(config, f"{ADDRESS}:{port} stream tcp nowait {user} {telnetd} telnetd{options}\n", 0o644)
        self.start(name, [inetd, "-d", "-R", "10000", f"-p{self.runtime}/{name}.pid", str(config)],
                   port, accounts=True)
        return self.add(name, port=port, groups=["telnetd"])

    def wait_ready(self):
        for port, record in self.waiting:
            processes.wait_first_byte(ADDRESS, port, record)
        self.waiting = []

    def save(self):
        """The state that `down` reads: written aside and renamed, so it is never half a file."""
        aside = self.directory / "lab.json.new"
        aside.write_text(json.dumps({"runtime": str(self.runtime), "records": self.records},
                                    indent=1) + "\n", encoding="utf-8")
        aside.replace(self.directory / "lab.json")

    def stop(self):
        return stop_lab(self.directory)


def stop_lab(directory):
    """Ends the servers of a lab and removes its files. Returns what would not end."""
    directory = Path(directory)
    state = json.loads((directory / "lab.json").read_text(encoding="utf-8"))
    left = processes.stop(state["records"])
    if not left:
        remove_runtime(state["runtime"])
        shutil.rmtree(directory)
    return left


def remove_runtime(path):
    """The name is checked: what it says comes from a file."""
    path = Path(path)
    if path.name.startswith("poller-lab-") and path.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(path, ignore_errors=True)


def write(path, text, mode):
    path.touch(mode=mode)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def make_key(path, key_type="ed25519", passphrase=""):
    keygen = need_program("ssh-keygen", "openssh-client")
    size = ["-b", "2048"] if key_type == "rsa" else []
    subprocess.run([keygen, "-q", "-t", key_type, *size, "-N", passphrase, "-C", "poller-lab",
                    "-f", str(path)], check=True, timeout=60)


def need_program(name, package):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        raise NotHere(f"{name} is missing (package {package})")
    return found
