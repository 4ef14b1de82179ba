"""An output called whole is what the terminal showed: real shells on real terminals, whose programs
print what looks like a prompt, pause at bad places, leave out line ends, and print the log of the
very session. Each device is one case; one run of all of them is shared by the tests."""

import functools
import subprocess
from dataclasses import dataclass, replace

import lab_servers
import pytest
from poller_run import BINARY, check_record, poll, write_inventory
from terminals import ASH, BASH, BASH_PLAIN, BASH_RC, DASH, Terminal, Terminals

LIMITS = ("--timeout", "4", "--total-timeout", "20", "-t", "10")
THREADS = ("threads", "-n", "40")
# What the outputs are in every mode: a few of each kind.
OTHER_MODES = (("processes", "-n", "24"), ("events", "-n", "40"), ("hybrid", "-n", "24"))

LINUX = Terminal("linux", "op@box:~$ ")
BARE = Terminal("linux", "$ ")
IOS = Terminal("cisco_ios", "R1#")
JUNOS = Terminal("juniper_junos", "lab@r1> ")
VRP = Terminal("huawei_vrp", "<r1>", shell=BASH_RC)
GENERIC = Terminal("generic", "R1#")
SILENT = {"stty": "-echo", "shell": BASH_PLAIN}

# Prompts that stay the same.
FIXED = {
    "linux": LINUX,
    "linux_plain": replace(LINUX, shell=BASH_PLAIN),
    "linux_dash": replace(LINUX, shell=DASH),
    "linux_ash": replace(LINUX, shell=ASH),
    "linux_xterm": replace(LINUX, term="xterm",
                           ps1=r"\[\e]0;op@box: ~\a\]\[\e[01;32m\]op@box\[\e[00m\]:~$ "),
    "linux_dumb": replace(LINUX, term="dumb"),
    "linux_narrow": replace(LINUX, columns=80),
    "linux_bare": BARE,
    "linux_silent": replace(LINUX, **SILENT),
    "frr": Terminal("frr", "r1# "),
    "vyos": Terminal("vyos", "vyos@r1:~$ "),
    "vyos_dash": Terminal("vyos", "vyos@r1:~$ ", shell=DASH),
    "ios": IOS,
    "ios_xterm": replace(IOS, term="xterm"),
    "ios_plain": replace(IOS, shell=BASH_PLAIN),
    "ios_silent": replace(IOS, stty="-echo echonl", shell=BASH_PLAIN),
    "eos": Terminal("arista_eos", "R1#"),
    "nxos": Terminal("cisco_nxos", "R1#"),
    "xr": Terminal("cisco_xr", "RP/0/RP0/CPU0:r1#"),
    "xe": Terminal("cisco_xe", "R1#"),
    "junos": JUNOS,
    "vrp": VRP,
    "vrp_silent": replace(VRP, stty="-echo"),
    "comware": Terminal("hp_comware", "<r1>", shell=BASH_RC),
    "generic": GENERIC,
    "generic_dash": replace(GENERIC, shell=DASH),
    "generic_silent": replace(GENERIC, **SILENT),
}
# Prompts with a part that changes, or of two lines. Their text here is one of an earlier prompt.
CHANGING = {
    "linux_two_lines": Terminal("linux", "$ ", ps1="line1\n$ "),
    "linux_two_lines_dash": Terminal("linux", "$ ", ps1="line1\n$ ", shell=DASH),
    "linux_counter": Terminal("linux", "[1] op@box:~$ ", ps1=r"[\#] op@box:~$ "),
    "linux_clock": Terminal("linux", "10:00:00 op@box:~$ ", ps1=r"\t op@box:~$ "),
    "linux_two_lines_clock": Terminal("linux", "$ ", ps1="\\t op\n$ "),
    "junos_two_lines": Terminal("juniper_junos", "lab@r1> ", ps1="{master:0}\nlab@r1> "),
    "junos_dot": Terminal("juniper_junos", "lab@r1> ", ps1=r"{master:\#}" "\nlab@r1> "),
    "generic_counter": Terminal("generic", "R1:1#", ps1=r"R1:\##"),
    "generic_two_lines": Terminal("generic", "A:admin@sros# ", ps1="[/]\nA:admin@sros# "),
}
TERMINALS = {**FIXED, **CHANGING}

# What one stream cannot tell, nor even doubt: said with its reason, and seen in each run.
UNTOLD = {("ios_plain-own_prompt-0.1", "off"):
          "a kernel's echo behind the prompt's text reads as the device's own, and no digits tell"}

# The stories pause for 50 to 400 ms: beside other tests on two cores a shell gets its turn too late.
pytestmark = pytest.mark.alone

NEVER, WITHOUT_DIGITS, ALLOWED = "never", "without digits", "allowed"


@dataclass(frozen=True)
class Story:
    """Commands, and the output that each has: one text, or one of several that are as true. doubt:
    where one stream cannot tell, the record may say so instead."""

    commands: tuple
    outputs: tuple
    doubt: str = NEVER


def then_two(command, *outputs, doubt=NEVER):
    """The command of the story, and one behind it that must not be touched by it."""
    return Story((command, "echo two", "echo 'the end'"), (outputs, "two\n", "the end\n"), doubt)


def paused_word(terminal, pause):
    """A last line that looks like a prompt of the platform's, and goes on."""
    word = {"<": "<core>", "l": "op@core> ", "v": "op@core:~$ "}.get(terminal.prompt[0], "core#")
    if terminal.platform in ("linux", "generic"):
        word = "up to core#"
    return then_two(f"printf 'first\\n{word}'; sleep {pause}; echo ' and on'; echo LAST",
                    f"first\n{word} and on\nLAST\n")


def own_prompt_doubt(terminal):
    """A prompt line and what an empty line brings cannot be told from an output where the kernel
    echoes, unless digits stand behind the prompt."""
    unix = terminal.platform in ("linux", "vyos", "frr")
    return WITHOUT_DIGITS if unix or (terminal.echoes and not terminal.edits) else NEVER


def own_prompt(terminal, pause):
    """The prompt's own text as a line."""
    doubt = own_prompt_doubt(terminal)
    return then_two(f"printf 'first\\n{terminal.prompt}'; sleep {pause}; printf '\\nLAST\\n'",
                    f"first\n{terminal.prompt}\nLAST\n", doubt=doubt)


def own_prompt_goes_on(terminal, pause):
    return then_two(f"printf 'first\\n{terminal.prompt}'; sleep {pause}; "
                    "printf ' is a prompt\\nLAST\\n'",
                    f"first\n{terminal.prompt} is a prompt\nLAST\n")


def own_prompt_last(terminal, pause):
    """The prompt's own text at the output's end, without a line end."""
    return then_two(f"printf 'one\\n{terminal.prompt}'; sleep {pause}", f"one\n{terminal.prompt}",
                    doubt=WITHOUT_DIGITS)


def prompt_and_next(terminal, pause):
    """What the next command will look like, in the output of this one."""
    return then_two(f"printf 'first\\n{terminal.prompt}'; sleep {pause}; "
                    f"printf 'echo two\\nold\\n'; sleep {pause}; echo LAST",
                    f"first\n{terminal.prompt}echo two\nold\nLAST\n", doubt=WITHOUT_DIGITS)


def prompt_and_blank(terminal, pause):
    """A bare prompt line, then another: what an empty line brings."""
    return then_two(f"printf 'half\\n{terminal.prompt}'; sleep {pause}; "
                    f"printf '\\n{terminal.prompt}'; sleep {pause}; printf '\\nLAST\\n'",
                    f"half\n{terminal.prompt}\n{terminal.prompt}\nLAST\n", doubt=ALLOWED)


def logged(terminal, _):
    """A file with a session's log: this very one's."""
    prompt = terminal.prompt
    lines = (f"{prompt}cat F", "hello", f"{prompt}echo two", "two", f"{prompt}exit")
    return then_two(make_file(lines) + "cat F", "".join(f"{line}\n" for line in lines))


def logged_short(terminal, _):
    """An output that begins with the prompt: where a kernel echoes, that one may be left over from
    the command before."""
    lines = (f"{terminal.prompt}cat F", "hello")
    one = make_file(lines)
    return Story((f"{one}:", "echo one", "cat F", "echo three"),
                 ("", "one\n", f"{lines[0]}\nhello\n", "three\n"),
                 doubt=NEVER if terminal.edits and terminal.shell != ASH else WITHOUT_DIGITS)


def make_file(lines):
    """In a directory of the session's own, as the prompts here do not show it."""
    quoted = " ".join(f"'{line}'" for line in lines)
    return f"cd $(mktemp -d -p .); printf '%s\\n' {quoted} >F; "


def thrice(_, __):
    return Story(("echo one", "echo two", "echo two", "echo two"),
                 ("one\n", "two\n", "two\n", "two\n"))


def thrice_nothing(_, __):
    return Story(("true", "true", "true", "echo one"), ("", "", "", "one\n"))


def no_line_end(_, __):
    return Story(("printf abc", "printf 'one\\nabc'", "printf abc", "echo two"),
                 ("abc", "one\nabc", "abc", "two\n"))


def no_line_end_last(_, pause):
    return Story(("echo one", f"printf abc; sleep {pause}"), ("one\n", "abc"))


def long_last_line(_, __):
    return Story(("printf '%0600d' 0", "printf 'one\\n%05000d' 0", "echo two"),
                 ("0" * 600, "one\n" + "0" * 5000, "two\n"))


def blanks(_, __):
    return Story(("echo; echo one; echo; echo", "printf 'a  \\n  \\n'", "echo two"),
                 ("\none\n\n\n", "a  \n  \n", "two\n"))


def trickle(terminal, pause):
    """Own prompts in one line, bit by bit: with the line end that a terminal makes of an empty line
    between, the next one is what that line brings. Digits tell."""
    prompt = terminal.prompt
    return then_two(f"for i in 1 2 3; do printf '{prompt}'; sleep {pause}; done; echo; echo LAST",
                    f"{prompt * 3}\nLAST\n", doubt=WITHOUT_DIGITS)


def line_in_parts(_, pause):
    """A line that comes in parts."""
    return then_two(f"printf 'working'; sleep {pause}; printf '.'; sleep {pause}; echo ' done'",
                    "working. done\n")


def much(_, __):
    return Story(("seq 1 3000", "echo two"),
                 ("".join(f"{number}\n" for number in range(1, 3001)), "two\n"))


STORIES = {story.__name__: story for story in (
    paused_word, own_prompt, own_prompt_goes_on, own_prompt_last, prompt_and_next, prompt_and_blank,
    logged, logged_short, thrice, thrice_nothing, no_line_end, no_line_end_last, long_last_line,
    blanks, trickle, line_in_parts, much)}
# In all terminals, and where the prompt stays the same.
EVERYWHERE = (thrice, no_line_end, paused_word)
WHERE_FIXED = (own_prompt, logged)

LOCAL, SSH, TELNET = "local", "ssh", "telnet"


def product(terminals, stories, pauses=(0.1,)):
    return [(terminal, story.__name__, pause)
            for terminal in terminals for story in stories for pause in pauses]


def local_cases():
    cases = product(TERMINALS, EVERYWHERE) + product(FIXED, WHERE_FIXED)
    # row by row of what was seen, with other pauses
    cases += product(("generic", "linux", "ios"), (paused_word,), (0.05, 0.4))
    cases += product(("eos", "nxos", "xr", "junos"), (own_prompt,), (0.05, 0.4))
    cases += product(("ios_silent", "vrp_silent", "generic_silent", "linux_silent"),
                     (own_prompt_goes_on, no_line_end_last, trickle))
    cases += product(("linux", "linux_dash", "ios", "generic", "junos"),
                     (own_prompt_last, prompt_and_next, long_last_line, blanks, trickle))
    cases += product(("linux_bare", "linux", "linux_dash", "generic"), (prompt_and_blank,))
    cases += product(("linux", "linux_plain", "linux_ash", "frr", "vyos"),
                     (logged_short, thrice_nothing, line_in_parts))
    cases += product(("linux_two_lines", "linux_counter", "junos_two_lines", "generic_counter"),
                     (thrice_nothing, blanks, much))
    cases += product(("linux_counter", "linux_two_lines", "junos_two_lines"), (own_prompt,))
    return {f"{terminal}-{story}-{pause:g}": (terminal, story, pause)
            for terminal, story, pause in cases}


SERVED = ("linux", "linux_dash", "linux_silent", "linux_two_lines", "ios", "generic", "junos",
          "frr")
SERVED_STORIES = (thrice, own_prompt, logged, no_line_end)


def served_cases(way, terminals):
    return {f"{way}-{terminal}-{story}": (terminal, story, pause)
            for terminal, story, pause in product(terminals, SERVED_STORIES)}


CASES = {LOCAL: local_cases(), SSH: served_cases(SSH, SERVED),
         TELNET: served_cases(TELNET, ("linux", "linux_dash", "linux_silent", "ios"))}
ALL = {name: case for cases in CASES.values() for name, case in cases.items()}
IN_EVERY_MODE = [name for name in CASES[LOCAL]
                 if name.startswith(("linux-", "generic-", "ios_silent-", "eos-own", "linux_two"))]


@functools.cache
def options_known():
    """What this build can be asked for."""
    return subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=10,
                          check=True).stdout


def with_nonce(value):
    return ("--nonce", value) if "--nonce" in options_known() else ()


class World:
    """The terminals, the servers that lead to them, and the runs, each done when asked for."""

    def __init__(self, directory):
        self.directory = directory
        self.lab = lab_servers.Lab(directory / "lab")
        self.terminals = Terminals(self.lab)
        self.missing = {}
        self.entries = {}
        for way, cases in CASES.items():
            self.add(way, cases)
        self.run = functools.cache(self.run)

    def add(self, way, cases):
        used = {terminal: TERMINALS[terminal] for terminal, _, _ in cases.values()}
        for name, terminal in list(used.items()):
            reason = terminal.why_not()
            if reason:
                self.missing[way, name] = reason
                del used[name]
        try:
            entries = self.reach(way, used)
        except lab_servers.NotHere as reason:
            self.missing.update({(way, name): str(reason) for name in used})
            return
        for case, (terminal, story, pause) in cases.items():
            if terminal in entries:
                told = STORIES[story](TERMINALS[terminal], pause)
                self.entries[case] = {**entries[terminal], "commands": list(told.commands)}

    def reach(self, way, used):
        if way == SSH:
            return self.terminals.over_ssh(used)
        if way == TELNET:
            return self.terminals.over_telnet(used)
        return {name: self.terminals.local(name, terminal) for name, terminal in used.items()}

    def run(self, nonce, names, mode):
        entries = {name: self.entries[name] for name in names if name in self.entries}
        inventory = write_inventory(self.directory, entries, f"{mode[0]}-{nonce}.yaml")
        return poll("-m", *mode, *LIMITS, *with_nonce(nonce), inventory=inventory)

    def record(self, name, nonce, names=tuple(ALL), mode=THREADS):
        way = next(way for way, cases in CASES.items() if name in cases)
        terminal = ALL[name][0]
        if (way, terminal) in self.missing:
            pytest.skip(f"{way}, {terminal}: {self.missing[way, terminal]}")
        outcome = self.run(nonce, names, mode)
        assert name in outcome.records, outcome
        return outcome.records[name]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    directory = tmp_path_factory.mktemp("terminals")
    try:
        yield World(directory)
    finally:
        if (directory / "lab" / "lab.json").exists():
            left = lab_servers.stop_lab(directory / "lab")
            assert not left, f"these servers would not end: {left}"


CLOSED = "closed right behind the prompt"


def may_doubt(story, terminal, nonce):
    """Digits prove a prompt only where a line editor echoes them behind it."""
    digits = nonce == "on" and terminal.edits and terminal.platform != "generic"
    return story.doubt == ALLOWED or (story.doubt == WITHOUT_DIGITS and not digits)


def check_told(record, name, nonce):
    """Every output to the byte, or a doubt where one is allowed."""
    key, story_name, pause = ALL[name]
    terminal = TERMINALS[key]
    story = STORIES[story_name](terminal, pause)
    check_record(record)
    what = [(command["command"], command["status"], command["class"], command["output"],
             command["proofs"], command.get("doubt")) for command in record["commands"]]
    doubt_allowed = may_doubt(story, terminal, nonce)
    for command, expected in zip(record["commands"], story.outputs):
        if doubt_allowed and command.get("doubt"):
            continue
        assert command["status"] == "ok", (record["class"], record["error"], what)
        wanted = expected if isinstance(expected, tuple) else (expected,)
        assert command["output"] in wanted, (wanted, what)
        # telnetd may end the session before it passes on what the terminal echoed last
        closed = name.startswith(TELNET) and command is record["commands"][-1]
        assert not command.get("doubt") or (closed and CLOSED in command["doubt"]), what
    assert record["status"] == "ok", (record["class"], record["error"], what)


@pytest.mark.parametrize("nonce", ("on", "off"))
@pytest.mark.parametrize("name", ALL)
def test_the_output_is_what_the_terminal_showed(name, nonce, world):
    if nonce == "off" and not with_nonce("off"):
        pytest.skip("this build knows no --nonce")
    if (name, nonce) in UNTOLD:
        pytest.xfail(UNTOLD[name, nonce])
    check_told(world.record(name, nonce), name, nonce)


@pytest.mark.parametrize("mode", OTHER_MODES, ids=[mode[0] for mode in OTHER_MODES])
@pytest.mark.parametrize("name", IN_EVERY_MODE)
def test_in_every_mode(name, mode, world):
    check_told(world.record(name, "on", tuple(IN_EVERY_MODE), mode), name, "on")


def test_many_programs_in_one_loop(world):
    """Each program is a child that, for a moment, holds the descriptors of all the others: an event
    for a visit that has ended must do no harm."""
    entry = {**world.entries["ios-thrice-0.1"], "commands": ["echo one"]}
    inventory = write_inventory(world.directory, {f"d{i}": entry for i in range(200)}, "many.yaml")
    outcome = poll("-m", "events", "-n", "40", "--shards", "1", *LIMITS, inventory=inventory)
    assert outcome.code == 0, outcome
    assert len(outcome.record_list) == 200
