"""What pdsh and clush share: both start an `ssh` for each device, with sshpass for the password.

ssh is made to look for nothing: no configuration, keys, agent, GSSAPI or known hosts, one password
prompt, the cipher and key exchange that cost least. Both tools label each line with its host.
"""

import os
import subprocess
import tempfile

from session_work import LIMIT_S, read_work

SSH = ("sshpass", "-e", "ssh", "-F", "none", "-T", "-oStrictHostKeyChecking=no",
       "-oUserKnownHostsFile=/dev/null", "-oGlobalKnownHostsFile=/dev/null",
       "-oPreferredAuthentications=password", "-oPubkeyAuthentication=no",
       "-oGSSAPIAuthentication=no", "-oNumberOfPasswordPrompts=1",
       "-oBatchMode=no", "-oLogLevel=ERROR", f"-oConnectTimeout={LIMIT_S}",
       "-oKexAlgorithms=curve25519-sha256", "-oCiphers=aes128-gcm@openssh.com")


def visit(work, argv, command):
    """{host: its output}"""
    outputs = {}
    done = subprocess.run(argv, capture_output=True, timeout=LIMIT_S, check=False,
                          env={**os.environ, "SSHPASS": work.password}, text=True,
                          stdin=subprocess.DEVNULL)
    for line in done.stdout.splitlines():
        host, _, text = line.partition(": ")
        outputs.setdefault(host, []).append(text)
    said = done.stderr.strip().splitlines()
    if said and not outputs:
        raise RuntimeError(f"{argv[0]}, {command}: {said[-1]}")
    return outputs, said


def run(command_line):
    """command_line(work, file of hosts, port, command) gives what to start for a command."""
    work = read_work()
    failures = {}
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.writelines(f"{host}\n" for host, _ in work.targets)
        hosts.flush()
        for command in work.commands:
            outputs, said = visit(work, command_line(work, hosts.name, work.targets[0][1], command),
                                  command)
            for host, _ in work.targets:
                try:
                    work.check(command, "\n".join(outputs.get(host, said[-1:])))
                except ValueError as error:
                    failures[host] = error
    for host, _ in work.targets:
        work.add(failures.get(host))
    work.report()
