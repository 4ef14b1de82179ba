"""The goals of the race, and whether they are met: each a line of GOALS and a function of the
figures that gives (what was measured, met or not); None where a part of it was not measured."""

from dataclasses import dataclass
from typing import Callable

import race_roster
from race_figures import kb_a_session, middle

EVENTS, ONE, THREADS = race_roster.EVENTS, race_roster.ONE_SHARD, race_roster.THREADS
GO, ASYNCSSH, NETMIKO = race_roster.GO, race_roster.ASYNCSSH, race_roster.NETMIKO
ONE_EXEC, EVENTS_EXEC = "poller events, 1 shard, by exec", race_roster.EVENTS_EXEC


@dataclass(frozen=True)
class Goal:
    what: str
    goal: str
    judge: Callable


def figures_of(results, contest):
    return results["contests"].get(contest, {}).get("figures", {})


def cell(results, contest, row, name):
    return figures_of(results, contest).get(row, {}).get(name, {})


def ratio(contest, name, key, ours, theirs, most):
    """At most so many times what `theirs` takes."""
    def judge(results):
        mine = middle(cell(results, contest, ours, name), key)
        other = middle(cell(results, contest, theirs, name), key)
        if mine is None or not other:
            return None
        return f"{mine / other:.3f} x ({mine:.3g} / {other:.3g})", mine <= most * other
    return judge


def cpu(ours, theirs, most):
    return ratio("cpu", "one command", "each_ms", ours, theirs, most)


def memory(contest, column, row, most_kb):
    def judge(results):
        found = kb_a_session(results, contest, column, row)
        if found is None:
            return None
        kb, is_open = found
        return f"{kb:.1f} KB, {is_open} open", kb <= most_kb
    return judge


def all_well(contest, column, row):
    def judge(results):
        samples = cell(results, contest, row, column).get("samples")
        if not samples:
            return None
        failed = sum(sample["failed"] for sample in samples)
        return f"{failed} failed in {len(samples)} runs", failed == 0
    return judge


def bound_s(sample, think_s, cores):
    """The thinking and 1.3 times the processor time of both ends over the cores."""
    return think_s + 1.3 * (sample["cpu_s"] + sample["sim_cpu_s"]) / cores


def ten_thousand(row):
    def judge(results):
        found = cell(results, "ten", row, "10000")
        elapsed = middle(found, "elapsed_s")
        if elapsed is None:
            return None
        cores = results["machine"]["cores"]
        bounds = sorted(bound_s(one, 5, cores) for one in found["samples"])
        bound = bounds[len(bounds) // 2]
        return f"{elapsed:.2f} s, bound {bound:.2f} s", elapsed <= bound
    return judge


def below_all(column, ours):
    """poller's events against the fastest of the peers that work in the same way."""
    ways = {client.name: client.way for client in race_roster.ROSTER}

    def judge(results):
        found = {row: middle(columns.get(column, {}), "elapsed_s")
                 for row, columns in figures_of(results, "pool").items()
                 if ways.get(row) == ways[ours]}
        others = {row: value for row, value in found.items()
                  if value is not None and not row.startswith("poller")}
        mine = found.get(ours)
        if mine is None or not others:
            return None
        best = min(others, key=others.get)
        return f"{mine:.2f} s; best peer {others[best]:.2f} s ({best})", mine < others[best]
    return judge


def under(contest, column, row, most_s):
    def judge(results):
        elapsed = middle(cell(results, contest, row, column), "elapsed_s")
        return None if elapsed is None else (f"{elapsed:.2f} s", elapsed < most_s)
    return judge


GOALS = (
    Goal("client CPU a shell session, events (1 shard)", "<= 0.9 x Go's (aim 0.8)",
         cpu(ONE, GO, 0.9)),
    Goal("the same, a shard per core", "<= 0.9 x Go's (aim 0.8)", cpu(EVENTS, GO, 0.9)),
    Goal("the same, events (1 shard)", "<= 1/5 of asyncssh's", cpu(ONE, ASYNCSSH, 1 / 5)),
    Goal("the same, events (1 shard)", "<= 1/10 of netmiko's", cpu(ONE, NETMIKO, 1 / 10)),
    Goal("the same, threads", "<= 1.2 x Go's", cpu(THREADS, GO, 1.2)),
    Goal("the same by exec, events (1 shard)", "<= 0.75 x Go's shell session (aim 0.65)",
         cpu(ONE_EXEC, GO, 0.75)),
    Goal("memory an open session, events (1 shard)", "<= 25 KB at 10,000",
         memory("ten", "10000", ONE, 25)),
    Goal("memory an open session, threads", "<= 70 KB at 4,000",
         memory("crowd", "4000", THREADS, 70)),
    Goal("5,000 at once thinking 3 s, events", "all well", all_well("five", "5000", EVENTS)),
    Goal("the same, elapsed", "<= 0.9 x Go's",
         ratio("five", "5000", "elapsed_s", EVENTS, GO, 0.9)),
    Goal("10,000 at once thinking 5 s, events", "all well", all_well("ten", "10000", EVENTS)),
    Goal("the same, elapsed", "<= think + 1.3 x CPU of both ends / cores", ten_thousand(EVENTS)),
    Goal("200 devices, rtt 50 ms, think 200 ms, -n 20", "below every peer's",
         below_all("-n 20", EVENTS)),
    Goal("the same, by exec", "below every peer's by exec", below_all("-n 20", EVENTS_EXEC)),
    Goal("the same, -n 100", "below every peer's", below_all("-n 100", EVENTS)),
    Goal("the same, -n 100, by exec", "below every peer's by exec",
         below_all("-n 100", EVENTS_EXEC)),
    Goal("one device after another, no delay", "<= 1/20 of netmiko's",
         ratio("alone", "alone", "elapsed_s", EVENTS, NETMIKO, 1 / 20)),
    Goal("5,460 devices, think 300 ms, rtt 20 ms, -n 2000", "< 12 s, all well",
         under("sizes", "5460", EVENTS, 12)),
)

VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


def judged(results):
    """[(what, goal, measured, verdict)]"""
    rows = []
    for goal in GOALS:
        found = goal.judge(results)
        measured, met = found or ("", None)
        rows.append((goal.what, goal.goal, measured, VERDICTS[met]))
    return rows
