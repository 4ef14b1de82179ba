#!/usr/bin/env python3
"""poller beside its peers: the same work against the same simulated devices, in turns.

`make bench-peers` installs the peers (race_install.py), measures (race_contests.py), prints the
tables with the goals beside them, and writes build/bench/peers.json and docs/BENCHMARKS.md. QUICK=1
takes a few minutes, measures less and leaves docs/ alone; ONLY=cpu,trips measures these again and
keeps the rest of what was measured before; PEERS=go,asyncssh takes only these peers.
"""

import argparse
import json
import os
import signal
import sys
import time

import race_figures
import race_install
import race_machine
import race_markdown
import race_roster
import race_tables
from race_contests import CONTESTS, Settings
from race_run import POLLER

RESULTS = race_roster.ROOT / "build/bench"
DOCUMENT = race_roster.ROOT / "docs/BENCHMARKS.md"


def arguments():
    names = [contest.name for contest in CONTESTS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help=f"of {','.join(names)}")
    parser.add_argument("--peers", default="", help=f"of {','.join(race_install.INSTALLERS)}")
    parser.add_argument("--render", action="store_true", help="measure nothing, show what is there")
    options = parser.parse_args()
    options.only = [name for name in options.only.split(",") if name]
    if unknown := set(options.only) - set(names):
        parser.error(f"no contest is named {sorted(unknown)}; there are {names}")
    options.peers = [name for name in options.peers.split(",") if name]
    if unknown := set(options.peers) - set(race_install.INSTALLERS):
        parser.error(f"no peer is named {sorted(unknown)}; there are "
                     f"{sorted(race_install.INSTALLERS)}")
    return options


def cpu_ms(results):
    """What each client was measured to cost, for estimates."""
    figures = results["contests"].get("cpu", {}).get("figures", {})
    return {row: race_figures.middle(columns.get("one command", {}), "each_ms") or 0
            for row, columns in figures.items()}


def measure(options, results, path):
    chosen = {name: get for name, get in race_install.INSTALLERS.items()
              if not options.peers or name in options.peers}
    there, skipped = race_install.install(chosen)
    results["skipped"] = skipped
    results["machine"] = race_machine.describe(POLLER, race_install.versions(there))
    results["is_quick"] = options.quick
    clients = tuple(race_roster.present(there))
    for contest in CONTESTS:
        if options.only and contest.name not in options.only:
            continue
        others, began = race_machine.others_share(), time.monotonic()
        race_install.say(f"== {contest.name}" + (
            f" (others take {others:.0%} of the processors)"
            if race_machine.is_busy(others) else ""))
        figures = contest.figures(Settings(clients, options.quick, cpu_ms(results)))
        results["contests"][contest.name] = {
            "at": race_machine.now(), "others": others,
            "took_s": round(time.monotonic() - began, 1), "figures": figures}
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what it started
    if not os.access(POLLER, os.X_OK):
        sys.exit(f"{POLLER} is missing: run make, or set POLLER_BIN")
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / ("peers-quick.json" if options.quick else "peers.json")
    keeps = (options.only or options.render) and path.exists()
    results = json.loads(path.read_text(encoding="utf-8")) if keeps else {"contests": {}}
    if not options.render:
        measure(options, results, path)
    elif "machine" not in results:
        sys.exit(f"{path} is missing: nothing was measured yet")
    tables = race_tables.all_tables(results)
    race_tables.show(tables)
    document = RESULTS / "BENCHMARKS.md" if options.quick else DOCUMENT
    document.write_text(race_markdown.document(results, tables), encoding="utf-8")
    race_install.say(f"written: {path}, {document}")


if __name__ == "__main__":
    main()
