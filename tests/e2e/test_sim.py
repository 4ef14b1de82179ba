"""`poller-lab sim` from outside: what it refuses to start with, how it ends, and what its options do,
seen by plain clients and by poller."""

import os
import random
import re
import resource
import signal
import socket
import subprocess
import time

import pytest
import sim_clients
from lab_servers import make_key
from lab_sim import BINARY as LAB_BINARY
from lab_sim import ROOT, Sim, SimError
from poller_run import poll, start, write_inventory
from sim_clients import Terminal

LIMIT_S = 20
HOST = "127.1.0.1"


def lab(*arguments, descriptors=None):
    """A command that is to end by itself, and to leave nobody behind."""
    def limit():
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    child = subprocess.Popen([LAB_BINARY, *arguments], stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             start_new_session=True, preexec_fn=limit)
    try:
        out, err = child.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)
    return child.returncode, out, err


def check_refused(done, *said):
    code, out, err = done
    assert code == 2 and out == "", done
    assert err.startswith("poller-lab: ") and err.count("\n") == 1, err
    for text in said:
        assert text in err, err


REFUSED = {
    "sim --first 10.0.0.1": ["loopback addresses", "such as 127.1.0.1"],
    "sim --first 127.255.255.250": ["leave 127.0.0.0/8"],
    "sim --devices 2000000": ["from 1 to 1000000"],
    "sim --listen 127.0.0.1": ["--listen goes with --port-per-device"],
    "sim --port-per-device 22000-22001": ["--listen goes with --port-per-device"],
    "sim --listen 127.0.0.1 --port-per-device 22003-22000": ["FIRST-LAST, such as"],
    "sim --listen 127.0.0.1 -d 5 --port-per-device 22000-22003": ["4 ports for 5 devices"],
    "sim --listen ::1 --port-per-device 22000-22003": ["an IPv4 address of this machine"],
    "sim --listen 10.255.1.2 --port-per-device 22000-22003": ["10.255.1.2 port 22000"],
    "sim --ssh-port 70000": ["--ssh-port 70000", "1 to 65533"],
    "sim --ssh-port 2000 --telnet-port 2000": ["both 2000"],
    "sim --persona cisco_ios:60%,arista_eos:60%": ["add up to 120 %"],
    "sim --persona cisco_oss": ["did you mean 'cisco_ios'?"],
    "sim --persona frr@127.1.0.41": ["127.1.0.41 is none of the devices"],
    "sim --misbehave silnt:5%": ["did you mean 'silent'?"],
    "sim --misbehave silent:x%": ["a percentage such as 5%"],
    "sim --misbehave silent@10.0.0.1": ["10.0.0.1 is none of the devices"],
    "sim --misbehave silent@nowhere": ["'nowhere' is no IPv4 address"],
    "sim --rtt lognorml:20ms,0.5": ["--rtt 'lognorml:20ms,0.5'", "lognormal:300ms,0.5"],
    "sim --jitter uniform:5ms": ["--jitter 'uniform:5ms'", "uniform:100ms,500ms"],
    "sim --think -1s": ["--think '-1s'", "300ms"],
    "sim --rate fast": ["--rate 'fast'", "such as 9600"],
    "sim --login-grace 0s": ["--login-grace '0s'", "such as 120s"],
    "sim --shards 65": ["from 1 to 64"],
    "sim --sessions-per-device 0": ["at least 1"],
    "sim --logins-per-second 101": ["from 1 to 100"],
    "sim --authorized-keys /nosuch": ["--authorized-keys /nosuch: No such file"],
    "sim --stats /nosuch/stats.json": ["--stats /nosuch/stats.json", "No such file"],
    "sim --device-file /nosuch": ["/nosuch: cannot be opened"],
    "sim extra": ["'extra' is left over", "sim --help"],
    "sim --nosuch": ["--nosuch: unknown option", "sim --help"],
    "sim --stats": ["--stats: missing argument"],
    "inventory --dialect ansible": ["neither poller nor netmiko"],
    "inventory --transport ssh:80%,telnet:30%": ["add up to 110 %"],
    "inventory extra": ["'extra' is left over"],
    "inventory --persona cisco_oss": ["did you mean 'cisco_ios'?"],
    "outputs extra": ["'extra' is left over"],
    "outputs --think soon": ["--think 'soon'"],
    "personas --persona-dir /nosuch": ["/nosuch: No such file"],
    "personas extra": ["'extra' is left over"],
    "misbehaviours extra": ["'extra' is left over"],
}


@pytest.mark.parametrize("line", REFUSED)
def test_bad_options(line):
    check_refused(lab(*line.split()), *REFUSED[line])


PERSONAS = {
    "unknown key": ("privilege_secret:", "privilege_secrets:", r"did you mean 'privilege_secret'"),
    "unknown placeholder": ("sw-{{index}}", "sw-{{indx}}", r"'indx', did you mean 'index'"),
    "a command twice": ("'show users'", "'show clock'", r"show clock"),
    "a mode that is none": ("enters: 'tclsh'", "enters: 'tclshell'", r"tclshell"),
    "no YAML": ("privilege_secret: true", "privilege_secret: [", r""),
}


@pytest.mark.parametrize("name", PERSONAS)
@pytest.mark.parametrize("command", ["personas", "sim", "inventory", "outputs"])
def test_bad_persona(tmp_path, name, command):
    before, after, said = PERSONAS[name]
    text = (ROOT / "config/personas/cisco_ios.yaml").read_text()
    assert before in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(before, after, 1))
    done = lab(command, "--persona-dir", str(tmp_path))
    check_refused(done)
    place = re.search(rf"{re.escape(str(path))}:(\d+):(\d+): .*{said}", done[2])
    assert place, done[2]
    if name != "no YAML":
        line = text[:text.index(before)].count("\n") + 1
        assert abs(int(place[1]) - line) <= 1 and int(place[2]) > 0, done[2]


def test_bad_keys_and_devices(tmp_path):
    path = tmp_path / "file"
    path.write_text("# a comment\nssh-ed25519 AAAAnotakey me\n")
    check_refused(lab("sim", "--authorized-keys", str(path)), f"{path}:2: no public key")
    path.write_text("- {address: 127.1.0.1, misbehave: silnt}\n")
    check_refused(lab("sim", "--device-file", str(path)), f"{path}:1:", "'silent'")


def test_too_few_descriptors():
    check_refused(lab("sim", "-d", "5000", "--shards", "2", descriptors=200),
                  "the limit is 200", "ulimit -n", "--devices")


def test_a_port_in_use(tmp_path):
    with Sim("--devices", 2, directory=tmp_path) as sim:
        check_refused(lab("sim", "--ssh-port", str(sim.port)), f"port {sim.port} is in use",
                      "--ssh-port")
        check_refused(lab("sim", "--ssh-port", str(sim.port - 1)), f"port {sim.port} is in use")
        log_in(sim).close()


# --- its life ---

def log_in(sim, host=HOST):
    terminal = Terminal(sim.port + 1, host)
    terminal.log_in()
    return terminal


def until(check, what):
    for _ in range(LIMIT_S * 50):
        if check():
            return
        time.sleep(0.02)
    pytest.fail(f"never: {what}")


def test_the_end_closes_all_and_writes_what_it_saw(tmp_path):
    with Sim("--devices", 3, directory=tmp_path) as sim:
        shards = sim.shards()
        terminals = [log_in(sim, f"127.1.0.{1 + n % 3}") for n in range(9)]
        terminals[0].say(b"show clock", b">")
        now = sim.stats_now()
        connections = now["connections"]
        assert connections.pop("per_second") > 0 and connections.pop("most_in_a_second") <= 9
        assert connections == {"total": 9, "now": 9, "most": 9, "most_per_device": 3, "devices": 3}
        assert now["attempts"]["total"] == 9 and now["handshakes"]["now"] == 0
        assert now["by_persona"]["cisco_ios"]["logins"]["most"] == 9
        assert now["logins"]["now"] == 9 and now["by_command"] == {"show clock": 1}
        terminals[0].socket.sendall(b"exit\r")
        until(lambda: sim.stats_now()["logins"]["logged_out"] == 1, "logged out")
        stats = sim.stop()
        assert sim.process.returncode == 0 and sim.said == ""
        for terminal in terminals:
            terminal.socket.settimeout(LIMIT_S)
            try:
                while terminal.socket.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    assert stats["connections"]["now"] == 0 and stats["connections"]["total"] == 9
    assert stats["logins"]["now"] == 0
    assert stats["logins"]["logged_out"] == 1 and stats["logins"]["dropped"] == 8
    for pid in shards:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, sim.port))


def test_a_shard_that_is_killed_is_replaced(tmp_path):
    with Sim("--devices", 40, directory=tmp_path, only_sim=["--shards", "2"]) as sim:
        terminals = [log_in(sim, f"127.1.0.{1 + n}") for n in range(30)]
        victim, other = sim.shards()
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(sim.shards()) == 2 and victim not in sim.shards(), "replaced")
        assert other in sim.shards()
        alive = 0
        for terminal in terminals:
            try:
                terminal.say(b"show clock", b">")
                alive += 1
            except (OSError, EOFError):
                pass
        assert 0 < alive < 30
        now = sim.stats_now()
        assert now["connections"]["now"] == now["logins"]["now"] == alive
        assert now["logins"]["dropped"] == 30 - alive
        for terminal in terminals + [log_in(sim, f"127.1.0.{1 + n}") for n in range(20)]:
            terminal.close()
        until(lambda: sim.stats_now()["connections"]["now"] == 0, "all gone")
        stats = sim.stop()
    assert "ended by itself (signal 9)" in sim.said
    assert stats["logins"]["total"] == 50 and stats["logins"]["now"] == 0


def test_the_parent_killed_takes_its_shards_along(tmp_path):
    sim = Sim("--devices", 2, directory=tmp_path)
    shards = sim.shards()
    sim.process.kill()
    sim.process.wait()
    sim.close_pipes()
    for pid in shards:
        until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), "the shard's end")


# --- options ---

def entry(sim, **more):
    return {"host": HOST, "port": sim.port, "platform": "cisco_ios", "username": "admin",
            "password": "admin", "secret": "enable", "commands": ["show clock"], **more}


def polled(tmp_path, devices):
    outcome = poll("--host-key", "off", inventory=write_inventory(tmp_path, devices))
    assert outcome.code == 0, outcome
    return outcome.records


def test_ports_instead_of_addresses(tmp_path):
    for _ in range(20):
        first = random.randrange(15000, 31000, 10)
        try:
            sim = Sim(directory=tmp_path, only_sim=[
                "--listen", "127.0.0.1", "--port-per-device", f"{first}-{first + 2}",
                "--telnet-port-per-device", f"{first + 5}-{first + 7}"])
            break
        except SimError:
            continue
    with sim:
        assert "3 devices on 127.0.0.1" in sim.ready
        records = polled(tmp_path, {
            f"{kind}{n}": entry(sim, host="127.0.0.1", port=first + n + plus, transport=kind,
                                commands=["show version"])
            for kind, plus in (("ssh", 0), ("telnet", 5)) for n in range(3)})
    for name, record in records.items():
        assert f"sw-{int(name[-1]) + 1} uptime" in record["commands"][0]["output"], name


def test_a_key_logs_in_where_it_is_known(tmp_path):
    keys = [tmp_path / "known", tmp_path / "stranger"]
    for key in keys:
        make_key(key)
    with Sim("--devices", 1, directory=tmp_path,
             only_sim=["--authorized-keys", str(keys[0]) + ".pub"]) as sim:
        by_key = {key.name: entry(sim, key_file=str(key)) for key in keys}
        for device in by_key.values():
            del device["password"]
        outcome = poll("--host-key", "off", inventory=write_inventory(tmp_path, by_key))
    assert outcome.records["known"]["status"] == "ok", outcome
    assert outcome.records["stranger"]["class"] == "auth", outcome


def test_round_trips_of_a_session(tmp_path):
    with Sim("--devices", 1, "--rtt", "100ms", directory=tmp_path) as sim:
        timing = polled(tmp_path, {"ssh": entry(sim)})["ssh"]["timing_ms"]
        with Terminal(sim.port + 1) as terminal:
            terminal.log_in()
            started = time.monotonic()
            terminal.socket.sendall(b"x")
            assert terminal.socket.recv(10) == b"x"
            echo_s = time.monotonic() - started
    # 1.5 of TCP and 0.5 for the first byte; two or three to the keys; ten or eleven in all.
    assert 0.2 <= terminal.first_byte_s < 0.4
    assert 0.1 <= echo_s < 0.2
    assert 180 <= timing["kex"] + timing["connect"] <= 700
    assert 100 <= timing["auth"] <= 700
    assert 900 <= timing["total"] <= 2500


def test_a_slow_line(tmp_path):
    with Sim("--devices", 1, "--rate", "5000", directory=tmp_path) as sim:
        said = len(sim.outputs()[HOST]["show version"])
        with Terminal(sim.port + 1) as terminal:
            terminal.log_in()
            terminal.say(b"terminal length 0", b">")
            started = time.monotonic()
            seen = terminal.say(b"show version", b"sw-1>")
            took = time.monotonic() - started
    assert len(seen) >= said > 1000
    assert 0.9 * len(seen) / 5000 <= took < 2 * len(seen) / 5000 + 0.5


def test_time_for_a_password(tmp_path):
    with Sim("--devices", 1, "--login-delay", "300ms", directory=tmp_path) as sim:
        timing = polled(tmp_path, {"ssh": entry(sim)})["ssh"]["timing_ms"]
        with Terminal(sim.port + 1) as terminal:
            terminal.until(b"Username:")
            terminal.say(b"admin", b"Password:")
            started = time.monotonic()
            terminal.say(b"admin", b">")
            took = time.monotonic() - started
    assert 300 <= timing["auth"] < 1500
    assert 0.3 <= took < 1.5


def test_who_leaves_while_the_password_is_looked_at(tmp_path):
    with Sim("--devices", 1, "--login-delay", "20s", directory=tmp_path) as sim:
        inventory = write_inventory(tmp_path, {"d": entry(sim)})
        client = start("--host-key", "off", inventory=inventory)
        until(lambda: sim.stats_now()["connections"]["now"] == 1, "a connection")
        time.sleep(0.5)
        client.kill()
        client.communicate()
        until(lambda: sim.stats_now()["connections"]["now"] == 0, "it is gone")
        assert sim.cpu_s() < 1


def test_the_size_of_the_window(tmp_path):
    with Sim("--devices", 1, "--persona", "frr", directory=tmp_path) as sim:
        pages = {}
        for rows in (None, 8, 20):
            with Terminal(sim.port + 1) as terminal:
                if rows:
                    terminal.window(rows)
                terminal.until(b"Password:")
                terminal.say(b"admin", b"#")
                shown = terminal.say(b"show running-config", b"--More--", b"#")
                pages[rows] = shown.count(b"\n")
        assert pages[8] == 8 and pages[20] == 20 < pages[None], pages


def test_who_does_not_log_in_is_dropped(tmp_path):
    with Sim("--devices", 2, directory=tmp_path,
             only_sim=["--login-grace", "300ms", "--idle", "600ms"]) as sim:
        waiting = [sim_clients.connect(HOST, sim.port), Terminal(sim.port + 1).socket]
        terminal = log_in(sim)
        for sock in waiting:
            started = time.monotonic()
            while sock.recv(4096):
                pass
            assert time.monotonic() - started < 5
        with pytest.raises(EOFError):
            terminal.until(b"nothing that comes")
        stats = sim.stop()
    assert stats["shed"] == 3 and stats["connections"]["now"] == 0
