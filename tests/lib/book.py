"""The run of the book: thousands of devices, one in twenty of which fails in a way of its own. Which
one and how is decided here, so that every record can be held against it."""

import time
from collections import Counter
from ipaddress import IPv4Address

from lab_sim import Sim
from poller_run import poll

FIRST = IPv4Address("127.1.0.1")
ONE_IN = 20
# What each says of itself in a record, over SSH and over Telnet.
FAILURES = {
    "refused": ("refused", "refused"),
    "auth_refused": ("auth", "auth"),
    "silent": ("connect_timeout", "silence"),
    "unanswered": ("connect_timeout", "connect_timeout"),
    "wrong_password": ("auth", "auth"),
}
# They stand in the inventory with a port that is not theirs.
NEVER_SEEN = ("refused", "unanswered")
PERSONAS = "cisco_ios:40%,arista_eos:20%,cisco_nxos:20%,frr:10%,linux:10%"
TRANSPORTS = "ssh:85%,telnet:15%"
REST_TRIES = 100
# The modes that bear it, with how many at once: one device after the other would wait for each that
# is silent.
MODES = {
    "threads": (300, "-m", "threads"),
    "processes": (100, "-m", "processes"),
    "hybrid": (300, "-m", "hybrid"),
    "events": (300, "-m", "events"),
    "events, 1 shard": (300, "-m", "events", "--shards", 1),
    "events, 4 shards": (300, "-m", "events", "--shards", 4),
}


def failing(devices):
    """{address: what is wrong with it}"""
    kinds = list(FAILURES)
    return {str(FIRST + number): kinds[number // ONE_IN % len(kinds)]
            for number in range(ONE_IN - 7, devices, ONE_IN)}


def rest(sim):
    """What it saw, once every connection is over."""
    for _ in range(REST_TRIES):
        seen = sim.stats_now()
        if seen["connections"]["now"] == 0:
            return seen
    raise RuntimeError("connections stay open after the run")


class Visit:
    """A run over all devices, and what it got wrong: each a list of sentences, empty when right."""

    def __init__(self, directory, devices, options, limit_s):
        """options: of poller, beside the inventory's."""
        self.bad = failing(devices)
        self.devices = devices
        device_file = directory / "failing.yaml"
        device_file.write_text("".join(f"- {{address: {address}, misbehave: {kind}}}\n"
                                       for address, kind in self.bad.items()))
        with Sim("--devices", devices, "--persona", PERSONAS, "--think", "uniform:10ms,50ms",
                 "--device-file", device_file, directory=directory) as sim:
            inventory = sim.inventory("-t", TRANSPORTS)
            began = time.monotonic()
            self.outcome = poll("--host-key", "off", "--no-progress", *options,
                                inventory=inventory, limit_s=limit_s)
            self.elapsed_s = time.monotonic() - began
            self.seen = rest(sim)
            self.records = self.outcome.record_list
            self.whole = self.what_they_say(sim)
        self.hosts = Counter(record["host"] for record in self.records)

    def what_they_say(self, sim):
        """{address: {command: output}}, for the commands that were run."""
        whole = {}
        for wanted in sorted({c["command"] for record in self.records for c in record["commands"]}):
            for host, outputs in sim.outputs("--command", wanted).items():
                whole.setdefault(host, {}).update(outputs)
        return whole

    def expected(self, record):
        """Its class, or None."""
        kind = self.bad.get(record["host"])
        return FAILURES[kind][record["transport"] == "telnet"] if kind else None

    def wrong(self):
        return [f"{record['host']}: {record['class']} instead of {self.expected(record)}: "
                f"{record['error']}" for record in self.records
                if record["class"] != self.expected(record)]

    def lost(self):
        everyone = (str(FIRST + number) for number in range(self.devices))
        return [f"{host}: no record" for host in everyone if host not in self.hosts]

    def doubled(self):
        """Records of the same device; visits that the simulator saw, but no record tells of."""
        found = [f"{host}: {times} records" for host, times in self.hosts.items() if times > 1]
        kinds = Counter(self.bad.values())
        never = sum(kinds[kind] for kind in NEVER_SEEN)
        refused = kinds["auth_refused"] + kinds["wrong_password"]
        counts = {
            "connections": (self.seen["connections"]["total"], self.devices - never),
            "logins": (self.seen["logins"]["total"], self.devices - len(self.bad)),
            "devices logged in to": (self.seen["logins"]["devices"], self.devices - len(self.bad)),
            "refusals": (self.seen["refused"]["total"], refused),
        }
        return found + [f"the simulator saw {seen} {what}, {wanted} are right"
                        for what, (seen, wanted) in counts.items() if seen != wanted]

    def differing(self):
        """Outputs that are not what the device said, byte for byte."""
        found = []
        for record in self.records:
            for command in record["commands"]:
                said = self.whole[record["host"]].get(command["command"])
                if command["output"] != (said if record["class"] is None else None):
                    found.append(f"{record['host']}: {command['command']}: "
                                 f"{command['output']!r} instead of {said!r}"[:400])
        return found
