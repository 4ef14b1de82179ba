"""parallel-ssh (gevent and libssh2), by exec, the best that it can be made to do:

- its SSHClient in a gevent pool as large as may be at once: ParallelSSHClient bounds the logins at
  once, not the sessions, and keeps all open to the end;
- the key exchange in threads is its own way; the password goes there too, as it would else hold up
  all sessions for a round trip each; as many threads as may be at once, up to 200, where ten are
  its default;
- no agent, no key files, one attempt, no keepalive; TCP_NODELAY once its socket can be had.
"""

import socket

import gevent
from gevent.pool import Pool
from pssh.clients import SSHClient
from session_work import LIMIT_S, read_work

MOST_THREADS = 200


class Client(SSHClient):
    def _password_auth(self):
        return gevent.get_hub().threadpool.apply(super()._password_auth)


def session(work, host, port):
    client = Client(host, user=work.user, password=work.password, port=port, num_retries=1,
                    allow_agent=False, identity_auth=False, timeout=LIMIT_S, keepalive_seconds=0)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for command in work.commands:
        work.check(command, "\n".join(client.run_command(command).stdout))


def main():
    work = read_work()
    gevent.get_hub().threadpool.maxsize = min(work.at_once, MOST_THREADS)

    def one(target):
        try:
            session(work, *target)  # the client disconnects when it is let go
            work.add()
        except Exception as error:  # pylint: disable=broad-except # counted, whatever it is
            work.add(error)
    Pool(work.at_once).map(one, work.targets)
    work.report()


main()
