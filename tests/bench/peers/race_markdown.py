"""docs/BENCHMARKS.md, made of the same tables that the terminal shows."""

import inspect

import race_machine
import race_roster

HEAD = """# Benchmarks: poller beside its peers

Written by `make bench-peers`, which installs the peers in `build/peers`, runs the same work against
the same simulated devices in turns, and keeps every figure in `build/bench/peers.json`. It takes
about half an hour; `make bench-peers QUICK=1` takes a few minutes and leaves this file alone.
"""

READING = """## How to read it

- Both ends share the machine: the client's figure of processor time is its own, an elapsed time
  holds the simulator's work too. All goes over loopback.
- Compare within one table. Another machine, or a busier hour, gives other milliseconds; the ratios
  hold better.
- A session is: log in by password, ask for a shell on a terminal, wait for the prompt, turn the
  pager off, `show version` (2 KB), log out. *By exec*: log in, `show version` by exec, close. pdsh,
  clush and parallel-ssh visit devices by exec, so they stand beside poller's rows by exec. The
  devices are Cisco IOS by their looks, from `poller-lab sim`; host keys are checked by nobody.
- Every client checks what it got: the last line of the output. What is not whole counts as failed,
  and a run with failures gives no time.
- Figures are medians; the least and the most of the repeats stand behind them. Where there is one
  figure alone, there was one run: long runs of slow peers are not repeated.
- Elapsed, of a peer, begins with its first connection: starting an interpreter is not held against
  it. Of poller it is the whole process, with reading the inventory and writing the records.
- `left out`: it would have lasted longer than the bound, by an estimate from what it did before.
  `not asked`: it failed at fewer, or, of threads, they need more descriptors than there are.
"""

SCRIPTS = """## The peers' scripts

Each is meant to be the best that a competent user of the library would write, and says so in its
first lines. They are in `tests/bench/peers`; what they say of themselves:
"""


def markdown_table(table):
    lines = ["| " + " | ".join(table.header) + " |",
             "|" + "|".join("---" if at == 0 or table.name in ("goals", "failures") else "---:"
                            for at in range(len(table.header))) + "|"]
    for row in table.rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(results):
    found = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    virtual = " (a virtual machine)" if found["is_virtual"] else ""
    lines = ["## The machine", "",
             f"- {found['cpu']}, {found['cores']} cores, {found['memory_gib']} GiB{virtual}; "
             f"{found['kernel']}; {found['system']}.",
             f"- {found['poller'][0]} on {', '.join(found['poller'][1:])}.",
             f"- Peers: {versions or 'none'}."]
    lines += [f"- SKIPPED {name}: {why}" for name, why in results["skipped"].items()]
    return "\n".join(lines)


def section(table, results):
    name = table.name
    lines = [f"## {table.title[0].upper()}{table.title[1:]}", ""]
    contest = results["contests"].get(name)
    if contest:
        lines += [f"`make bench-peers ONLY={name}`; {contest['at']}, {contest['took_s']:.0f} s, "
                  f"others took {contest['others']:.0%} of the processors before it." + (
                      " **The machine was busy: take these again.**"
                      if race_machine.is_busy(contest["others"]) else ""), ""]
    lines += [markdown_table(table), ""]
    for note in table.notes:
        lines += [note, ""]
    return "\n".join(lines)


def first_comment(path):
    """What a script says of itself in its first lines."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return inspect.cleandoc(text.split('"""')[1])
    comment = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        comment.append(line[2:].strip())
    return "\n".join(comment)


def scripts():
    here = race_roster.HERE
    paths = [*sorted(here.glob("peer_*.py")), here / "go/shell/main.go",
             here / "go/scrapligo/main.go"]
    parts = []
    for path in paths:
        about = " ".join(first_comment(path).split())
        parts.append(f"- `{path.relative_to(here)}`: {about}")
    return "\n".join(parts)


def document(results, tables):
    return "\n".join([HEAD, machine(results), "", READING,
                      *(section(table, results) for table in tables),
                      SCRIPTS, scripts(), ""])
