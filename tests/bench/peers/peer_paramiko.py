"""paramiko, a thread for each session (and the one that paramiko starts for each connection), the
best that it can be made to do:

- Transport in place of SSHClient: no host key file, keys or agent are looked for;
- TCP_NODELAY, as its packets are small; the key exchange and cipher that cost least come first;
- the prompt is compared as bytes.
"""

import socket

import paramiko
from session_work import LIMIT_S, PAGER_OFF, run_threads


def until_prompt(channel, prompt):
    """The bytes that came before the prompt, and the prompt: the given, or the one seen."""
    data = b""
    while True:
        got = channel.recv(65536)
        if not got:
            raise ConnectionError(f"the session ended early: {data[-80:]!r}")
        data += got
        if prompt is not None:
            if data.endswith(prompt):
                return data[:-len(prompt)].decode(), prompt
        elif data.endswith((b">", b"#")):
            return "", b"\n" + data[data.rfind(b"\n") + 1:]


def by_shell(work, transport):
    channel = transport.open_session()
    channel.settimeout(LIMIT_S)
    channel.get_pty("vt100", 511, 1000)
    channel.invoke_shell()
    _, prompt = until_prompt(channel, None)
    for command in (PAGER_OFF, *work.commands):
        channel.sendall(command.encode() + b"\n")
        output, _ = until_prompt(channel, prompt)
        if command != PAGER_OFF:
            work.check(command, output)
    channel.sendall(b"exit\n")
    while channel.recv(65536):
        pass


def by_exec(work, transport):
    for command in work.commands:
        channel = transport.open_session()
        channel.settimeout(LIMIT_S)
        channel.exec_command(command)
        data = b""
        while got := channel.recv(65536):
            data += got
        work.check(command, data.decode())


def session(work, host, port):
    with socket.create_connection((host, port), LIMIT_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(sock)
        transport.banner_timeout = transport.auth_timeout = LIMIT_S
        options = transport.get_security_options()
        options.kex = ["curve25519-sha256@libssh.org"]
        options.ciphers = ["aes128-ctr"]
        try:
            transport.start_client(timeout=LIMIT_S)
            transport.auth_password(work.user, work.password)
            (by_exec if work.is_exec else by_shell)(work, transport)
        finally:
            transport.close()


run_threads(session)
