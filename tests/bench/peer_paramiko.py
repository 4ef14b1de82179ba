"""Shell sessions with paramiko, a thread each."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import paramiko
import peer_common


def until_prompt(channel):
    answer = peer_common.Answer()
    while not answer.add(channel.recv(65536)):
        pass
    return answer.data


def session(options, port):
    began = time.monotonic()
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    login = {"key_filename": options.key} if options.key else {"password": options.password}
    client.connect("127.0.0.1", port, username=options.user, sock=sock, allow_agent=False,
                   look_for_keys=False, **login)
    channel = client.invoke_shell(term="vt100", width=500, height=5000)
    until_prompt(channel)
    for line in (*peer_common.INPUTS, options.command.encode() + b"\n"):
        channel.sendall(line)
        until_prompt(channel)
    last_byte = time.monotonic() - began
    channel.sendall(b"exit\n")
    while channel.recv(65536):
        pass
    client.close()
    return last_byte, time.monotonic() - began


def main():
    options = peer_common.options()
    with ThreadPoolExecutor(options.at_once) as pool:
        ports = (options.ports[number % len(options.ports)] for number in range(options.sessions))
        peer_common.report(list(pool.map(lambda port: session(options, port), ports)))


main()
