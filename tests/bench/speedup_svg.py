#!/usr/bin/env python3
"""Draws docs/speedup.svg, the published curves beside ours, from what io-bound has measured:

build/poller-lab experiments io-bound -o json | tests/bench/speedup_svg.py > docs/speedup.svg
"""

import json
import sys
from html import escape

WIDTH, HEIGHT = 800, 380
TOP, BOTTOM = 74, 330
CORES = {1: "one core", 2: "two cores"}

# name: (light, dark, dash); dark is for pages that are dark.
COLOURS = {
    "published": ("#b45309", "#fbbf24", ""),
    "netmiko": ("#be185d", "#f472b6", "6 3"),
    "threads": ("#1d4ed8", "#60a5fa", ""),
    "processes": ("#0f766e", "#2dd4bf", ""),
    "events": ("#7e22ce", "#c084fc", ""),
    "allowed": ("#6b7280", "#9ca3af", "2 4"),
}
FORTY = (
    ("published (netmiko)", "published", "published, netmiko"),
    ("threads", "threads", "poller, threads"),
    ("processes", "processes", "poller, processes"),
    ("events", "events", "poller, events"),
    ("without any loss", "allowed", "the most that is possible"),
)
MANY = (
    ("5,460: published (netmiko)", "published", "published, netmiko"),
    ("5,460: threads", "threads", "poller, threads"),
    ("5,460: processes", "processes", "poller, processes"),
    ("5,460: events", "events", "poller, events"),
)


class Panel:
    """One chart: its place, its axes, and the elements drawn so far."""

    def __init__(self, left, right, x_range, y_range):
        self.left, self.right = left, right
        self.x_range, self.y_range = x_range, y_range
        self.parts = []

    def x(self, value):
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value):
        low, high = self.y_range
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    def text(self, x, y, words, kind="", anchor="start"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def axes(self, title, below, x_ticks, y_ticks, y_unit):
        self.text(self.left - 34, TOP - 20, title, "title")
        self.text((self.left + self.right) / 2, BOTTOM + 40, below, "soft", "middle")
        for value in y_ticks:
            self.parts.append(
                f'<line x1="{self.left}" x2="{self.right}" y1="{self.y(value):.1f}" '
                f'y2="{self.y(value):.1f}" class="grid"/>'
            )
            self.text(self.left - 8, self.y(value) + 5, f"{value:g}{y_unit}", "soft", "end")
        for value in x_ticks:
            self.text(self.x(value), BOTTOM + 20, f"{value:g}", "soft", "middle")

    def line(self, kind, points):
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class="line {kind}"/>')
        if not COLOURS[kind][2]:
            for x, y in points:
                self.parts.append(
                    f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3.5" class="{kind}"/>'
                )

    def legend(self, x, y, rows):
        height = 19 * len(rows) + 6
        self.parts.append(
            f'<rect x="{x - 6}" y="{y - 18}" width="226" height="{height}" class="page"/>'
        )
        for i, (kind, words) in enumerate(rows):
            middle = y + 19 * i
            self.parts.append(
                f'<line x1="{x}" x2="{x + 22}" y1="{middle - 5}" y2="{middle - 5}" '
                f'class="line {kind}"/>'
            )
            self.text(x + 30, middle, words)


def lines_of(series, wanted):
    """(kind, words, points) of those that were measured."""
    found = {s["name"]: sorted(map(tuple, s["points"])) for s in series}
    return [(kind, words, found[name]) for name, kind, words in wanted if found.get(name)]


def netmiko_here(series):
    """Its speed-up, which takes a run one by one: with --thorough only."""
    for s in series:
        took = dict(map(tuple, s["points"])) if s["name"].startswith("netmiko here") else {}
        if 1 in took:
            return [(x, took[1] / ms) for x, ms in sorted(took.items()) if x != 1]
    return []


def draw_forty(series):
    panel = Panel(52, 410, (0, 40), (0, 21))
    panel.axes(
        "40 devices: speed-up over one by one",
        "visited at once",
        (1, 5, 10, 20, 40),
        (0, 5, 10, 15, 20),
        "x",
    )
    lines = lines_of(series, FORTY)
    here = netmiko_here(series)
    if here:
        lines.insert(1, ("netmiko", "netmiko on these devices", here))
    for kind, _, points in reversed(lines):
        panel.line(kind, [(1, 1), *points])
    panel.legend(
        190,
        TOP + 150,
        [(kind, f"{words}: {points[-1][1]:.1f}") for kind, words, points in lines],
    )
    return panel.parts


def draw_many(series):
    panel = Panel(490, 782, (130, 305), (0, 1.6))
    panel.axes(
        "5,460 devices: time (with 140: 1)",
        "visited at once",
        (140, 200, 300),
        (0, 0.5, 1, 1.5),
        "",
    )
    lines = [
        (kind, words, [p for p in points if p[0] >= 140])
        for kind, words, points in lines_of(series, MANY)
    ]
    for kind, _, points in reversed(lines):
        panel.line(kind, points)
    panel.legend(
        530,
        TOP + 168,
        [(kind, f"{words}: {points[-1][1]:.2f}") for kind, words, points in lines],
    )
    return panel.parts


def style():
    def colours(which):
        for kind, entry in COLOURS.items():
            yield f".line.{kind}{{stroke:{entry[which]}}} circle.{kind}{{fill:{entry[which]}}}"

    dashes = "".join(
        f".line.{kind}{{stroke-dasharray:{entry[2]}}}" for kind, entry in COLOURS.items() if entry[2]
    )
    return (
        "text{font:14px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1f2328}"
        ".title{font-weight:600;font-size:15px}.soft{fill:#57606a;font-size:13px}"
        ".page{fill:#fff}.grid{stroke:#d0d7de;stroke-width:1}"
        f".line{{fill:none;stroke-width:2.2}}{dashes}{''.join(colours(0))}"
        "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9da7b3}"
        f".page{{fill:#0d1117}}.grid{{stroke:#30363d}}{''.join(colours(1))}}}"
    )


def said(series):
    return "; ".join(
        f"{words} " + ", ".join(f"{y:.1f} with {x:g}" for x, y in points)
        for _, words, points in lines_of(series, FORTY)
    )


def picture(report):
    found = [e for e in report["experiments"] if e["id"] == "io-bound"]
    if not found:
        sys.exit("speedup_svg.py: no io-bound in it: build/poller-lab experiments io-bound -o json")
    series, cores = found[0]["series"], report["machine"]["cores"]
    words = escape(f"Speed-up over one by one, 40 devices: {said(series)}.")
    where = (
        f"The simulated devices' times are in the published proportion; they and poller share "
        f"{CORES.get(cores, f'{cores} cores')}."
    )
    note = f'<text x="18" y="24" class="soft">{escape(where)}</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="said">',
            f'<title id="said">{words}</title>',
            f"<style>{style()}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" class="page"/>',
            note,
            *draw_forty(series),
            *draw_many(series),
            "</svg>",
        ]
    )


def main():
    with open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin as source:
        print(picture(json.load(source)))


if __name__ == "__main__":
    main()
