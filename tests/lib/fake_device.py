#!/usr/bin/env python3
"""Devices that misbehave in one exact way each, for tests. Standard library only.

In a test:      with FakeDevice("drip") as device: ... device.port ... device.lines
By hand:        fake_device.py NAME [--port N]     (fake_device.py --list names them)

A scenario is a function of one connected Peer; it runs in a thread per connection and ends when it
returns, when the peer leaves, or when the device is closed. Telnet scenarios are in
fake_scenarios.py, SSH ones in fake_ssh.py.
"""

import argparse
import socket
import sys
import threading
import time

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
LIFETIME_S = 120.0


class Gone(Exception):
    """The peer closed, or the device is being closed."""


class Peer:
    """One connection: bytes out as they are, bytes in with Telnet's commands taken out."""

    def __init__(self, device, sock):
        self.device = device
        self.sock = sock
        self.pushed = b""
        self.deadline = time.monotonic() + LIFETIME_S
        sock.settimeout(0.1)

    def check(self):
        if self.device.closing.is_set() or time.monotonic() > self.deadline:
            raise Gone

    def send(self, data):
        view = memoryview(data)
        while view:
            self.check()
            try:
                view = view[self.sock.send(view):]
            except TimeoutError:
                continue
            except OSError as error:
                raise Gone from error

    def recv(self):
        """What has come, at least one byte, Telnet commands included."""
        while True:
            self.check()
            try:
                data = self.sock.recv(4096)
            except TimeoutError:
                continue
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            return data

    def raw_byte(self):
        if not self.pushed:
            self.pushed = self.recv()
        byte, self.pushed = self.pushed[0], self.pushed[1:]
        return byte

    def byte(self):
        """The next byte that is not part of a Telnet command."""
        while True:
            byte = self.raw_byte()
            if byte != IAC:
                return byte
            command = self.raw_byte()
            if command == IAC:
                return IAC
            if command in (DO, DONT, WILL, WONT):
                self.device.negotiated.append((command, self.raw_byte()))
            elif command == SB:
                while not (self.raw_byte() == IAC and self.raw_byte() == SE):
                    pass

    def key(self):
        """The next key: what a CR of the line before still has behind it is none."""
        byte = self.byte()
        return self.byte() if byte in (0x0A, 0x00) else byte

    def line(self, echo=False):
        """Reads a line. CR, LF, CR LF and CR NUL end it; the echo is sent as bytes are read, which
        is when a device does it: not while it is busy with a command."""
        text = bytearray()
        while True:
            byte = self.byte()
            if byte in (0x0A, 0x00) and not text:
                continue
            if byte in (0x0D, 0x0A):
                break
            text.append(byte)
            if echo:
                self.send(bytes([byte]))
        if echo:
            self.send(b"\r\n")
        line = text.decode("utf-8", "replace")
        self.device.lines.append(line)
        return line

    def pause(self, seconds):
        """Waits, and leaves at once when the device is closed."""
        self.check()
        if self.device.closing.wait(min(seconds, LIFETIME_S)):
            raise Gone

    def hold(self):
        """Says nothing more, and takes what comes, until the peer leaves."""
        while True:
            self.recv()


class FakeDevice:
    """A listener on loopback that plays one scenario to everyone who connects."""

    def __init__(self, scenario, port=0, **options):
        self.play = scenarios()[scenario] if isinstance(scenario, str) else scenario
        self.options = options
        self.lines = []
        self.negotiated = []
        self.connections = 0
        self.errors = []
        self.closing = threading.Event()
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.listener.settimeout(0.1)
        self.host, self.port = self.listener.getsockname()
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while not self.closing.is_set():
            try:
                sock, _address = self.listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self.serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, sock):
        with sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.play(Peer(self, sock), **self.options)
                self.hang_up(sock)
            except Gone:
                self.hang_up(sock)
            except Exception as error:  # a mistake in a scenario must show in the test
                self.errors.append(repr(error))
                raise

    def hang_up(self, sock):
        """Closes in order. A close with bytes unread would be a reset, and a reset may take from
        the other side what it had not read yet: that is another fault than the scenario's."""
        deadline = time.monotonic() + 1.0
        try:
            sock.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline and not self.closing.is_set():
                try:
                    if not sock.recv(65536):
                        return
                except TimeoutError:
                    continue
        except OSError:
            pass

    def close(self):
        self.closing.set()
        self.listener.close()
        self.accepting.join(2.0)
        for thread in self.threads:
            thread.join(2.0)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


class DeafPort:
    """A port whose queue of connections is full: the kernel drops every further SYN, so a
    connection neither succeeds nor is refused. This is a black hole without leaving loopback."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.host, self.port = self.listener.getsockname()
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self.fillers.append(filler)
        time.sleep(0.05)

    def close(self):
        for filler in self.fillers:
            filler.close()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


class RefusedPort(DeafPort):
    """A port that is taken but that nobody listens on: connections are refused, and no other
    program can come to listen there while the test runs."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()
        self.fillers = []


def scenarios():
    import fake_scenarios
    import fake_ssh
    return {**fake_scenarios.SCENARIOS, **fake_ssh.SCENARIOS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list or options.name not in scenarios():
        for name, play in sorted(scenarios().items()):
            print(f"{name:20} {(play.__doc__ or '').strip().splitlines()[0]}")
        return 0 if options.list else 2
    with FakeDevice(options.name, options.port) as device:
        print(f"{options.name} on {device.host}:{device.port}", flush=True)
        try:
            time.sleep(LIFETIME_S)
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.modules["fake_device"] = sys.modules["__main__"]
    sys.exit(main())
