"""scrapli (2025.1.30) on its ssh2 transport (libssh2), a thread for each session, the best that it
can be made to do: the same options as peer_scrapli_asyncssh.py. It closes its channel after the
device has hung up on "exit", which libssh2 calls an error: after the outputs, that is none.
TCP_NODELAY is set once its socket can be had, after the login.
"""

import socket

from scrapli.driver.core import IOSXEDriver
from session_work import LIMIT_S, PAGER_OFF, run_threads
from ssh2.exceptions import SSH2Error


def pager_off(device):
    device.transport.socket.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    device.channel.send_input(PAGER_OFF)


def exit_shell(device):
    device.channel.write("exit")
    device.channel.send_return()


def session(work, host, port):
    device = IOSXEDriver(host=host, port=port, auth_username=work.user,
                         auth_password=work.password, auth_strict_key=False, ssh_config_file=False,
                         ssh_known_hosts_file=False, transport="ssh2",
                         default_desired_privilege_level="exec", on_open=pager_off,
                         on_close=exit_shell, timeout_socket=LIMIT_S, timeout_transport=LIMIT_S,
                         timeout_ops=LIMIT_S)
    device.open()
    for command in work.commands:
        work.check(command, device.send_command(command).result)
    try:
        device.close()
    except SSH2Error:
        device.transport.socket.close()


run_threads(session)
