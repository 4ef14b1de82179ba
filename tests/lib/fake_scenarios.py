"""Telnet devices for tests: an IOS-like router, and one way each in which it goes wrong.

The router asks for a user name (`lab`) and a password (`lab`), shows `r1>`, takes `enable` with
the secret `lab-enable`, shows `r1#`. It knows `show version` (36 lines) and little else.
"""

import itertools

from fake_device import DO, IAC, SB, SE, WILL, Gone

USER, PASSWORD, SECRET = "lab", "lab", "lab-enable"
LINES = [f"line {number:02d} of the output of r1, and some text to fill it up"
         for number in range(1, 37)]
ERASE_MORE = b"\x08" * 9 + b" " * 8 + b"\x08" * 9


def text_of(lines):
    return "".join(line + "\r\n" for line in lines).encode()


class Router:
    """The well-behaved router. A scenario changes one method or one entry of `commands`."""

    greeting = b"\r\nr1 of the test lab\r\n\r\nUser Access Verification\r\n\r\n"
    pager_settable = True
    page_lines = 24

    def __init__(self, peer):
        self.peer = peer
        self.name = "r1"
        self.enabled = False
        self.paged = True
        self.commands = {"show version": self.show_version}

    def prompt(self):
        return f"{self.name}{'#' if self.enabled else '>'}".encode()

    def play(self):
        self.peer.send(bytes([IAC, WILL, 1, IAC, WILL, 3, IAC, DO, 24, IAC, DO, 31]))
        self.peer.send(self.greeting)
        if self.login():
            self.run()

    def login(self):
        for _ in range(3):
            self.peer.send(b"Username: ")
            user = self.peer.line(echo=True)
            self.peer.send(b"Password: ")
            password = self.peer.line()
            self.peer.send(b"\r\n")
            if (user, password) == (USER, PASSWORD):
                return True
            self.peer.send(b"% Login invalid\r\n\r\n")
        self.peer.send(b"% Bad passwords\r\n")
        return False

    def run(self):
        self.peer.send(b"\r\n" + self.prompt())
        while self.execute(self.peer.line(echo=True).strip()):
            self.peer.send(self.prompt())

    def execute(self, line):
        """Runs one line; False at the log-out."""
        if line in ("exit", "quit", "logout"):
            return False
        if line == "enable":
            self.enable()
        elif line.startswith("terminal length"):
            self.set_pager(line)
        elif line in self.commands:
            self.commands[line]()
        elif line and not line.startswith("terminal width"):
            self.refuse(line)
        return True

    def refuse(self, line):
        self.peer.send(b" " * (len(self.prompt()) + len(line) - 1) + b"^\r\n"
                       b"% Invalid input detected at '^' marker.\r\n\r\n")

    def enable(self):
        for _ in range(3):
            self.peer.send(b"Password: ")
            secret = self.peer.line()
            self.peer.send(b"\r\n")
            if secret == SECRET:
                self.enabled = True
                return
        self.peer.send(b"% Bad secrets\r\n\r\n")

    def set_pager(self, line):
        if self.pager_settable:
            self.paged = False
        else:
            self.refuse(line)

    def show_version(self):
        self.show(LINES)

    def show(self, lines):
        """Prints lines, a page at a time where the pager is on, as IOS does it."""
        for number, line in enumerate(lines):
            if self.paged and number and number % self.page_lines == 0 and not self.more():
                return
            self.peer.send(line.encode() + b"\r\n")

    def more(self):
        self.peer.send(b" --More-- ")
        key = self.peer.key()
        self.peer.send(ERASE_MORE)
        return key not in b"qQ\x03"


def router(peer):
    """A router that does everything right."""
    Router(peer).play()


def stubborn_pager(peer):
    """`terminal length 0` is refused, so every long output stops at --More--."""
    device = Router(peer)
    device.pager_settable = False
    device.play()


def false_prompt(peer, pause_s=1.0):
    """The output holds the device's own prompt at a line's start; a pause follows, then the rest."""
    device = Router(peer)

    def show_version():
        peer.send(text_of(LINES[:2]) + device.prompt())
        peer.pause(pause_s)
        peer.send(b" is what a prompt looks like here\r\n" + text_of(LINES[2:]))
    device.commands["show version"] = show_version
    device.play()


def clock_prompt(peer):
    """The prompt holds a counter, so it is never twice the same text."""
    device = Router(peer)
    ticks = itertools.count(1)
    device.prompt = lambda: f"r1-12-00-{next(ticks):02d}{'#' if device.enabled else '>'}".encode()
    device.play()


def late_log_line(peer):
    """A log message follows the prompt, so the stream does not end in one."""
    device = Router(peer)

    def show_version():
        device.show(LINES)
        peer.send(device.prompt() + b"\r\n*Mar  1 00:00:01.000: %SYS-5-CONFIG_I: Configured\r\n")
        device.prompt = lambda: b""
    device.commands["show version"] = show_version
    usual = device.prompt

    def execute(line, run=device.execute):
        if line != "show version":
            device.prompt = usual
        return run(line)
    device.execute = execute
    device.play()


def banner_prompt(peer):
    """The login banner holds a line that begins like a prompt, sent in two pieces."""
    device = Router(peer)

    def run(run=device.run):
        peer.send(b"\r\nWelcome to\r\nr1>")
        peer.pause(0.3)
        peer.send(b"--- the router of the lab ---\r\n")
        run()
    device.run = run
    device.play()


def password_refused(peer):
    """Whatever password is given, it is wrong."""
    device = Router(peer)

    def login():
        for _ in range(3):
            peer.send(b"Username: ")
            peer.line(echo=True)
            peer.send(b"Password: ")
            peer.line()
            peer.send(b"\r\n% Login invalid\r\n\r\n")
        return False
    device.login = login
    device.play()


def echoes_password(peer):
    """It echoes the password too, byte by byte, as a badly set line does."""
    device = Router(peer)

    def login():
        peer.send(b"Username: ")
        peer.line(echo=True)
        peer.send(b"Password: ")
        peer.line(echo=True)
        return True
    device.login = login
    device.play()


def enable_refused(peer):
    """No enable secret is right."""
    device = Router(peer)

    def enable():
        for _ in range(3):
            peer.send(b"Password: ")
            peer.line()
            peer.send(b"\r\n")
        peer.send(b"% Bad secrets\r\n\r\n")
    device.enable = enable
    device.play()


def no_free_line(peer, text="% All lines are busy: no free line, try again later"):
    """It takes the connection, says that no line is free, and closes."""
    peer.send(f"\r\n{text}\r\n".encode())


def no_login_prompt(peer):
    """A greeting, and never a login prompt."""
    peer.send(b"\r\nThis terminal server is being serviced.\r\n")
    peer.hold()


def wrong_prompt(peer):
    """After the login comes a menu, which is no prompt that the platform knows."""
    device = Router(peer)
    device.run = lambda: (peer.send(b"\r\n[1] Status\r\n[2] Reboot\r\nYour choice, please? "),
                          peer.hold())
    device.play()


def silent_after_login(peer):
    """It takes the password and then says nothing at all."""
    device = Router(peer)
    device.run = peer.hold
    device.play()


def silent_command(peer):
    """The command is echoed and never answered."""
    device = Router(peer)
    device.commands["show version"] = peer.hold
    device.play()


def half_output(peer):
    """Half of the output, then silence."""
    device = Router(peer)

    def show_version():
        peer.send(text_of(LINES[:18]))
        peer.hold()
    device.commands["show version"] = show_version
    device.play()


def closes_mid_output(peer):
    """Half of the output, then it closes the connection."""
    device = Router(peer)

    def show_version():
        peer.send(text_of(LINES[:18]) + b"line 19 is cut o")
        raise Gone
    device.commands["show version"] = show_version
    device.play()


def endless_output(peer):
    """The output never ends, as fast as it is taken."""
    device = Router(peer)
    block = text_of(LINES) * 16

    def show_version():
        while True:
            peer.send(block)
    device.commands["show version"] = show_version
    device.play()


def drip(peer, gap_s=0.1):
    """The output comes byte by byte, for ever: never silent and never done."""
    device = Router(peer)

    def show_version():
        while True:
            peer.send(b".")
            peer.pause(gap_s)
    device.commands["show version"] = show_version
    device.play()


def question(peer):
    """The command asks a question before it answers."""
    device = Router(peer)

    def show_version():
        peer.send(b"Proceed with reload? [confirm]")
        peer.key()
        peer.send(b"\r\n")
        device.show(LINES)
    device.commands["show version"] = show_version
    device.play()


def dirty_output(peer):
    """Colours, cursor moves, a title, backspaces, NUL and bytes that are not UTF-8."""
    device = Router(peer)
    device.commands["show version"] = lambda: peer.send(
        b"\x1b]0;title\x07\x1b[31mred\x1b[0m and \x1b[2Kplain\r\n"
        b"bad bytes \xc3\x28 \xfe here\r\noverstruckk\x08 \x08\r\nnul\x00 here\r\n")
    device.play()


def split_bytes(peer):
    """Everything comes one byte a packet, prompts and Telnet commands too."""
    send = peer.send

    def send_single(data):
        for byte in data:
            send(bytes([byte]))
    peer.send = send_single
    device = Router(peer)
    device.commands["show version"] = lambda: peer.send(text_of(LINES[:3]))
    device.play()


def negotiates_for_ever(peer):
    """Telnet options are offered and withdrawn without end."""
    while True:
        for option in range(0, 40):
            peer.send(bytes([IAC, WILL, option, IAC, WILL + 1, option, IAC, DO, option]))
            peer.pause(0.001)


def compression_bomb(peer):
    """A subnegotiation of COMPRESS2 that nobody asked for, with compressed data behind it."""
    import zlib
    peer.send(bytes([IAC, SB, 86, IAC, SE]) + zlib.compress(b"A" * (64 << 20)))
    peer.hold()


def closes_at_once(_peer):
    """It closes without a byte."""


def never_answers(peer):
    """It takes the connection and never says a byte."""
    peer.hold()


SCENARIOS = {play.__name__: play for play in (
    router, stubborn_pager, false_prompt, clock_prompt, late_log_line, banner_prompt,
    password_refused, echoes_password, enable_refused, no_free_line, no_login_prompt, wrong_prompt,
    silent_after_login, silent_command, half_output, closes_mid_output, endless_output, drip,
    question, dirty_output, split_bytes, negotiates_for_ever, compression_bomb, closes_at_once,
    never_answers)}
