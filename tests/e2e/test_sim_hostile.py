"""Clients that vanish, flood, never read, or never log in: the simulator goes on serving the others,
in bounded memory, and its counts come back to nothing."""

import subprocess
import time

import pytest
import sim_clients
from lab_relay import Relay
from lab_servers import make_key
from lab_sim import BINARY as LAB_BINARY
from lab_sim import Sim
from poller_run import poll, write_inventory
from sim_clients import Terminal

# Floods, and how much memory they cost.
pytestmark = pytest.mark.alone

LIMIT_S = 20
GRACE_S = 2
HOST, OTHER = "127.1.0.2", "127.1.0.1"
# What a flood of a few clients may leave behind in the allocator, of 4 MB each that they sent.
GROWTH_KIB = 4096
# A sanitizer keeps what is freed, and takes its time.
IS_SLOW = "san/" in LAB_BINARY
SERVED_S = 20 if IS_SLOW else 10


def check_growth(sim, before, kib=GROWTH_KIB):
    assert IS_SLOW or sim.rss_kib() - before < kib, "memory is not bounded, or not given back"


def settled(sim, what):
    """Waits until nobody is connected; the counts."""
    for _ in range(LIMIT_S * 20):
        now = sim.stats_now()
        if now["connections"]["now"] == 0:
            assert now["logins"]["now"] == 0, what
            return now
        time.sleep(0.05)
    pytest.fail(f"{what}: {now['connections']['now']} connections are left")


def serves(sim):
    """Seconds that another client waits for its output."""
    started = time.monotonic()
    with Terminal(sim.port + 1, OTHER) as terminal:
        terminal.log_in()
        terminal.say(b"show clock", b"sw-1>")
    return time.monotonic() - started


def entry(sim, **more):
    return {"host": HOST, "port": sim.port, "platform": "cisco_ios", "username": "admin",
            "password": "admin", "secret": "enable", "commands": ["show version"], **more}


def serves_ssh(sim, tmp_path):
    outcome = poll("--host-key", "off",
                   inventory=write_inventory(tmp_path, {"d": entry(sim, host=OTHER)}))
    assert outcome.code == 0, outcome


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One for the module: what a test spoils, the next one sees."""
    place = tmp_path_factory.mktemp("hostile")
    key = place / "key"
    make_key(key)
    with Sim("--devices", 10, directory=place,
             only_sim=["--login-grace", f"{GRACE_S}s", "--authorized-keys", f"{key}.pub"]) as sim:
        sim.key = key
        yield sim


@pytest.fixture
def sim(shared, tmp_path):
    before = shared.rss_kib()
    yield shared
    settled(shared, "afterwards")
    serves_ssh(shared, tmp_path)
    assert serves(shared) < SERVED_S
    assert shared.process.poll() is None
    check_growth(shared, before)


def test_who_vanishes_before_the_log_in(sim):
    for _ in range(10):
        sim_clients.vanish_over_ssh(HOST, sim.port)
        sim_clients.vanish_over_telnet(HOST, sim.port + 1)


@pytest.mark.parametrize("fault", ["cut", "reset", "stall"])
def test_who_vanishes_anywhere(sim, tmp_path, fault):
    """Banner, key exchange, log-in, channel, dialogue: a wire that breaks after so many bytes."""
    points = list(range(1, 1700, 70))
    # The relay is on 127.0.0.1, and so is what it calls: a simulator of its own.
    with Sim("--first", "127.0.0.1", "--devices", 1, directory=tmp_path,
             only_sim=["--login-grace", "1s", "--idle", "1s"]) as own:
        relays = [Relay(own.port, f"--{fault}-after", point, "--direction", "to-server")
                  for point in points]
        try:
            devices = {f"d{relay.port}": entry(own, host="127.0.0.1", port=relay.port)
                       for relay in relays}
            outcome = poll("-n", len(devices), "--timeout", 2, "-t", 2, "--exit-zero",
                           "--host-key", "off", inventory=write_inventory(tmp_path, devices))
        finally:
            for relay in relays:
                relay.close()
        assert sum(record["status"] == "failed" for record in outcome.record_list) > 15, outcome
        stats = settled(own, fault)
        # A reset can come before anybody has looked at the connection.
        assert len(points) - 5 < stats["connections"]["total"] <= len(points)
        assert stats["logins"]["dropped"] > 3


@pytest.mark.parametrize("name", sim_clients.SSH_FLOODS)
def test_floods_over_ssh(sim, name):
    before = sim.rss_kib()
    bytes_ = sim_clients.SSH_FLOODS[name]()
    clients = [sim_clients.connect(HOST, sim.port) for _ in range(4)]
    for client in clients:
        sim_clients.flood(client, bytes_)
        check_growth(sim, before)
    assert serves(sim) < SERVED_S
    for client in clients:
        client.close()


@pytest.mark.parametrize("is_logged_in", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("name", sim_clients.TELNET_FLOODS)
def test_floods_over_telnet(sim, name, is_logged_in):
    """Before and behind the log-in; nothing of the answers is read."""
    before = sim.rss_kib()
    bytes_ = sim_clients.TELNET_FLOODS[name]()
    clients = [Terminal(sim.port + 1, HOST) for _ in range(4)]
    for client in clients:
        if is_logged_in:
            client.log_in()
        sim_clients.flood(client.socket, bytes_)
        check_growth(sim, before)
    assert serves(sim) < SERVED_S
    for client in clients:
        client.close()


def test_who_never_reads_over_telnet(sim):
    before = sim.rss_kib()
    clients = [Terminal(sim.port + 1, HOST, SO_RCVBUF=4096) for _ in range(10)]
    for client in clients:
        client.log_in()
        sim_clients.flood(client.socket, b"terminal length 0\r" + b"show interfaces\r" * 50000)
    check_growth(sim, before, 2 * GROWTH_KIB)
    assert serves(sim) < SERVED_S
    # Nothing of it is lost, though: who reads after all has every output whole.
    client = clients[0]
    expected = sim.outputs()[HOST]["show interfaces"].replace("\n", "\r\n").encode()
    while client.seen.count(expected) < 50:
        part = client.socket.recv(1 << 20)
        assert part
        client.seen += part
    whole = client.seen[:client.seen.rindex(expected)]
    assert whole.count(b"show interfaces\r\n") == whole.count(b"#show") + whole.count(b">show")
    for client in clients:
        client.close()


def test_who_never_reads_over_ssh(sim, tmp_path):
    before = sim.rss_kib()
    script = tmp_path / "script"
    script.write_bytes(b"terminal length 0\r" + b"show interfaces\r" * 50000)
    clients = []
    for _ in range(4):
        with script.open() as typed:
            clients.append(subprocess.Popen(
                ["ssh", "-tt", "-F", "none", "-i", str(sim.key), "-p", str(sim.port), "-o",
                 "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
                 "IdentitiesOnly=yes", f"admin@{HOST}"],
                stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    try:
        for _ in range(10):
            time.sleep(0.1)
            check_growth(sim, before, 4 * GROWTH_KIB)
        assert sim.stats_now()["logins"]["now"] == 4
        assert serves(sim) < SERVED_S
    finally:
        for client in clients:
            client.kill()
            client.communicate()


def test_half_open_log_ins(tmp_path):
    n = 2000
    if not sim_clients.allow_descriptors(n + 100):
        pytest.skip("too few descriptors")
    with Sim("--devices", 10, directory=tmp_path, only_sim=["--login-grace", f"{GRACE_S}s"]) as sim:
        resident = []
        for turn in (1, 2, 3):
            clients = sim_clients.half_open(HOST, sim.port, n)
            serves_ssh(sim, tmp_path)
            assert serves(sim) < SERVED_S
            assert settled(sim, "half-open log-ins")["shed"] == turn * n
            for client in clients:
                client.close()
            resident.append(sim.rss_kib())
        assert sim.stop()["connections"]["most_per_device"] == n
    # The allocator keeps what was needed once. How connections fall on the shards is chance: in one of
    # eight runs the second turn needs 1.5 MB more than the first. The third must do with what they needed.
    assert IS_SLOW or resident[2] - resident[1] < GROWTH_KIB / 4


def test_requests_in_one_burst(sim, tmp_path):
    """Forty variables, a terminal and a shell come in one segment: libssh has them all at once."""
    done = subprocess.run(
        ["ssh", "-tt", "-F", "none", "-i", str(sim.key), "-p", str(sim.port), "-o",
         "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
         "IdentitiesOnly=yes", *[part for n in range(40) for part in ("-o", f"SetEnv V{n}={n}")],
         f"admin@{HOST}"], input=b"show clock\rexit\r", capture_output=True, timeout=LIMIT_S,
        check=False)
    assert b"UTC" in done.stdout, done
