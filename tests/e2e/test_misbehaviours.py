"""docs/FAILURES.md, row by row: what a device does wrong, and what poller makes of it, over SSH and
over Telnet, in every mode. The document's table is this test's data, so they cannot drift."""

import re
import subprocess
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab_sim import BINARY as LAB_BINARY
from lab_sim import Sim
from poller_run import BINARY, CLASSES, MODES, check_record, only_command, poll, write_inventory

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "FAILURES.md"
COLUMNS = ["misbehaviour", "what the device does", "SSH", "Telnet", "the sentence", "how long",
           "what is kept"]
TRANSPORTS = ("ssh", "telnet")
PERSONAS = ("cisco_ios", "arista_eos")
COMMAND = "show interfaces status"
# A build that checks itself takes its time.
SLOWER = 2.5 if {"san", "tsan"} & set(Path(BINARY).parts) else 1
DEADLINES_MS = {option: ms * SLOWER for option, ms in
                {"-t": 5000, "--timeout": 2500, "--total-timeout": 8000}.items()}
DEADLINES = [word for option, ms in DEADLINES_MS.items() for word in (option, f"{ms / 1000:g}")]
# A late record is one that no deadline ended; how busy the machine is decides nothing.
SLACK_MS = 6000 * SLOWER
WORKERS = {"sequential": 1, "threads": 50, "processes": 25, "hybrid": 40, "events": 100}
# One device after the other takes as long as all their deadlines, so they are parted.
PARTS = {"sequential": 5}
RUNS_AT_ONCE = 6
LIMIT_S = 120
# Their visits hinder each other, so they are visited by test_provoked alone.
PROVOKED = ("old_algorithms", "hostkey_changes", "login_limit", "session_limit", "lockout")
VISITS = {"login_limit": 8, "session_limit": 3}
# What `poller-lab inventory` gives wrong_password.
WRONG = "not-the-password"
FIRST = "127.1.0."

CELL = re.compile(r"(?<!\\)\|")
CODE = re.compile(r"`([^`]+)`")


class Row:
    """A row of the table, read."""

    def __init__(self, cells):
        self.name = CODE.fullmatch(cells[0]).group(1)
        self.summary = cells[1]
        self.has = {"ssh": cells[2] != "—", "telnet": cells[3] != "—"}
        self.stages = {transport: [CODE.findall(stage) for stage in cell.split(", then ")]
                       if cell != "—" else [["ok"]]
                       for transport, cell in zip(TRANSPORTS, cells[2:4])}
        self.sentence = by_transport(cells[4])
        self.bound = by_transport(cells[5])
        self.kept = cells[6].split(",")[0]
        self.kept_as = CODE.findall(cells[6])

    def classes(self, transport):
        return self.stages[transport][0]

    def provoked(self, transport):
        return self.stages[transport][1]


def by_transport(cell):
    """`one`, or SSH `one`, Telnet `another`."""
    found = CODE.findall(cell) or [cell]
    assert len(found) == (2 if cell.startswith("SSH ") else 1), cell
    return {"ssh": found[0], "telnet": found[-1]}


def read_table():
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip().replace("\\|", "|") for cell in CELL.split(line)[1:-1]]
             for line in lines if line.startswith("|")]
    assert cells[0] == COLUMNS
    return [Row(row) for row in cells[2:]]


ROWS = {row.name: row for row in read_table()}


def misbehaviours():
    """{name: (where it makes a difference, what the device does)}"""
    text = subprocess.run([LAB_BINARY, "misbehaviours"], check=True, capture_output=True, text=True,
                          timeout=LIMIT_S).stdout
    return {name: (where, summary) for name, where, summary in
            (line.split(None, 2) for line in text.splitlines())}


def test_the_document_has_every_misbehaviour_and_no_other():
    known = misbehaviours()
    assert list(ROWS) == list(known)
    for name, (where, summary) in known.items():
        row = ROWS[name]
        assert row.summary == summary, name
        assert row.has == {"ssh": where != "Telnet", "telnet": where != "SSH"}, name
        for transport in TRANSPORTS:
            for stage in row.stages[transport]:
                assert stage and set(stage) <= CLASSES | {"ok"}, (name, stage)
            assert (len(row.stages[transport]) == 2) == (name in PROVOKED and row.has[transport])
        assert row.kept in ("all", "a part", "nothing"), name


# --- everything at once, in each mode ---

class Lab:
    """A simulator with two devices for each misbehaviour, and what poller brought from them."""

    def __init__(self, directory):
        self.directory = directory
        names = [(name, persona) for name in ROWS for persona in PERSONAS]
        device_file = directory / "fleet.yaml"
        device_file.write_text("".join(
            f"- {{address: {FIRST}{n}, misbehave: {name}, persona: {persona}, "
            f"hostname: {name}.{persona}}}\n" for n, (name, persona) in enumerate(names, 1)))
        with Sim("--devices", len(names), "--device-file", device_file,
                 directory=directory) as sim:
            self.outputs = {host: said[COMMAND] for host, said in
                            sim.outputs("--command", COMMAND).items()}
            inventories = {t: sim.inventory("-t", t, "-c", COMMAND, name=f"{t}.yaml")
                           for t in TRANSPORTS}
            wanted = [f"{name}.{persona}" for name, persona in names if name not in PROVOKED]
            runs = [(mode, transport, part) for mode in MODES for transport in TRANSPORTS
                    for part in range(PARTS.get(mode, 1))]
            with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
                outcomes = list(pool.map(lambda run: self.run(inventories, wanted, *run), runs))
            self.stats = sim.stop()
        self.records = defaultdict(dict)
        for (mode, transport, _), outcome in zip(runs, outcomes):
            self.records[mode, transport].update(outcome.records)

    @staticmethod
    def run(inventories, wanted, mode, transport, part):
        return poll("--host-key", "off", "-m", mode, "-n", WORKERS[mode], *DEADLINES,
                    "-l", ",".join(wanted[part::PARTS.get(mode, 1)]),
                    inventory=inventories[transport], limit_s=LIMIT_S)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("misbehaviours"))


def bounds_ms(bound):
    """From, to."""
    if bound not in DEADLINES_MS:
        assert bound in ("at once", "its own time"), bound
        return 0, DEADLINES_MS["--total-timeout"] + SLACK_MS
    # Silence begins when the device falls silent: ready at the latest when that was due.
    before = DEADLINES_MS["-t"] if bound == "--timeout" else 0
    return DEADLINES_MS[bound] - 50, before + DEADLINES_MS[bound] + SLACK_MS


def check_kept(row, command, whole):
    output = command["output"] or ""
    if row.kept == "nothing":
        assert command["status"] is None and not output
    elif row.kept == "a part":
        assert command["status"] == "failed" and command["class"] == row.kept_as[0]
        assert output and (whole.startswith(output) or output.startswith(whole))
        assert output != whole and "next_echo" not in command["proofs"]
    else:
        assert command["status"] == "ok" and {"prompt", "pattern"} & set(command["proofs"])
        for pattern in row.kept_as:
            output, times = re.subn(f"^{pattern}\n", "", output, flags=re.MULTILINE)
            assert times == 1, pattern
        assert output == whole


def check_row(row, transport, record, whole):
    """Against the record of a first visit."""
    check_record(record)
    assert (record["class"] or "ok") in row.classes(transport), record["error"]
    if record["class"]:
        assert re.search(row.sentence[transport], record["error"]), record["error"]
        assert WRONG not in record["error"]
    least, most = bounds_ms(row.bound[transport] if record["class"] else "its own time")
    assert least <= record["timing_ms"]["total"] <= most, record["timing_ms"]
    if record["class"] is None and row.kept != "all":
        check_kept(ROWS["well"], only_command(record), whole)
    else:
        check_kept(row, only_command(record), whole)


@pytest.mark.parametrize("name", [name for name in ROWS if name not in PROVOKED])
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mode", MODES)
def test_row(fleet, mode, transport, name):
    row = ROWS[name]
    for persona in PERSONAS:
        record = fleet.records[mode, transport].get(f"{name}.{persona}")
        assert record, f"no record of {name}.{persona}"
        assert (record["mode"], record["transport"]) == (mode, transport)
        check_row(row, transport, record, fleet.outputs.get(record["host"]))


# --- what comes of provoking a device ---

class Provoked:
    """A simulator with a device for each mode and transport, of each that has to be provoked."""

    def __init__(self, directory):
        self.directory = directory
        wanted = [(name, mode, transport) for name in PROVOKED for mode in MODES
                  for transport in TRANSPORTS if ROWS[name].has[transport]]
        self.hosts = {key: f"{FIRST}{n}" for n, key in enumerate(wanted, 1)}
        device_file = directory / "fleet.yaml"
        # While a device thinks, its only session is taken.
        device_file.write_text("".join(
            f"- {{address: {host}, misbehave: {name}, "
            f"think_ms: {1000 if name == 'session_limit' else 0}}}\n"
            for (name, _, _), host in self.hosts.items()))
        self.sim = Sim("--devices", len(wanted), "--device-file", device_file, directory=directory)

    def entries(self, mode, name, visits=1, **more):
        """{name of a visit: inventory entry}, for each transport where it makes a difference."""
        return {f"{name}.{transport}.{n}": {
                    "host": self.hosts[name, mode, transport], "transport": transport,
                    "port": self.sim.port + (transport == "telnet"), **more}
                for transport in TRANSPORTS if ROWS[name].has[transport]
                for n in range(visits)}

    def visit(self, mode, entries, *options):
        """The records, by name of the visit."""
        place = self.directory / mode
        place.mkdir(exist_ok=True)
        inventory = write_inventory(place, {
            name: {"password": "admin", **entry} for name, entry in entries.items()},
            platform="cisco_ios", username="admin", secret="enable", commands=[COMMAND])
        outcome = poll("-m", mode, "-n", 1 if mode == "sequential" else len(entries), *options,
                       inventory=inventory, limit_s=LIMIT_S)
        assert set(outcome.records) == set(entries), outcome
        return outcome.records


@pytest.fixture(scope="module")
def provoked(tmp_path_factory):
    found = Provoked(tmp_path_factory.mktemp("provoked"))
    yield found
    found.sim.stop()


def check_stage(record, stage):
    """0: the first visit; 1: it was provoked."""
    name, transport, _ = record["device"].split(".")
    row = ROWS[name]
    check_record(record)
    assert (record["class"] or "ok") in row.stages[transport][stage], record["error"]
    if stage:
        assert re.search(row.sentence[transport], record["error"]), record["error"]
        assert WRONG not in record["error"]
        assert not only_command(record)["output"]


def check_stages(records, stage):
    for record in records.values():
        check_stage(record, stage)


@pytest.mark.parametrize("mode", MODES)
def test_old_algorithms(provoked, mode):
    check_stages(provoked.visit(mode, provoked.entries(mode, "old_algorithms", legacy=True)), 0)
    check_stages(provoked.visit(mode, provoked.entries(mode, "old_algorithms")), 1)


@pytest.mark.parametrize("mode", MODES)
def test_hostkey_changes(provoked, mode, tmp_path):
    entries = provoked.entries(mode, "hostkey_changes", known_hosts=str(tmp_path / "known_hosts"))
    check_stages(provoked.visit(mode, entries), 0)
    check_stages(provoked.visit(mode, entries), 1)


@pytest.mark.parametrize("mode", MODES)
def test_lockout(provoked, mode):
    right = provoked.entries(mode, "lockout")
    check_stages(provoked.visit(mode, right), 0)
    for _ in range(3):
        check_stages(provoked.visit(mode, provoked.entries(mode, "lockout", password=WRONG)), 1)
    check_stages(provoked.visit(mode, right), 1)


@pytest.mark.parametrize("name", ["login_limit", "session_limit"])
@pytest.mark.parametrize("mode", MODES)
def test_several_visits_at_once(provoked, mode, name):
    records = provoked.visit(mode, provoked.entries(mode, name, visits=VISITS[name]),
                             "--timeout", "10")
    for transport in TRANSPORTS:
        mine = {key: record for key, record in records.items() if f".{transport}." in key}
        good = {key: record for key, record in mine.items() if record["class"] is None}
        check_stages(good, 0)
        check_stages({key: mine[key] for key in mine.keys() - good.keys()}, 1)
        # Visits one after the other need no two sessions at once.
        may_all = (mode, name) == ("sequential", "session_limit")
        assert good and (may_all or len(good) < VISITS[name])


# --- what the simulator counted, and what poller says ---

MIXED = ["--devices", "300", "--seed", "5", "--persona", "cisco_ios:60%,arista_eos:40%",
         "--misbehave", "refused:5%,auth_refused:5%,closes_output:5%,press_return:5%"]


def at_rest(sim):
    """The statistics once every session has ended."""
    for _ in range(100):
        stats = sim.stats_now()
        if stats["connections"]["now"] == 0:
            break
    return stats


@pytest.mark.parametrize("mode", MODES)
def test_the_simulator_counts_the_same(tmp_path, mode):
    with Sim(*MIXED, directory=tmp_path) as sim:
        inventory = sim.inventory("-t", "ssh:70%,telnet:30%", "-c", COMMAND)
        outcome = poll("--host-key", "off", "-m", mode, "-n", WORKERS[mode], inventory=inventory,
                       limit_s=LIMIT_S)
        stats = at_rest(sim)
    records = outcome.record_list
    classes = Counter(record["class"] or "ok" for record in records)
    assert classes == {"ok": 255, "refused": 15, "auth": 15, "peer_closed": 15}, outcome
    assert stats["connections"]["total"] == 285 and stats["connections"]["now"] == 0
    assert stats["connections"]["most_per_device"] == 1
    assert stats["refused"] == {"total": 15, "by_user": {"admin": 15}}
    logins = stats["logins"]
    assert (logins["total"], logins["logged_out"], logins["dropped"]) == (270, 255, 15)
    # Those that log out have left their place to the next.
    assert logins["now"] == 0 and logins["most"] <= 2 * WORKERS[mode]
    run = [only_command(record)["status"] for record in records]
    assert stats["by_command"][COMMAND] == sum(status is not None for status in run) == 270
    assert stats["by_command"]["enable"] == stats["by_command"]["terminal length 0"] == 270
    assert stats["by_command"]["exit"] == 255
    assert stats["commands"] == 3 * 270 + 255
    assert stats["shed"] == 0 and stats["login_storms"] == 0
