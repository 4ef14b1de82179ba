"""netmiko, a thread for each session, the best that it can be made to do:

- fast_cli (its default since version 4), no keys, no agent, no host key file, no delay factors;
- the prompt's pattern is given, so that it is not looked for again before each command, and the
  echo is not waited for separately;
- a socket of our own with TCP_NODELAY, which paramiko does not set;
- the time-outs are long, so that a busy machine is no failure.
What its driver for the platform sends by itself, terminal width and length, stays: two inputs.
"""

import socket

from netmiko import ConnectHandler
from session_work import LIMIT_S, run_threads


def session(work, host, port):
    sock = socket.create_connection((host, port), LIMIT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with ConnectHandler(device_type="cisco_ios", host=host, port=port, sock=sock,
                        username=work.user, password=work.password, use_keys=False,
                        allow_agent=False, system_host_keys=False, fast_cli=True,
                        conn_timeout=LIMIT_S, auth_timeout=LIMIT_S,
                        banner_timeout=LIMIT_S) as device:
        for command in work.commands:
            work.check(command, device.send_command(command, expect_string=r"[>#]\s*$",
                                                    cmd_verify=False, read_timeout=LIMIT_S))


run_threads(session)
