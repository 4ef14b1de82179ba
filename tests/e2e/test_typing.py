"""Keys that erase: each persona's echo of them over a Telnet socket, and the personas of Unix shells
beside a real bash and dash on a pseudo-terminal of type vt100, byte for byte."""

import os
import pty
import re
import select
import shutil
import signal
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from lab_sim import ROOT, Sim
from persona_fleet import PERSONAS
from poller_run import MODES, only_command, poll, write_inventory
from sim_clients import Terminal
from test_personas import SHORT

LIMIT_S = 20
HOST = "127.1.0."
DIGITS = b"12ab34cd"
DEL, BS, KILL = b"\x7f", b"\x08", b"\x15"
ERASED = DIGITS + DEL * len(DIGITS)
EL = b"\x1b[K"
# What terminfo has a vt100 be given for it, at the speed that a pseudo-terminal claims.
EL_VT100 = EL + bytes(12)
PROMPT = b"admin@host:~$ "
HELD_S = 2


# --- a real shell, and a simulated one ---

class Shell:
    """Either of them: types, and reads on until something was seen."""

    def __init__(self):
        self.seen = b""

    def until(self, is_enough):
        """All that came since the last time."""
        while not is_enough(self.seen):
            self.seen += self.read()
        seen, self.seen = self.seen, b""
        return seen

    def until_prompts(self, n):
        return self.until(lambda seen: seen.count(PROMPT) >= n and seen.endswith(PROMPT))


class RealShell(Shell):
    def __init__(self, directory, arguments, environment):
        super().__init__()
        self.fifo = directory / "fifo"
        os.mkfifo(self.fifo)
        hold = directory / "hold"
        hold.write_text(f"#!/bin/sh\nread x < {self.fifo}\n")
        hold.chmod(0o700)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(arguments[0], arguments, {
                    "PATH": f"{directory}:{os.environ['PATH']}", "TERM": "vt100",
                    "HOME": str(directory), "PS1": PROMPT.decode(), **environment})
            finally:
                os._exit(127)
        self.until_prompts(1)

    def read(self):
        assert select.select([self.fd], [], [], LIMIT_S)[0], f"silent behind {self.seen!r}"
        return os.read(self.fd, 65536)

    def type(self, keys):
        os.write(self.fd, keys)

    def wait_for_kernel(self):
        """Until the shell has given the terminal to a command."""
        ends = time.monotonic() + LIMIT_S
        while not termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < ends
            time.sleep(0.005)

    def release(self):
        self.fifo.write_text("go\n")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class SimulatedShell(Shell):
    """Its `hold` goes on by itself."""

    def __init__(self, port, host):
        super().__init__()
        self.terminal = Terminal(port, host)
        self.terminal.log_in()
        self.seen = self.terminal.seen
        self.until_prompts(1)

    def read(self):
        part = self.terminal.socket.recv(65536)
        assert part, f"closed behind {self.seen!r}"
        return part

    def type(self, keys):
        self.terminal.socket.sendall(keys)

    def wait_for_kernel(self):
        pass

    def release(self):
        pass

    def close(self):
        self.terminal.close()


# --- what is typed ---

def at_the_prompt(shell, keys, **_):
    shell.type(keys + b"\r")
    return shell.until_prompts(1)


def ahead(shell, keys, input_done):
    """Typed while a command runs, and RETURN with it."""
    shell.type(b"hold\r")
    said = shell.until(lambda seen: seen.endswith(b"hold\r\n" + input_done))
    shell.wait_for_kernel()
    shell.type(keys + b"\r")
    said += shell.until(lambda seen: seen.endswith(b"\r\n"))
    shell.release()
    return said + shell.until_prompts(2)


def ahead_unfinished(shell, keys, input_done):
    """The same, and RETURN at the prompt."""
    shell.type(b"hold\r")
    said = shell.until(lambda seen: seen.endswith(b"hold\r\n" + input_done))
    shell.wait_for_kernel()
    shell.type(keys)
    said += shell.until(lambda seen: seen.endswith(keys[-3:]))
    shell.release()
    said += shell.until(lambda seen: PROMPT in seen)
    shell.type(b"\r")
    return said + shell.until_prompts(1)


KEYS = {
    "erased": ERASED + b"echo one",
    "killed": DIGITS + KILL + b"echo one",
    "one sign": b"echo x" + DEL + b"one",
    "nothing to erase": DEL + KILL + b"echo one",
    "BS": DIGITS + BS * len(DIGITS) + b"echo one",
}
# How it is started; what differs from the persona linux; keys that it takes otherwise.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], {"LC_ALL": "C.UTF-8"}, [], ()),
    # There ^U clears once, DEL each sign: no persona is that fine.
    "bash_c": (["bash", "--norc", "--noprofile", "-i"], {"LC_ALL": "C"},
               [("erase: bs_el", "erase: bs_blank_bs")], ("killed",)),
    # BS is a sign of its lines.
    "dash": (["dash", "-i"], {},
             [("edited_by: shell", "edited_by: kernel"), ('  input_done: "\\e[?2004l\\r"\n', ""),
              ("\\e[?2004h", "")], ("BS",)),
}
COMMANDS = f"""
  - {{command: 'echo one', output: "one\\n"}}
  - {{command: 'hold', output: '', think: {HELD_S}}}
"""


@pytest.fixture(name="shells", scope="module")
def simulated_shells(tmp_path_factory):
    """The simulator, and each shell's address."""
    directory = tmp_path_factory.mktemp("shells")
    linux = (ROOT / "config" / "personas" / "linux.yaml").read_text(encoding="utf-8")
    devices = ""
    for n, (name, (_, _, changes, _)) in enumerate(SHELLS.items(), 1):
        text = linux + COMMANDS
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
        devices += f"- {{address: {HOST}{n}, persona: {name}, hostname: host}}\n"
    (directory / "devices").mkdir()
    device_file = directory / "devices" / "fleet.yaml"
    device_file.write_text(devices)
    with Sim("--devices", len(SHELLS), "--persona-dir", directory, "--device-file", device_file,
             directory=directory) as sim:
        yield sim, {name: f"{HOST}{n}" for n, name in enumerate(SHELLS, 1)}


@pytest.mark.parametrize("name", SHELLS)
def test_a_simulated_shell_says_what_a_real_one_says(shells, tmp_path, name):
    arguments, environment, _, otherwise = SHELLS[name]
    if not shutil.which(arguments[0]):
        pytest.skip(f"{arguments[0]} is not here")
    sim, hosts = shells
    input_done, paste = (b"", b"") if name == "dash" else (b"\x1b[?2004l\r", b"\x1b[?2004h")
    # What is typed ahead the kernel erases for all of them alike.
    cases = [(how, what) for how in (at_the_prompt, ahead, ahead_unfinished) for what in KEYS
             if what not in otherwise or (what == "killed" and how is not at_the_prompt)]

    def simulate(case):
        with closing(SimulatedShell(sim.port + 1, hosts[name])) as shell:
            return case[0](shell, KEYS[case[1]], input_done=input_done)

    with ThreadPoolExecutor(len(cases)) as pool:
        simulated = list(pool.map(simulate, cases))
    with closing(RealShell(tmp_path, arguments, environment)) as shell:
        for (how, what), said in zip(cases, simulated):
            real = how(shell, KEYS[what], input_done=input_done)
            assert said == real, (how.__name__, what)
            assert real.endswith(b"one\r\n" + paste + PROMPT), (how.__name__, what)


# --- every persona ---

def log_in(terminal):
    """Name and password with a sign too much, taken back."""
    asked = terminal.until(b"sername:", b"ogin:", b"assword:")
    if not asked.rstrip(b" ").endswith(b"assword:"):
        said = terminal.say(b"admix" + DEL + b"n", b"assword:")
        assert said.startswith(b"admix\b \bn\r\n"), said
    terminal.say(b"admin7" + BS, b">", b"#", b"$")


def erasing(persona, prompt):
    """The echo of the digits and of their erasing."""
    echo = {"linux": b"\b" + EL_VT100, "frr": b"\b" + EL_VT100}.get(persona, b"\b \b")
    if persona == "mikrotik_routeros":
        return DIGITS + b"".join(b"\r" + prompt + DIGITS[:n] + EL
                                 for n in reversed(range(len(DIGITS))))
    return DIGITS + echo * len(DIGITS)


@pytest.fixture(name="fleet", scope="module")
def one_of_each(tmp_path_factory):
    """The simulator, and each persona's address."""
    directory = tmp_path_factory.mktemp("personas")
    hosts = {persona: f"{HOST}{n}" for n, persona in enumerate(PERSONAS, 1)}
    wrong = f"{HOST}{len(hosts) + 1}"
    device_file = directory / "fleet.yaml"
    device_file.write_text("".join(
        f"- {{address: {host}, persona: {persona}}}\n" for persona, host in hosts.items())
        + f"- {{address: {wrong}, persona: cisco_ios, misbehave: no_erase}}\n")
    with Sim("--devices", len(hosts) + 1, "--device-file", device_file, directory=directory) as sim:
        yield sim, {**hosts, "no_erase": wrong}


@pytest.mark.parametrize("persona", PERSONAS)
def test_digits_that_are_erased_are_seen_and_not_run(fleet, persona):
    sim, hosts = fleet
    command = SHORT.get(persona, "show clock").encode()
    with Terminal(sim.port + 1, hosts[persona]) as terminal:
        log_in(terminal)
        plain = terminal.say(command, b">", b"#", b"$")
        prompt = plain[plain.rindex(b"\n") + 1:]
        assert plain.startswith(command + b"\r\n")
        assert terminal.say(ERASED + command, prompt.strip(b" ")) == erasing(persona, prompt) + plain
        assert terminal.say(DIGITS + KILL + command, prompt.strip(b" ")).endswith(plain)
    # The simulator counts what was run.
    runs = sim.stats_now()["by_command"]
    assert not [line for line in runs if DIGITS.decode() in line]


def test_a_device_that_erases_nothing_refuses_the_line(fleet):
    sim, hosts = fleet
    with Terminal(sim.port + 1, hosts["no_erase"]) as terminal:
        terminal.log_in()
        said = terminal.say(ERASED + b"show clock", b">")
        assert said.startswith(DIGITS + b"^?" * len(DIGITS) + b"show clock\r\n")
        assert b"% Invalid input detected at '^' marker." in said
        said = terminal.say(b"show clock", b">")
        assert said.startswith(b"show clock\r\n*") and b"%" not in said


@pytest.mark.parametrize("mode", MODES)
def test_a_run_says_where_digits_were_not_wiped_out(fleet, mode, tmp_path):
    sim, hosts = fleet
    inventory = write_inventory(tmp_path, {
        name: {"host": hosts[name], "port": sim.port, "platform": platform}
        for name, platform in (("no_erase", "cisco_ios"), ("arista_eos", "arista_eos"))},
        username="admin", password="admin", commands=["show clock"])
    outcome = poll("-m", mode, inventory=inventory)
    assert outcome.code == 0, outcome
    proofs = {name: set(only_command(record)["proofs"]) for name, record in outcome.records.items()}
    assert proofs["no_erase"] >= {"echo", "second"} and "nonce" not in proofs["no_erase"]
    assert "nonce" in proofs["arista_eos"]
    assert re.search(r"^digits were not wiped out, and are left off since: cisco_ios \(", outcome.text,
                     re.M), outcome
