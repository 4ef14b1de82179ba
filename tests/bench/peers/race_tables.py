"""The tables of the race, made of the figures, for the terminal and for the document alike."""

from dataclasses import dataclass, field

import race_goals
import race_roster
from race_figures import (KB_PER_KIB, failed, kb_a_session, least_most, middle, numbers, usable,
                          values)

DASH = "-"


@dataclass
class Table:
    name: str
    title: str
    header: tuple
    rows: list
    notes: list = field(default_factory=list)


def number(value, digits=2):
    return DASH if value is None else f"{value:.{digits}f}"


def seconds(cell):
    """A cell of elapsed seconds: the median and its range, or why there is none."""
    if "skipped" in cell:
        return "left out" if "estimate" in cell["skipped"] else "not asked"
    if not cell:
        return DASH
    if not usable(cell):
        return f"{failed(cell)[0]:,} of {failed(cell)[1]:,} failed"
    spread = least_most(cell, "elapsed_s", 2)
    return number(middle(cell, "elapsed_s")) + (f" ({spread})" if spread else "")


def times(mine, other):
    return DASH if mine is None or not other else f"{mine / other:.2f}"


def cpu(figures, _results):
    go = middle(figures.get(race_roster.GO, {}).get("one command", {}), "each_ms")
    rows = []
    for row, columns in figures.items():
        cell = columns.get("one command", {})
        each = middle(cell, "each_ms")
        rows.append((row, number(each, 3), least_most(cell, "each_ms", 3), times(each, go),
                     number(middle(columns.get("two commands", {}), "each_ms"), 3),
                     number(middle(columns.get("with records", {}), "each_ms"), 3)))
    return [Table("cpu", "client CPU per session, ms (50 at once, no delay)",
                  ("client", "one command", "least-most", "x Go", "two commands", "with records"),
                  rows, [
        "What starting costs is taken off: (time of many - time of 20) over the difference. No "
        "client writes outputs, but in the last column, where poller writes a whole record of "
        "each session (`-o jsonl`)."])]


def alone(figures, _results):
    netmiko = figures.get(race_roster.NETMIKO, {}).get("alone", {})
    base = middle(netmiko, "elapsed_s")
    rows = []
    for row, columns in figures.items():
        cell = columns["alone"]
        elapsed = middle(cell, "elapsed_s")
        devices = failed(cell)[1] // max(1, len(cell["samples"]))
        each = None if elapsed is None else 1000 * elapsed / devices
        rows.append((row, number(each, 1), times(base, elapsed)))
    return [Table("alone", "one device after another, no delay, ms a device",
                  ("client", "ms a device", "netmiko's over this"), rows)]


def trips(figures, _results):
    rows = []
    for row, columns in figures.items():
        elapsed = middle(columns["one"], "elapsed_s")
        rows.append((row, number(None if elapsed is None else 1000 * elapsed, 0),
                     number(None if elapsed is None else elapsed / 0.05, 1)))
    return [Table("trips", "one session, round trip 50 ms, no thinking",
                  ("client", "ms", "round trips"), rows, [
        "Elapsed over the round trip: computing and sleeping count as well. Of poller the whole "
        "process."])]


def pool(figures, _results):
    rows = [(row, seconds(columns.get("-n 20", {})), seconds(columns.get("-n 100", {})))
            for row, columns in figures.items()]
    return [Table("pool", "200 devices, round trip 50 ms, thinking 200 ms: elapsed, s",
                  ("client", "-n 20", "-n 100"), rows)]


def sizes(figures, _results):
    devices = sorted({name for columns in figures.values() for name in columns}, key=int)
    limits = {client.name: min(2000, client.at_most) for client in race_roster.ROSTER}
    rows = [(row, *(seconds(columns.get(name, {})) for name in devices), limits[row])
            for row, columns in figures.items()]
    return [Table("sizes", "devices 20 ms away that think 300 ms: elapsed, s",
                  ("client", *(f"{int(name):,} devices" for name in devices), "at most at once"),
                  rows, ["All at once up to the last column: more than that made a peer no faster."
                         ])]


def crowd(figures, results):
    steps = sorted({name for columns in figures.values() for name in columns}, key=int)
    rows = [(row, *(seconds(columns.get(name, {})) for name in steps))
            for row, columns in figures.items()]
    memory = []
    for row, columns in figures.items():
        done = numbers(columns)
        if not done:
            memory.append((row, DASH, DASH, DASH, DASH))
            continue
        sample = usable(columns[done[-1]])[0]
        found = kb_a_session(results, "crowd", done[-1], row)
        memory.append((row, f"{int(done[-1]):,}", f"{sample['open']:,}",
                       number(found and found[0], 1),
                       number(sample["open_kib"] * KB_PER_KIB / 1000, 0)))
    return [
        Table("crowd", "all at once, devices that think 3 s: elapsed, s",
              ("client", *(f"{int(name):,}" for name in steps)), rows),
        Table("crowd", "memory of an open session, at the largest number that each completed",
              ("client", "at once", "most open", "KB a session", "whole client, MB"), memory, [
            "What was added from the 100 of the first step, over the sessions added; memory is PSS "
            "of the client and all its children at the moment with most sessions logged in. Who "
            "is slow to log in never has all open."])]


def only_column(figures):
    """How many devices there were; the same in all rows."""
    return next(iter(next(iter(figures.values()))))


def five(figures, _results):
    devices = only_column(figures)
    go = middle(figures.get(race_roster.GO, {}).get(devices, {}), "elapsed_s")
    rows = []
    for row, columns in figures.items():
        cell = columns[devices]
        rows.append((row, seconds(cell), times(middle(cell, "elapsed_s"), go), failed(cell)[0]))
    return [Table("five", f"{int(devices):,} at once, thinking 3 s: elapsed, s",
                  ("client", "elapsed", "x Go", "failed"), rows)]


def ten(figures, results):
    devices, rows = only_column(figures), []
    for row, columns in figures.items():
        cell = columns[devices]
        bounds = sorted(race_goals.bound_s(one, 5, results["machine"]["cores"])
                        for one in usable(cell))
        found = kb_a_session(results, "ten", devices, row)
        rows.append((row, seconds(cell), number(bounds[len(bounds) // 2] if bounds else None),
                     failed(cell)[0], f"{max(values(cell, 'open'), default=0):,}",
                     number(found and found[0], 1)))
    return [Table("ten", f"{int(devices):,} at once, thinking 5 s: elapsed, s",
                  ("client", "elapsed", "think + 1.3 CPU / cores", "failed", "most open",
                   "KB a session"), rows)]


def failures(results):
    """All sessions of all contests."""
    counts, texts = {}, {}
    for contest in results["contests"].values():
        for row, columns in contest["figures"].items():
            for cell in columns.values():
                lost, all_of_them = failed(cell)
                before = counts.get(row, (0, 0))
                counts[row] = (before[0] + lost, before[1] + all_of_them)
                for sample in cell.get("samples", ()):
                    if sample["error"]:
                        texts.setdefault(row, sample["error"])
    rows = [(row, f"{total:,}", f"{lost:,}", (texts.get(row) or "")[:100])
            for row, (lost, total) in counts.items()]
    return Table("failures", "sessions and failures of all the contests",
                 ("client", "sessions", "failed", "the first error"), rows)


def goals(results):
    return Table("goals", "goals", ("what", "goal", "measured", ""), race_goals.judged(results))


SHOWN = {"cpu": cpu, "alone": alone, "trips": trips, "pool": pool, "sizes": sizes, "crowd": crowd,
         "five": five, "ten": ten}


def in_order(figures):
    places = {client.name: place for place, client in enumerate(race_roster.ROSTER)}
    return dict(sorted(figures.items(), key=lambda pair: places.get(pair[0], len(places))))


def all_tables(results):
    tables = [goals(results)]
    for name, make in SHOWN.items():
        if results["contests"].get(name, {}).get("figures"):
            tables += make(in_order(results["contests"][name]["figures"]), results)
    return [*tables, failures(results)]


def show(tables):
    """On the terminal."""
    for table in tables:
        print(table.title)
        lines = [table.header, *table.rows]
        widths = [max(len(str(line[at])) for line in lines) for at in range(len(table.header))]
        is_text = table.name in ("goals", "failures")
        for line in lines:
            cells = [str(cell).ljust(width) if at == 0 or is_text else str(cell).rjust(width)
                     for at, (cell, width) in enumerate(zip(line, widths))]
            print("  ".join(cells).rstrip())
        print(flush=True)
