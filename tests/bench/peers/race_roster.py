"""Who runs in the race: a line each. `needs` is what race_install.py provides (None: nothing)."""

import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PLACE = ROOT / "build/peers"
SHELL, EXEC = "shell", "exec"


@dataclass(frozen=True)
class Client:
    """One row of the tables.

    `argv` is a peer's command line; of poller, its options. `sessions` is how many a run of the
    measurement of processor time has, so that each lasts about as long. `at_most` is the greatest
    number at once that is asked of it where the number is ours to choose."""

    name: str
    way: str
    needs: str | None
    argv: tuple
    sessions: int
    at_most: int = 100000
    cpu_only: bool = False

    @property
    def is_poller(self):
        return self.needs is None


def python(script, venv=""):
    return (str(PLACE / venv / "bin/python"), str(HERE / script))


def go(name):
    return (str(PLACE / "go" / name),)


CORES = os.cpu_count()
EVENTS = "poller events"
ONE_SHARD = "poller events, 1 shard"
THREADS = "poller threads"
EVENTS_EXEC = "poller events, by exec"
GO, ASYNCSSH, NETMIKO = "Go x/crypto/ssh", "asyncssh", "netmiko"

ROSTER = (
    Client(EVENTS, SHELL, None, ("-m", "events", "--shards", CORES), 1000),
    Client(ONE_SHARD, SHELL, None, ("-m", "events", "--shards", 1), 1000),
    Client(THREADS, SHELL, None, ("-m", "threads"), 1000, at_most=4000),
    Client(GO, SHELL, "go", go("shell"), 1000),
    Client("scrapligo", SHELL, "go", go("scrapligo"), 500),
    Client(ASYNCSSH, SHELL, "asyncssh", python("peer_asyncssh.py"), 500),
    Client("scrapli on asyncssh", SHELL, "scrapli", python("peer_scrapli_asyncssh.py"), 500),
    Client("scrapli on ssh2", SHELL, "scrapli", python("peer_scrapli_ssh2.py"), 400, at_most=400),
    Client("scrapli 2", SHELL, "scrapli2", python("peer_scrapli2.py", "scrapli2"), 400,
           at_most=200),
    Client("paramiko", SHELL, "paramiko", python("peer_paramiko.py"), 300, at_most=400),
    Client(NETMIKO, SHELL, "netmiko", python("peer_netmiko.py"), 200, at_most=400),
    Client(EVENTS_EXEC, EXEC, None, ("-m", "events", "--shards", CORES), 1000),
    Client("poller events, 1 shard, by exec", EXEC, None, ("-m", "events", "--shards", 1), 1000,
           cpu_only=True),
    Client("poller threads, by exec", EXEC, None, ("-m", "threads"), 1000, cpu_only=True),
    Client("Go x/crypto/ssh, by exec", EXEC, "go", go("shell"), 1000, cpu_only=True),
    Client("parallel-ssh, by exec", EXEC, "parallel-ssh", python("peer_parallel_ssh.py"), 500,
           at_most=1000),
    Client("pdsh, by exec", EXEC, "pdsh", python("peer_pdsh.py"), 100, at_most=200),
    Client("clush, by exec", EXEC, "clush", python("peer_clush.py"), 100, at_most=200),
)


def named(name):
    return next(client for client in ROSTER if client.name == name)


def present(provided, roster=ROSTER):
    """Those whose needs are there."""
    return [client for client in roster if client.needs is None or client.needs in provided]
