"""Terminals for the tests: a shell of this machine on a pseudo-terminal, whose prompt, TERM, echo
and line editor we choose. Reached as a `local` device, over OpenSSH, or over telnetd."""

import os
import shlex
import shutil
from dataclasses import dataclass

import lab_processes
import lab_servers
from lab_servers import ADDRESS

BASH = "bash --norc --noprofile -i"
BASH_PLAIN = "bash --norc --noprofile --noediting -i"  # the kernel edits the line, and echoes
BASH_RC = "bash --noprofile --rcfile {rc} -i"
DASH = "dash -i"
ASH = "busybox ash -i"

# What a network device knows and a shell does not. `quit` ends the session there. The system's own
# bashrc was read before, and has set a prompt of its own.
RC = """PS1=$FIRST_PS1
terminal() { :; }
screen-length() { :; }
quit() { exit; }
"""

# The terminal is wide, as poller asks for over SSH; nothing of the caller's comes in. What `script`
# makes has no size by itself.
SCRIPT = """#!/bin/sh
stty cols {columns} {stty}
cd {place}/home || exit
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME={place}/home LC_ALL=C.UTF-8 INPUTRC=/dev/null \\
    HISTFILE=/dev/null TERM={term} PS1={ps1} FIRST_PS1={ps1} {shell}
"""

# inetutils-telnetd runs this in place of /bin/login
LOGIN = """#!/bin/sh
printf 'login: '; read -r user || exit 1
stty -echo; printf 'Password: '; read -r password || exit 1; stty echo; echo
[ "$user:$password" = lab:lab ] && exec {script}
echo 'Login incorrect'
"""

# sshd tells its terminals apart by the port that was called.
BY_PORT = """#!/bin/sh
set -- $SSH_CONNECTION
exec {place}/port-$4
"""


@dataclass(frozen=True)
class Terminal:
    """prompt: its last line as it is drawn, for the outputs that imitate it. Where a part of it
    changes, this is one of its earlier texts."""

    platform: str
    prompt: str
    ps1: str = ""
    shell: str = BASH
    term: str = "vt100"
    stty: str = ""
    columns: int = 500

    @property
    def echoes(self):
        return "-echo" not in self.stty.split()

    @property
    def edits(self):
        """A line editor echoes, and can be told from the kernel: on a dumb terminal it erases as
        the kernel does."""
        return self.echoes and self.shell not in (BASH_PLAIN, DASH) and self.term != "dumb"

    def why_not(self):
        program = self.shell.split()[0]
        for needed in ("script", "stty", program):
            if shutil.which(needed) is None:
                return f"{needed} is missing"
        return None

    def script(self, place):
        shell = self.shell.format(rc=place / "rc")
        return SCRIPT.format(columns=self.columns, stty=self.stty, place=place, term=self.term,
                             ps1=shlex.quote(self.ps1 or self.prompt), shell=shell)


class Terminals:
    """A directory with a script for each terminal, and the servers of a lab that lead to them."""

    def __init__(self, lab):
        self.lab = lab
        self.place = lab.runtime / "terminals"
        self.place.mkdir(mode=0o755)
        home = self.place / "home"  # of whomever a server logs in
        home.mkdir()
        home.chmod(0o1777)
        lab_servers.write(self.place / "rc", RC, 0o644)

    def write(self, name, text, mode=0o755):
        path = self.place / name
        lab_servers.write(path, text, mode)
        return path

    def local(self, name, terminal):
        """The inventory's entry of a device that is this terminal."""
        path = self.write(name, terminal.script(self.place))
        return {"host": f"SHELL=/bin/sh exec script -qfc {path} /dev/null", "transport": "local",
                "platform": terminal.platform, "exec": False}

    def over_ssh(self, terminals):
        """One sshd with a port for each of them: {name: entry}."""
        self.write("by-port", BY_PORT.format(place=self.place))
        ports = {name: lab_processes.free_port() for name in terminals}
        for name, port in ports.items():
            self.write(f"port-{port}", terminals[name].script(self.place))
        extra = "".join(f"Port {port}\n" for port in ports.values())
        self.lab.add_sshd("terminals", extra=f"{extra}ForceCommand {self.place}/by-port\n")
        self.lab.wait_ready()
        return {name: {"host": ADDRESS, "port": port, "platform": terminals[name].platform,
                       "username": self.lab.user, "key_file": str(self.lab.key),
                       "exec": False}
                for name, port in ports.items()}

    def over_telnet(self, terminals):
        """One inetd with a telnetd for each of them: {name: entry}."""
        telnetd = lab_servers.need_program("telnetd", "inetutils-telnetd")
        inetd = lab_servers.need_program("inetutils-inetd", "inetutils-inetd")
        user = "nobody" if os.geteuid() == 0 else self.lab.user
        lines, entries = "", {}
        for name, terminal in terminals.items():
            port = lab_processes.free_port()
            script = self.write(f"telnet-{name}", terminal.script(self.place))
            login = self.write(f"login-{name}", LOGIN.format(script=script))
            lines += f"{ADDRESS}:{port} stream tcp nowait {user} {telnetd} telnetd -E {login}\n"
            entries[name] = {"host": ADDRESS, "port": port, "platform": terminal.platform,
                             "transport": "telnet", "username": "lab", "password": "lab"}
        config = self.write("inetd.conf", lines, 0o644)
        self.lab.start("terminals-inetd", [inetd, "-d", "-R", "10000",
                                               f"-p{self.place}/inetd.pid", str(config)],
                           entries[next(iter(entries))]["port"])
        self.lab.wait_ready()
        return entries
