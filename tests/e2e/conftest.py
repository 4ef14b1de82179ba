"""What the end-to-end tests share: one lab of real servers for the whole run, and fake devices."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "lib"))

import lab_processes  # noqa: E402
import lab_servers  # noqa: E402
from fake_device import DeafPort, FakeDevice, RefusedPort  # noqa: E402
from poller_run import BINARY, write_inventory  # noqa: E402

PASSPHRASE = "open-the-lab"
OLD_CRYPTO = """HostKeyAlgorithms ssh-rsa
PubkeyAcceptedAlgorithms ssh-rsa,ssh-ed25519
KexAlgorithms diffie-hellman-group14-sha1
Ciphers aes128-cbc
MACs hmac-sha1
"""
KEYBOARD_ONLY = """UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
"""


def heed_signals():
    """Under nohup, or in the background of a script, signals are ignored, and so they would be in
    every program under test. A handler of ours is not inherited: the default is."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_sessionstart(session):
    heed_signals()
    if not session.config.option.collectonly and not os.access(BINARY, os.X_OK):
        pytest.exit(f"{BINARY} is missing: run make, or set POLLER_BIN", returncode=2)


class TestLab:
    """The lab and what of it this machine cannot run."""

    __test__ = False

    def __init__(self, directory):
        self.lab = lab_servers.Lab(directory)
        self.missing = {}
        self.try_to("ssh1", self.lab.add_sshd, key_types=("ed25519", "rsa"))
        self.try_to("ssh2", self.lab.add_sshd)
        self.try_to("ssh3", self.lab.add_sshd)
        self.try_to("old", self.lab.add_sshd, extra=OLD_CRYPTO, key_types=("rsa",))
        self.try_to("keyboard", self.lab.add_sshd, extra=KEYBOARD_ONLY, passwords=True)
        self.try_to("dropbear1", self.lab.add_dropbear)
        self.try_to("vty1", self.lab.add_vty)
        self.try_to("vty2", self.lab.add_vty)
        self.try_to("vty_strict", self.lab.add_vty, enable="another-secret")
        self.try_to("telnetd1", self.lab.add_telnetd)
        self.locked_key = self.lab.directory / "id_locked"
        lab_servers.make_key(self.locked_key, passphrase=PASSPHRASE)
        self.lab.authorize(self.locked_key)
        self.stranger_key = self.lab.directory / "id_stranger"
        lab_servers.make_key(self.stranger_key)
        self.lab.wait_ready()

    def try_to(self, name, add, **options):
        try:
            add(name, **options)
        except lab_servers.NotHere as reason:
            self.missing[name] = str(reason)

    def port(self, name):
        if name in self.missing:
            pytest.skip(f"{name}: {self.missing[name]}")
        return self.lab.devices[name]["port"]

    def need_passwords(self):
        if not self.lab.has_accounts:
            pytest.skip(f"password logins: {self.lab.accounts_missing}")

    def by_key(self, name, **more):
        return {"host": "127.0.0.1", "port": self.port(name), "platform": "linux",
                "username": self.lab.user, "key_file": str(self.lab.key),
                "commands": ["echo first; echo second", "seq 1 200"], **more}

    def by_password(self, name, password="lab", **more):
        self.need_passwords()
        device = self.by_key(name, password=password, **more)
        del device["key_file"]
        return device

    def vty(self, name, **more):
        return {"host": "127.0.0.1", "port": self.port(name), "platform": "frr",
                "transport": "telnet", "password": "lab", "secret": "lab",
                "commands": ["show version"], **more}

    def telnetd(self, name="telnetd1", **more):
        return {"host": "127.0.0.1", "port": self.port(name), "platform": "linux",
                "transport": "telnet", "username": "lab", "password": "lab",
                "commands": ["echo first; echo second"], **more}


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    directory = tmp_path_factory.mktemp("lab") / "lab"
    made = None
    try:
        made = TestLab(directory)
        yield made
    finally:
        if (directory / "lab.json").exists():
            left = lab_servers.stop_lab(directory)
            assert not left, f"these servers would not end: {left}"


@pytest.fixture(scope="session")
def agent(lab, tmp_path_factory):
    """An agent that holds the lab's key; its socket's path."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("ssh-agent is missing (package openssh-client)")
    place = tmp_path_factory.mktemp("agent")
    record = lab_processes.start("ssh-agent", ["ssh-agent", "-D", "-a", str(place / "socket")],
                                 place / "log", env={"PATH": os.environ["PATH"]})
    try:
        add_to_agent(place / "socket", lab.lab.key)
        yield str(place / "socket")
    finally:
        lab_processes.stop([record])


def add_to_agent(socket_path, key):
    for _ in range(100):
        added = subprocess.run(["ssh-add", "-q", str(key)], capture_output=True, check=False,
                               timeout=10, env={**os.environ, "SSH_AUTH_SOCK": str(socket_path)})
        if added.returncode == 0:
            return
    raise RuntimeError(f"ssh-add: {added.stderr}")


@pytest.fixture
def fake():
    """fake(name, **options): a device that misbehaves, gone at the end of the test."""
    open_ones = []

    def make(scenario, **options):
        kinds = {"refused": RefusedPort, "deaf": DeafPort}
        device = kinds[scenario]() if scenario in kinds else FakeDevice(scenario, **options)
        open_ones.append(device)
        return device
    yield make
    for device in open_ones:
        device.close()
    errors = [error for device in open_ones for error in getattr(device, "errors", [])]
    assert not errors, f"a scenario went wrong by itself: {errors}"


@pytest.fixture
def inventory(tmp_path):
    """inventory(devices, **defaults): the path of a new inventory in the test's directory."""
    count = iter(range(1000))

    def make(devices, **defaults):
        return write_inventory(tmp_path, devices, f"devices{next(count)}.yaml", **defaults)
    return make


def router(device, **more):
    """The inventory's entry for a fake IOS-like router."""
    return {"host": device.host, "port": device.port, "platform": "cisco_ios",
            "transport": "telnet", "username": "lab", "password": "lab", "secret": "lab-enable",
            "commands": ["show version"], **more}
