#!/usr/bin/env python3
"""Puts the table of verdicts of a run into docs/ARGUMENT.md, between its two marks:

build/poller-lab experiments -o json | tests/bench/argument.py docs/ARGUMENT.md
"""

import json
import sys

FROM, TO = "<!-- verdicts: from here", "<!-- verdicts: to here"


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def table(document):
    lines = ["| id | claim | verdict | the rule, and the numbers that decided |", "|---|---|---|---|"]
    for x in document["experiments"]:
        verdict = x["verdict"]
        if x.get("depends_on"):
            verdict += ": " + x["depends_on"]
        lines.append(f"| `{x['id']}` | {cell(x['claim'])} | {cell(verdict)} | {cell(x['rule'])} |")
    return lines


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    marks = [i for i, line in enumerate(lines) if line.startswith((FROM, TO))]
    if len(marks) != 2:
        sys.exit(f"{path}: the two marks of the verdicts ('{FROM} …', '{TO} …') are not there")
    lines[marks[0] + 1 : marks[1]] = ["", *table(json.load(sys.stdin)), ""]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
