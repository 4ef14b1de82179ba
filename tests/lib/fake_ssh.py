"""Servers that begin like SSH and then go wrong, before any encryption (RFC 4253, 4.2, 6, 7.1)."""

import os
import struct

BANNER = b"SSH-2.0-OpenSSH_9.2p1\r\n"
MSG_DISCONNECT, MSG_KEXINIT = 1, 20
ODD_NAMES = {"kex": "lab-kex-1@example.invalid", "key": "lab-key-1@example.invalid",
             "cipher": "lab-cipher-1@example.invalid", "mac": "lab-mac-1@example.invalid"}


def string(data):
    return struct.pack(">I", len(data)) + data


def packet(payload):
    """An unencrypted binary packet: padded to a multiple of eight, at least four bytes."""
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit(kex, key, cipher, mac):
    names = [kex, key, cipher, cipher, mac, mac, "none", "none", "", ""]
    lists = b"".join(string(name.encode()) for name in names)
    return packet(bytes([MSG_KEXINIT]) + os.urandom(16) + lists + b"\0" + bytes(4))


def not_ssh(peer):
    """A web server on the SSH port."""
    peer.send(b"HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def not_ssh_stays(peer):
    """Another protocol's greeting, and the connection stays open."""
    peer.send(b"220 mail.example.invalid ESMTP ready\r\n")
    peer.hold()


def ssh1_only(peer):
    """A server that speaks SSH 1 alone."""
    peer.send(b"SSH-1.5-Cisco-1.25\r\n")
    peer.hold()


def lines_before_banner(peer):
    """Lines before the version string, which are allowed, without end."""
    while True:
        peer.send(b"This is a line before the version string.\r\n")
        peer.pause(0.01)


def banner_stall(peer):
    """The version string, and nothing after it."""
    peer.send(BANNER)
    peer.hold()


def banner_drip(peer):
    """The version string, then a key exchange message that comes a byte at a time."""
    peer.send(BANNER)
    for byte in kexinit("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256") * 100:
        peer.send(bytes([byte]))
        peer.pause(0.2)


def banner_garbage(peer):
    """The version string, then bytes that are no packet."""
    peer.send(BANNER + bytes(range(255, 0, -1)) * 4)
    peer.hold()


def huge_packet(peer):
    """A packet that says it is 2 GiB long."""
    peer.send(BANNER + struct.pack(">IB", 0x7FFFFFFF, 4) + os.urandom(4096))
    peer.hold()


def no_common_kex(peer):
    """A key exchange message in which nothing is known to anybody else."""
    peer.send(BANNER + kexinit(**ODD_NAMES))
    peer.hold()


def disconnects(peer):
    """SSH_MSG_DISCONNECT in place of a key exchange, with a reason."""
    peer.send(BANNER + packet(bytes([MSG_DISCONNECT]) + struct.pack(">I", 12)
                              + string(b"Too many connections") + string(b"")))


def closes_after_banner(peer):
    """The version string, then it closes: what MaxStartups looks like from outside."""
    peer.send(BANNER)


SCENARIOS = {play.__name__: play for play in (
    not_ssh, not_ssh_stays, ssh1_only, lines_before_banner, banner_stall, banner_drip,
    banner_garbage, huge_packet, no_common_kex, disconnects, closes_after_banner)}
