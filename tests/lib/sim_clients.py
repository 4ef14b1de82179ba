"""Plain clients of a simulated device: one that behaves, and those that do not.

Sockets alone, so that nothing of what is tested lies between a test and the simulator.
"""

import os
import random
import resource
import socket
import struct
import time

LIMIT_S = 30
FLOOD_BYTES = 4 << 20
# A flood ends when nothing of it was taken for so long.
STUCK_S = 0.2
IAC, SB, SE, DO, WILL, NAWS = 255, 250, 240, 253, 251, 31
SSH_VERSION = b"SSH-2.0-OpenSSH_9.2p1\r\n"
MSG_IGNORE, MSG_KEXINIT = 2, 20

SSH_FLOODS = {
    "no line end": lambda: b"A" * FLOOD_BYTES,
    "lines before the version": lambda: b"not yet\r\n" * (FLOOD_BYTES // 9),
    "binary behind the version": lambda: SSH_VERSION + random.Random(1).randbytes(FLOOD_BYTES),
    "a packet without end": lambda: SSH_VERSION + struct.pack(">IB", 0x7fffffff, 4)
                            + bytes(FLOOD_BYTES),
    "packets before the key exchange": lambda: SSH_VERSION + packet(MSG_IGNORE, b"\0\0\0\0")
                                       * (FLOOD_BYTES // 16),
}
TELNET_FLOODS = {
    "no line end": lambda: b"A" * FLOOD_BYTES,
    "lines": lambda: b"x\r" * (FLOOD_BYTES // 2),
    "negotiation": lambda: bytes([IAC, DO, 99, IAC, WILL, 98]) * (FLOOD_BYTES // 6),
    "subnegotiation without end": lambda: bytes([IAC, SB, NAWS]) + bytes(FLOOD_BYTES),
    "IAC alone": lambda: bytes([IAC]) * FLOOD_BYTES,
    "binary": lambda: random.Random(2).randbytes(FLOOD_BYTES),
}


def allow_descriptors(n):
    """True where this process may have so many open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < n and (hard == resource.RLIM_INFINITY or hard >= n):
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))
        soft = n
    return soft >= n


def packet(number, payload):
    """An SSH packet before any encryption (RFC 4253, 6)."""
    body = bytes([number]) + payload
    padding = 8 - (len(body) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(body) + padding + 1, padding) + body + bytes(padding)


def kexinit():
    lists = [b"curve25519-sha256", b"ssh-ed25519", *[b"aes128-ctr"] * 2, *[b"hmac-sha2-256"] * 2,
             *[b"none"] * 2, b"", b""]
    names = b"".join(struct.pack(">I", len(one)) + one for one in lists)
    return packet(MSG_KEXINIT, os.urandom(16) + names + bytes(5))


def connect(host, port, **options):
    sock = socket.socket()
    sock.settimeout(LIMIT_S)
    for option, value in options.items():
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
    sock.connect((host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def reset(sock):
    """Closes it as a client that has crashed."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def flood(sock, bytes_):
    """Sends without ever reading, until nothing is taken any more. How much was."""
    sock.settimeout(STUCK_S)
    sent = 0
    view = memoryview(bytes_)
    try:
        while sent < len(view):
            sent += sock.send(view[sent:sent + 65536])
    except OSError:  # stuck, or closed by the other side: both are an answer
        pass
    return sent


def vanish_over_ssh(host, port):
    """Leaves in every phase that a client without cryptography reaches."""
    begun = SSH_VERSION + kexinit()
    for sent in (b"", b"SSH-2.0-", SSH_VERSION, begun[:40], begun[:-1], begun,
                 begun + packet(30, struct.pack(">I", 32) + os.urandom(32))):
        for leave in (socket.socket.close, reset):
            sock = connect(host, port)
            sock.sendall(sent)
            if sent:
                sock.recv(4096)
            leave(sock)


class Terminal:
    """A session over Telnet, which negotiates nothing unless asked to."""

    def __init__(self, port, host="127.1.0.1", **options):
        started = time.perf_counter()
        self.socket = connect(host, port, **options)
        self.seen = self.socket.recv(4096)
        self.first_byte_s = time.perf_counter() - started

    def until(self, *ends):
        """Reads until what came ends so, blanks aside."""
        while not self.seen.rstrip(b" ").endswith(ends):
            part = self.socket.recv(65536)
            if not part:
                raise EOFError(f"closed behind {self.seen[-200:]!r}")
            self.seen += part
        return self.seen

    def say(self, line, *ends):
        """Types a line; all that comes until one of the ends."""
        self.seen = b""
        self.socket.sendall(line + b"\r")
        return self.until(*ends)

    def log_in(self, user=b"admin", password=b"admin"):
        self.until(b"Username:", b"login:")
        self.say(user, b"Password:")
        return self.say(password, b">", b"#", b"$")

    def window(self, rows, columns=80):
        """Tells its size (RFC 1073)."""
        self.socket.sendall(bytes([IAC, WILL, NAWS, IAC, SB, NAWS])
                            + struct.pack(">HH", columns, rows) + bytes([IAC, SE]))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def vanish_over_telnet(host, port):
    """Leaves in every phase."""
    steps = (lambda t: None, lambda t: t.until(b"Username:"), lambda t: t.say(b"admin", b"Password:"),
             lambda t: t.say(b"admin", b">"), lambda t: t.socket.sendall(b"show version"),
             lambda t: t.socket.sendall(b"\r"))
    for reached in range(1, len(steps) + 1):
        for leave in (socket.socket.close, reset):
            terminal = Terminal(port, host)
            for step in steps[:reached]:
                step(terminal)
            leave(terminal.socket)


def half_open(host, port, n):
    """n connections that say nothing; the caller closes them."""
    return [connect(host, port) for _ in range(n)]
