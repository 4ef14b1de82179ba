"""`poller-lab relay` between plain sockets: what goes through, what does not, and when."""

import contextlib
import random
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from lab_relay import LIMIT_S, Relay, command

RTT_S = 0.12


def received(sock, size=None):
    """Until the end, or until that many bytes are there."""
    data = bytearray()
    while size is None or len(data) < size:
        chunk = sock.recv(65536 if size is None else size - len(data))
        if not chunk:
            break
        data += chunk
    return bytes(data)


class Peer:
    """A server on loopback: the first connection that comes is its one. None: it has not come."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT_S)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        sock, _ = self.listener.accept()
        sock.settimeout(LIMIT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


@pytest.fixture
def peer():
    made = Peer()
    yield made
    made.listener.close()


def client_of(relay):
    sock = socket.create_connection(("127.0.0.1", relay.port), timeout=LIMIT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


@contextlib.contextmanager
def connected(peer, *options):
    """A relay with one connection through it: relay, client's socket, server's socket."""
    with Relay(peer.port, *options) as relay, client_of(relay) as client, \
            peer.accept() as server:
        yield relay, client, server


def segments(sock):
    """How many with data have come: linux/tcp.h's tcpi_data_segs_in. What a recv() gives depends on
    how soon it is called."""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 152)[0]


def in_background(work, *arguments):
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def send_and_end(sock, data):
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


SETTINGS = {
    "plain": (),
    "rtt": ("--rtt", "20ms"),
    "jitter": ("--rtt", "4ms", "--jitter", "3ms"),
    "rate": ("--rate", 400000),
    "one byte": ("--one-byte", "--direction", "both"),
    "one byte, jitter": ("--one-byte", "--direction", "both", "--jitter", "1ms"),
    "all": ("--rtt", "10ms", "--jitter", "2ms", "--rate", 300000, "--one-byte"),
    "faults that do not come": ("--cut-after", 10**9, "--corrupt-at", 10**9, "--direction", "both"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_bytes_are_the_same_both_ways(peer, name):
    size = 100_000
    down, up = random.Random(1).randbytes(size), random.Random(2).randbytes(size)
    with connected(peer, "--count", *SETTINGS[name]) as (relay, client, server):
        threads = [in_background(send_and_end, server, down), in_background(send_and_end, client, up)]
        got_up = []
        threads.append(in_background(lambda: got_up.append(received(server))))
        assert received(client) == down
        for thread in threads:
            thread.join(LIMIT_S)
        assert got_up == [up]
    assert relay.close() == 0
    assert relay.err == ""
    [count] = relay.counts()
    assert (count["to_client"], count["to_server"]) == (size, size)


def test_a_reader_that_pauses_loses_nothing_and_is_not_read_ahead_of(peer):
    """Many megabytes against a client that does not read: the server cannot get rid of them."""
    data = random.Random(3).randbytes(1 << 20) * 24
    with connected(peer) as (_, client, server):
        sent = in_background(send_and_end, server, data)
        sent.join(0.5)
        assert sent.is_alive()
        assert received(client) == data
        sent.join(LIMIT_S)
        assert not sent.is_alive()


def test_one_byte_to_the_client_only(peer):
    with connected(peer, "--one-byte") as (_, client, server):
        server.sendall(b"12345")
        assert (received(client, 5), segments(client)) == (b"12345", 5)
        client.sendall(b"67890")
        assert (received(server, 5), segments(server)) == (b"67890", 1)


def test_the_delay_is_at_least_the_round_trip(peer):
    with Relay(peer.port, "--rtt", f"{RTT_S}s", "--count") as relay:
        begin = time.monotonic()
        with client_of(relay) as client:
            client.sendall(b"early")
            server = peer.accept()
            assert time.monotonic() - begin >= 1.5 * RTT_S
            server.sendall(b"banner")
            assert received(client, 6) == b"banner"
            assert time.monotonic() - begin >= 2 * RTT_S
            assert received(server, 5) == b"early"
            for trips in range(3, 6):
                client.sendall(b"?")
                assert received(server, 1) == b"?"
                server.sendall(b"!")
                assert received(client, 1) == b"!"
                assert time.monotonic() - begin >= trips * RTT_S
            client.close()
            assert received(server) == b""
            server.close()
        relay.close()
        assert relay.counts() == [
            {"connection": 1, "to_client": 9, "to_server": 8, "round_trips": 5}]


def test_what_crosses_is_no_round_trip(peer):
    with connected(peer, "--rtt", "300ms", "--count") as (relay, client, server):
        client.sendall(b"SSH-2.0-client")
        server.sendall(b"SSH-2.0-server")
        assert received(client, 14) and received(server, 14)
        client.sendall(b"kexinit")
        server.sendall(b"kexinit")
        assert received(client, 7) and received(server, 7)
        relay.close()
        assert relay.counts()[0]["round_trips"] == 2


def test_the_end_comes_behind_the_bytes(peer):
    with connected(peer, "--rtt", f"{RTT_S}s") as (_, client, server):
        begin = time.monotonic()
        send_and_end(server, b"bye")
        assert received(client) == b"bye"
        assert time.monotonic() - begin >= RTT_S / 2
        send_and_end(client, b"still here")
        assert received(server) == b"still here"


def test_the_rate_bounds_the_bytes(peer):
    with connected(peer, "--rate", 50000) as (_, client, server):
        begin = time.monotonic()
        server.sendall(b"x" * 25000)
        assert len(received(client, 25000)) == 25000
        assert time.monotonic() - begin >= 0.5


@pytest.mark.parametrize("after", (0, 1, 10))
def test_cut(peer, after):
    with connected(peer, "--cut-after", after, "--connections", 1) as (relay, client, server):
        if after:
            client.sendall(b"to nobody")
            server.sendall(b"0123456789abcdef")
        assert received(client) == b"0123456789"[:after]
        with contextlib.suppress(ConnectionResetError):
            assert received(server) in (b"", b"to nobody")
        assert relay.wait() == 0


def test_cut_counted_to_the_server(peer):
    with connected(peer, "--cut-after", 4, "--direction", "to-server") as (_, client, server):
        server.sendall(b"0123456789")
        assert received(client, 10) == b"0123456789"
        client.sendall(b"abcdef")
        assert received(server) == b"abcd"
        assert received(client) == b""


def test_both_directions_count_by_themselves(peer):
    with connected(peer, "--half-close-after", 3, "--direction", "both") as (_, client, server):
        server.sendall(b"0123")
        assert received(client) == b"012"
        client.sendall(b"abcd")
        assert received(server) == b"abc"


def test_reset(peer):
    with connected(peer, "--reset-after", 5, "--connections", 1) as (relay, client, server):
        server.sendall(b"01234")
        with pytest.raises(ConnectionResetError):
            assert received(client, 5) == b"01234"
            received(client)
        with pytest.raises(ConnectionResetError):
            received(server)
        assert relay.wait() == 0


def test_stall(peer):
    with connected(peer, "--stall-after", 5, "--connections", 1) as (relay, client, server):
        server.sendall(b"0123456789")
        assert received(client, 5) == b"01234"
        client.sendall(b"anyone?")
        for silent in (client, server):
            silent.settimeout(0.2)
            with pytest.raises(TimeoutError):
                silent.recv(1)
        server.close()
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.close()
        assert relay.wait() == 0


def test_half_close(peer):
    with connected(peer, "--half-close-after", 5, "--connections", 1) as (relay, client, server):
        server.sendall(b"0123456789")
        assert received(client) == b"01234"
        client.sendall(b"I still speak")
        assert received(server, 13) == b"I still speak"
        server.sendall(b"to nobody")
        client.close()
        assert received(server) == b""
        assert relay.wait() == 0


@pytest.mark.parametrize("at", (0, 3, 9))
def test_corrupt(peer, at):
    with connected(peer, "--corrupt-at", at) as (_, client, server):
        data = b"0123456789"
        for part in (data[:4], data[4:]):
            server.sendall(part)
        expected = bytearray(data)
        expected[at] ^= 1
        assert received(client, 10) == expected
        client.sendall(data)
        assert received(server, 10) == data


def test_a_server_that_refuses_resets_the_client(peer):
    peer.listener.close()
    with Relay(peer.port, "--connections", 1) as relay:
        # It may come as early as the connection itself.
        with pytest.raises(ConnectionResetError), client_of(relay) as client:
            received(client)
        assert relay.wait() == 0


def test_a_reset_goes_through_behind_the_bytes(peer):
    with connected(peer, "--rtt", "50ms") as (_, client, server):
        server.sendall(b"last words")
        time_to_read_them(client)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        server.close()
        with pytest.raises(ConnectionResetError):
            assert received(client, 10) == b"last words"
            received(client)


def time_to_read_them(client):
    """The relay has read what arrives at the client; a reset before would have thrown it away."""
    assert client.recv(1, socket.MSG_PEEK)


def test_a_client_that_has_left_is_told_to_a_server_that_writes_on(peer):
    with connected(peer, "--rtt", "10ms", "--connections", 1) as (relay, client, server):
        client.close()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(100_000):
                server.sendall(b"x" * 1000)
        assert relay.wait() == 0


def echo_all(peer, stopping):
    while not stopping.is_set():
        try:
            sock = peer.accept()
        except OSError:
            return
        in_background(echo_one, sock)


def echo_one(sock):
    with sock:
        sock.sendall(received(sock))


def test_many_connections(peer):
    peer.listener.listen(512)
    stopping = threading.Event()
    echoing = in_background(echo_all, peer, stopping)
    with Relay(peer.port, "--rtt", "30ms", "--jitter", "10ms", "--count",
               "--connections", 200) as relay:
        clients = [client_of(relay) for _ in range(200)]
        for number, client in enumerate(clients):
            send_and_end(client, b"%d" % number)
        for number, client in enumerate(clients):
            assert received(client) == b"%d" % number
            client.close()
        assert relay.wait() == 0
        counts = relay.counts()
        assert sorted(count["connection"] for count in counts) == list(range(1, 201))
        assert sum(count["to_client"] for count in counts) == sum(len(str(n)) for n in range(200))
    stopping.set()
    peer.listener.shutdown(socket.SHUT_RDWR)
    echoing.join(LIMIT_S)


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))


def test_out_of_descriptors_it_takes_the_next_when_one_has_closed(peer):
    """14 descriptors are enough for 4 connections; the other 16 wait for their turn, and the relay
    does not spin meanwhile."""
    peer.listener.listen(64)
    stopping = threading.Event()
    with Relay(peer.port, "--connections", 20, preexec_fn=few_descriptors) as relay:
        clients = [client_of(relay) for _ in range(20)]
        with pytest.raises(TimeoutError):
            clients[-1].settimeout(0.5)
            clients[-1].recv(1)
        assert processor_time(relay.child.pid) < 0.25
        clients[-1].settimeout(LIMIT_S)
        echoing = in_background(echo_all, peer, stopping)
        for client in clients:
            send_and_end(client, b"served")
        for client in clients:
            assert received(client) == b"served"
            client.close()
        assert relay.wait() == 0
    stopping.set()
    peer.listener.shutdown(socket.SHUT_RDWR)
    echoing.join(LIMIT_S)


def processor_time(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_closes_all_and_prints_the_counts(peer, number):
    with connected(peer, "--count") as (relay, client, server):
        server.sendall(b"12345")
        assert received(client, 5) == b"12345"
        relay.child.send_signal(number)
        assert relay.wait() == 0
        assert received(client) == b""
        assert relay.counts() == [
            {"connection": 1, "to_client": 5, "to_server": 0, "round_trips": 2}]


def run_to_the_end(*options):
    done = subprocess.run(command(*options), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("poller-lab: ")
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("options", (
    ("--to", "192.0.2.1:22"),
    ("--to", "128.0.0.1:22"),
    ("--to", "localhost:22"),
    ("--to", "0.0.0.0:22"),
    ("--to", "127.1:22"),
    ("--to", "127.0.0.1:22", "--listen", "0.0.0.0:0"),
    ("--to", "127.0.0.1:22", "--listen", "10.0.0.1:2200"),
))
def test_only_loopback(options):
    code, said = run_to_the_end(*options)
    assert code == 2
    assert "127.0.0.0/8 only" in said


@pytest.mark.parametrize("options", (
    (),
    ("--to", "127.0.0.1"),
    ("--to", "127.0.0.1:65536"),
    ("--to", "127.0.0.1:-1"),
    ("--to", "1" * 200 + ":1"),
    ("--to", "127.0.0.1:1", "--rtt", "fast"),
    ("--to", "127.0.0.1:1", "--rtt", "-5ms"),
    ("--to", "127.0.0.1:1", "--rate", "0"),
    ("--to", "127.0.0.1:1", "--cut-after", "99999999999999999999"),
    ("--to", "127.0.0.1:1", "--cut-after", "1", "--stall-after", "1"),
    ("--to", "127.0.0.1:1", "--direction", "up"),
    ("--to", "127.0.0.1:1", "--nonsense"),
    ("--to", "127.0.0.1:1", "more"),
))
def test_what_is_not_understood_is_refused(options):
    assert run_to_the_end(*options)[0] == 2


def test_a_port_in_use_is_said(peer):
    code, said = run_to_the_end("--to", "127.0.0.1:1", "--listen", f"127.0.0.1:{peer.port}")
    assert code == 1
    assert said == (f"poller-lab: cannot listen on 127.0.0.1:{peer.port}: "
                    "Address already in use\n")
