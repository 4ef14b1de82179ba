#!/usr/bin/env python3
"""The run of the book: 5,460 devices, 5 % of them failing in five ways, in every mode that bears it.

Each record is held against what its device is: the class, and every byte of every output. Goals:
0 wrong classes, 0 lost, 0 doubled, 0 outputs that differ. Elapsed includes the deadline that the
silent ones use up; devices think 10 to 50 ms.
"""

import argparse
import tempfile
from pathlib import Path

import bench_common as bench
from book import MODES, Visit

LIMIT_S = 600
GOAL = "goal 0"
SHOWN = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=5460)
    parser.add_argument("--deadline", type=float, default=6, help="seconds")
    parser.add_argument("--modes", default=";".join(MODES), help="separated by ;")
    options = parser.parse_args()
    rows, notes = [], []
    for mode in options.modes.split(";"):
        workers, *how = MODES[mode]
        with tempfile.TemporaryDirectory(prefix="poller-bench-") as place:
            visit = Visit(Path(place), options.devices,
                          (*how, "-n", workers, "-t", options.deadline, "--timeout",
                           options.deadline),
                          LIMIT_S)
        found = [visit.wrong(), visit.lost(), visit.doubled(), visit.differing()]
        rows.append((mode, workers, len(visit.records), len(visit.bad),
                     *(len(each) for each in found), f"{visit.elapsed_s:.1f} s"))
        notes += [f"{mode}: {said}" for each in found for said in each[:SHOWN]]
    bench.print_table(("mode", "-n", "records", "failing", "wrong class", "lost", "doubled",
                       "other output", "elapsed"),
                      [("", "", "", "", GOAL, GOAL, GOAL, GOAL, ""), *rows])
    for note in notes:
        print(note)


if __name__ == "__main__":
    main()
