"""Accounts for the lab that exist for its servers alone.

As root, a server is started in a mount namespace of its own, with our files over /etc/passwd,
/etc/shadow, /etc/group and /etc/pam.d, and empty file systems over /run and /var/log. So there is
a user `lab` with the password `lab` for the servers, and nothing of it on the system: no account
to remove, no login records, and no root shell behind a well-known password.
As an ordinary user this is not possible: servers then run as that user, by key only.
"""

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path

USER = "lab"
PASSWORD = "lab"
# of "lab", by: openssl passwd -5 -salt pollerlab lab
PASSWORD_HASH = "$5$pollerlab$x5V8Tsns6kmSRhyL0dxYB/Slp4Gl3XfSCBhPyT8dwRA"
FIRST_ID = 64100

# nodelay: a refused password is answered at once, instead of after two seconds
PAM_STACK = """auth required pam_unix.so nodelay
account required pam_unix.so
session required pam_permit.so
"""

MOUNTS = r"""set -e
files=$1; shift
mount --bind "$files/passwd" /etc/passwd
mount --bind "$files/group" /etc/group
mount --bind "$files/shadow" /etc/shadow
mount --bind "$files/pam.d" /etc/pam.d
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -m 755 /run/sshd
exec "$@"
"""


def free_id():
    """A user id that is also free as a group id."""
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    return next(number for number in range(FIRST_ID, FIRST_ID + 1000) if number not in taken)


def write_files(directory, home):
    """The account files, made from the system's own: servers drop to users such as sshd."""
    files = Path(directory)
    files.mkdir(mode=0o755)
    number = free_id()
    passwd = Path("/etc/passwd").read_text(encoding="utf-8")
    group = Path("/etc/group").read_text(encoding="utf-8")
    names = [line.split(":")[0] for line in passwd.splitlines() if ":" in line]
    (files / "passwd").write_text(
        passwd + f"{USER}:x:{number}:{number}:lab:{home}:/bin/bash\n", encoding="utf-8")
    (files / "group").write_text(group + f"{USER}:x:{number}:\n", encoding="utf-8")
    shadow = "".join(f"{name}:*:19000:0:99999:7:::\n" for name in names)
    (files / "shadow").touch(mode=0o600)
    (files / "shadow").write_text(
        shadow + f"{USER}:{PASSWORD_HASH}:19000:0:99999:7:::\n", encoding="utf-8")
    pam = files / "pam.d"
    pam.mkdir()
    (pam / "sshd").write_text(PAM_STACK, encoding="utf-8")
    (pam / "login").write_text(PAM_STACK, encoding="utf-8")
    (pam / "other").write_text("auth required pam_deny.so\naccount required pam_deny.so\n"
                               "session required pam_deny.so\n", encoding="utf-8")
    return number


def wrap(files, argv):
    """The command that runs argv in the namespace. It execs, so the process id stays."""
    return ["unshare", "--mount", "--propagation", "private", "--",
            "/bin/sh", "-c", MOUNTS, "sh", str(files), *argv]


def why_not(files):
    """None if servers can have their own accounts here, else the reason."""
    if os.geteuid() != 0:
        return "not root: servers run as this user, so they take keys only"
    if shutil.which("unshare") is None:
        return "the program unshare is missing (package util-linux)"
    probe = subprocess.run(wrap(files, ["id", USER]), capture_output=True, text=True,
                           timeout=20, check=False)
    if probe.returncode != 0:
        return f"no mount namespace here: {probe.stderr.strip()}"
    return None
