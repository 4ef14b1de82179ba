"""What is measured, a contest each. Every contest has simulators of its own and gives its figures
as

    {row: {column: {"samples": [a sample of race_run, …]} or {"skipped": why}}}

where a row is a client's name and a column one of its jobs. Within a column the clients take turns,
in an order that is turned round each time.
"""

import statistics
import sys
from dataclasses import dataclass
from typing import Callable

import race_roster
from race_install import say
from race_run import Bed, Job, run

ESTIMATE_S = 300  # a run that would last longer is left out, aloud
STEP_S = 120      # the same for one step of the crowd
FEW = 20
SHORT_RUN = 1000  # sessions; of less than half a second, which other work on the host can spoil


@dataclass(frozen=True)
class Settings:
    """Of one invocation: who takes part, how thorough, and what each is known to cost, in ms."""

    clients: tuple
    is_quick: bool
    cpu_ms: dict

    def repeats(self, full, quick=1):
        return quick if self.is_quick else full

    def racing(self):
        return [client for client in self.clients if not client.cpu_only]

    def estimate_s(self, client, job, wait_s):
        """How long a run would last by what is known: waiting, or computing in one process."""
        rounds = -(-job.devices // job.at_once)
        cpu_s = job.devices * self.cpu_ms.get(client.name, 0) / 1000
        return max(rounds * wait_s, cpu_s) + cpu_s * 0.5


def progress(client, job, sample):
    """Somebody may be waiting at a terminal."""
    if sys.stderr.isatty():
        say(f"  {client.name}: {job.devices} devices, {job.at_once} at once: "
            f"{sample['elapsed_s']:.2f} s")


def turns(clients, jobs, bed, repeats):
    """Each client's job in turn: {row: {"samples": […]}}. jobs: {client's name: its job}."""
    cells = {client.name: {"samples": []} for client in clients}
    for number in range(repeats):
        for client in clients if number % 2 == 0 else clients[::-1]:
            sample = run(client, jobs[client.name], bed)
            progress(client, jobs[client.name], sample)
            cells[client.name]["samples"].append(sample)
            if sample["failed"]:
                say(f"  {client.name}: {sample['failed']} of {jobs[client.name].devices} failed: "
                    f"{sample['error']}")
    return cells


def column(figures, name, cells):
    for row, cell in cells.items():
        figures.setdefault(row, {})[name] = cell


def each_session(clients, bed, repeats, commands, keeps_records, settings):
    """Client CPU per session: (time of many - time of few) over the difference in sessions."""
    part = 2 if settings.is_quick else 1
    few = {client.name: Job(FEW, FEW, commands, keeps_records) for client in clients}
    many = {client.name: Job(client.sessions // part, 50, commands, keeps_records)
            for client in clients}
    base = turns(clients, few, bed, repeats)
    found = turns(clients, many, bed, repeats)
    short = [client for client in clients if client.sessions >= SHORT_RUN]
    for row, cell in turns(short, many, bed, settings.repeats(2 * repeats, 0)).items():
        found[row]["samples"] += cell["samples"]
    for client in clients:
        sessions = many[client.name].devices - FEW
        before = statistics.median(one["cpu_s"] for one in base[client.name]["samples"])
        for sample in found[client.name]["samples"]:
            sample["each_ms"] = round(1000 * (sample["cpu_s"] - before) / sessions, 4)
    return found


def processor_time(settings):
    """One command, two commands, and what it adds that poller writes a record of each session: its
    other figures here leave that out, as no peer writes."""
    figures, clients = {}, settings.clients
    one, two = ("show version",), ("show version", "show clock")
    shells = [client for client in clients if client.way == race_roster.SHELL]
    ours = [client for client in clients if client.is_poller]
    with Bed(1000) as bed:
        for name, who, commands, keeps_records, full in (
                ("one command", clients, one, False, 5), ("two commands", shells, two, False, 3),
                ("with records", ours, one, True, 3)):
            column(figures, name, each_session(who, bed, settings.repeats(full, 3), commands,
                                               keeps_records, settings))
    return figures


def one_by_one(settings):
    """One device after another, without delay."""
    devices = 10 if settings.is_quick else 40
    clients = settings.racing()
    with Bed(devices) as bed:
        jobs = {client.name: Job(devices, 1) for client in clients}
        return {row: {"alone": cell}
                for row, cell in turns(clients, jobs, bed, settings.repeats(3)).items()}


def round_trips(settings):
    """One device far away that does not think: elapsed over the round trip."""
    clients = settings.racing()
    with Bed(1, "--rtt", "50ms") as bed:
        jobs = {client.name: Job(1, 1) for client in clients}
        return {row: {"one": cell}
                for row, cell in turns(clients, jobs, bed, settings.repeats(5, 3)).items()}


def bounded(settings, job_of, wait_s, repeats_of, bed, name, figures):
    """A column of those whose run is short by estimate; the others are left out, aloud."""
    rounds = {}
    for client in settings.racing():
        job = job_of(client)
        expected = settings.estimate_s(client, job, wait_s)
        if expected > ESTIMATE_S:
            why = f"left out: about {expected:.0f} s by estimate"
            say(f"  SKIPPED {client.name}, {name}: {why}")
            column(figures, name, {client.name: {"skipped": why}})
        else:
            rounds.setdefault(repeats_of(client, expected), []).append(client)
    for repeats, clients in sorted(rounds.items()):
        jobs = {client.name: job_of(client) for client in clients}
        column(figures, name, turns(clients, jobs, bed, repeats))


def pool(settings):
    """200 devices, 50 ms away, that think 200 ms."""
    figures = {}
    with Bed(200, "--rtt", "50ms", "--think", "200ms") as bed:
        for at_once, full in ((100, 3),) if settings.is_quick else ((20, 2), (100, 3)):
            bounded(settings, lambda client, n=at_once: Job(200, n), 0.8,
                    lambda client, expected, n=full: settings.repeats(n), bed,
                    f"-n {at_once}", figures)
    return figures


def sizes(settings):
    """40, 400 and 5,460 devices, 20 ms away, that think 300 ms."""
    figures = {}
    with Bed(5460, "--rtt", "20ms", "--think", "300ms") as bed:
        for devices in (40, 400) if settings.is_quick else (40, 400, 5460):
            bounded(settings,
                    lambda client, n=devices: Job(n, min(n, 2000, client.at_most)), 0.55,
                    lambda client, expected: settings.repeats(3 if expected < 15 else 1),
                    bed, str(devices), figures)
    return figures


def is_asked(client, devices):
    """A goal of threads is at 4,000; of the others poller and Go go there too."""
    return devices != 4000 or client.is_poller or client.name == race_roster.GO


def next_step_fits(settings, client, devices, cells, think_s):
    """None, or why this client is not asked for so many."""
    if devices > client.at_most and client.is_poller:
        return "not asked: it needs four descriptors a session, 20,000 are a common limit"
    if not cells:
        return None
    last, cell = list(cells.items())[-1]
    if "skipped" in cell:
        return cell["skipped"]
    if cell["samples"][0]["failed"]:
        return f"not asked: it failed at {last}"
    expected = think_s + (cell["samples"][0]["elapsed_s"] - think_s) * devices / int(last)
    if expected > STEP_S:
        return f"not asked: about {expected:.0f} s by estimate"
    return None


def crowd(settings):
    """All at once, devices that think 3 s, ever more of them; and the memory of each client."""
    steps = (100, 1000) if settings.is_quick else (100, 400, 852, 1000, 2000, 4000, 5000)
    figures, think_s = {}, 3
    with Bed(steps[-1], "--think", f"{think_s}s") as bed:
        for devices in steps:
            for client in settings.racing():
                cells = figures.setdefault(client.name, {})
                if not is_asked(client, devices):
                    continue
                if why := next_step_fits(settings, client, devices, cells, think_s):
                    if list(cells.values())[-1].get("skipped") != why:
                        say(f"  SKIPPED {client.name} at {devices}: {why}")
                    cells[str(devices)] = {"skipped": why}
                    continue
                job = Job(devices, devices, is_watched=True, limit_s=STEP_S)
                cells.update({str(devices): turns([client], {client.name: job}, bed,
                                                  1)[client.name]})
    return figures


def five_thousand(settings):
    """5,000 at once, devices that think 3 s: the fastest again, in turns."""
    names = (race_roster.EVENTS, race_roster.ONE_SHARD, race_roster.GO, race_roster.ASYNCSSH)
    devices = 1000 if settings.is_quick else 5000
    clients = [client for client in settings.racing() if client.name in names]
    with Bed(devices, "--think", "3s") as bed:
        jobs = {client.name: Job(devices, devices) for client in clients}
        return {row: {str(devices): cell}
                for row, cell in turns(clients, jobs, bed, settings.repeats(3)).items()}


def ten_thousand(settings):
    """10,000 at once, devices that think 5 s; and the memory of each client."""
    names = (race_roster.EVENTS, race_roster.ONE_SHARD, race_roster.GO, race_roster.ASYNCSSH,
             race_roster.EVENTS_EXEC)
    devices = 2000 if settings.is_quick else 10000
    clients = [client for client in settings.racing() if client.name in names]
    with Bed(devices, "--think", "5s") as bed:
        jobs = {client.name: Job(devices, devices, is_watched=True) for client in clients}
        return {row: {str(devices): cell}
                for row, cell in turns(clients, jobs, bed, settings.repeats(2)).items()}


@dataclass(frozen=True)
class Contest:
    """`figures` measures; how they are shown is in race_tables.py, under the same name."""

    name: str
    figures: Callable


CONTESTS = (Contest("cpu", processor_time), Contest("alone", one_by_one),
            Contest("trips", round_trips), Contest("pool", pool), Contest("sizes", sizes),
            Contest("crowd", crowd), Contest("five", five_thousand), Contest("ten", ten_thousand))
