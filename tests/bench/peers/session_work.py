"""What the peers written in Python share: options, the work, and the line that tells the outcome.

A session is: log in by password, ask for a shell on a terminal, wait for its prompt, turn the pager
off, run the commands, log out, close. With --exec: log in, run the commands by exec, close. An
output counts only if its last line ends with what --expect says; everything else is a failure.
"""

import argparse
import json
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor

PAGER_OFF = "terminal length 0"
LIMIT_S = 240  # no session of the race is meant to last longer


class Work:
    """What one run is to do, and what came of it. add() may be called from any thread."""

    def __init__(self, options):
        self.user, self.password = options.user, options.password
        self.commands, self.expect = options.command, options.expect
        self.at_once, self.is_exec = options.at_once, options.exec
        with open(options.targets, encoding="utf-8") as lines:
            pairs = (line.split() for line in lines)
            self.targets = [(host, int(port)) for host, port in pairs][:options.count]
        self.ok = self.failed = 0
        self.error = None
        self.lock = threading.Lock()
        self.began = time.monotonic()

    def check(self, command, output):
        """Raises unless the output, without what follows it, ends as it must."""
        wanted = self.expect[self.commands.index(command)]
        if not output.rstrip().endswith(wanted):
            raise ValueError(f"{command}: ends with {output[-80:]!r}, not with {wanted!r}")

    def add(self, error=None):
        with self.lock:
            if error is None:
                self.ok += 1
            else:
                self.failed += 1
                self.error = self.error or f"{type(error).__name__}: {error}"[:300]

    def report(self):
        """The one line of JSON."""
        elapsed = time.monotonic() - self.began
        own, children = (resource.getrusage(who) for who in
                         (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        print(json.dumps({"ok": self.ok, "failed": self.failed, "error": self.error,
                          "elapsed_s": round(elapsed, 4), "cpu_s": round(cpu, 4),
                          "max_rss_kib": own.ru_maxrss, "pss_kib": pss_kib()}))


def pss_kib():
    with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def read_work():
    parser = argparse.ArgumentParser()
    parser.add_argument("--targets", required=True, help="a file: host and port, a line each")
    parser.add_argument("--count", type=int, required=True, help="the first so many of them")
    parser.add_argument("--at-once", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--command", action="append", required=True)
    parser.add_argument("--expect", action="append", required=True, help="one for each command")
    parser.add_argument("--exec", action="store_true")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return Work(parser.parse_args())


def run_threads(session):
    """session(work, host, port) for each target, in a pool of as many threads as may be at once."""
    work = read_work()
    work.began = time.monotonic()

    def one(target):
        try:
            session(work, *target)
            work.add()
        except Exception as error:  # pylint: disable=broad-except # counted, whatever it is
            work.add(error)
    with ThreadPoolExecutor(work.at_once) as pool:
        list(pool.map(one, work.targets))
    work.report()


def run_async(session, runner):
    """The same with coroutines in one loop, and a semaphore; `runner` runs the main one."""
    import asyncio  # pylint: disable=import-outside-toplevel # not for those that use threads

    async def main():
        work = read_work()
        room = asyncio.Semaphore(work.at_once)
        work.began = time.monotonic()

        async def one(target):
            async with room:
                try:
                    await session(work, *target)
                    work.add()
                except Exception as error:  # pylint: disable=broad-except
                    work.add(error)
        await asyncio.gather(*map(one, work.targets))
        work.report()
    runner(main())
