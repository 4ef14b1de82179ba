"""parallel-ssh (gevent and libssh2), by exec, the best that it can be made to do: its SSHClient in
a gevent pool as large as may be at once (ParallelSSHClient bounds the logins at once, not the
sessions, and keeps all open to the end); as many threads for its handshakes as may be at once, up
to 200, where ten are its default; no agent, no key files, one attempt, no keepalive; TCP_NODELAY
once its socket can be had, after the login.
"""

import socket

import gevent
from gevent.pool import Pool
from pssh.clients import SSHClient
from session_work import LIMIT_S, read_work

MOST_THREADS = 200


def session(work, host, port):
    client = SSHClient(host, user=work.user, password=work.password, port=port, num_retries=1,
                       allow_agent=False, identity_auth=False, timeout=LIMIT_S,
                       keepalive_seconds=0)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        for command in work.commands:
            work.check(command, "\n".join(client.run_command(command).stdout))
    finally:
        client.disconnect()


def main():
    work = read_work()
    gevent.config.threadpool_size = min(work.at_once, MOST_THREADS)

    def one(target):
        try:
            session(work, *target)
            work.add()
        except Exception as error:  # pylint: disable=broad-except # counted, whatever it is
            work.add(error)
    Pool(work.at_once).map(one, work.targets)
    work.report()


main()
