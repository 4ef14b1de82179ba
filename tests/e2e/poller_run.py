"""Runs build/poller and reads what it says. POLLER_BIN names another binary."""

import json
import os
import subprocess
from functools import cached_property
from pathlib import Path

BINARY = os.environ.get("POLLER_BIN") or str(Path(__file__).resolve().parents[2] / "build/poller")
MODES = ("sequential", "threads", "processes", "hybrid", "events")
RUN_LIMIT_S = 60

RECORD_KEYS = {"schema", "run_id", "device", "host", "port", "transport", "platform", "mode",
               "process", "worker", "attempt", "status", "class", "error", "started_at",
               "timing_ms", "commands", "host_key"}
TIMING_KEYS = {"queued", "resolve", "connect", "kex", "auth", "ready", "commands", "close", "total"}
COMMAND_KEYS = {"command", "status", "class", "output", "proofs", "doubt", "bytes", "ms"}
RUN_KEYS = {"mode", "workers", "devices", "ok", "failed", "doubts", "classes", "elapsed_ms",
            "device_ms_sum", "speedup_estimate", "device_ms", "cpu_ms", "max_rss_kib", "version"}
CLASSES = {"dns", "refused", "unreachable", "connect_timeout", "not_ssh", "kex", "hostkey_unknown",
           "hostkey_changed", "auth", "no_session", "enable", "login_prompt", "prompt", "silence",
           "total_timeout", "command_error", "truncated", "too_much_output", "peer_closed",
           "cancelled", "worker_lost", "internal"}


def environment(**more):
    """The caller's environment, without what would change the outcome."""
    env = {key: value for key, value in os.environ.items()
           if not key.startswith("POLLER_") and key not in ("SSH_AUTH_SOCK", "NO_COLOR")}
    return {**env, "LC_ALL": "C.UTF-8", **more}


class Outcome:
    """A finished run: exit code, both streams, and the records by device, which are read once: some
    hold megabytes, and many tests share a run."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def text(self):
        return self.err.decode("utf-8", "replace")

    @cached_property
    def record_list(self):
        """The records of `-o jsonl`: one line each and nothing else."""
        return [json.loads(line) for line in self.out.decode("utf-8").splitlines()]

    @cached_property
    def records(self):
        listed = self.record_list
        by_name = {record["device"]: record for record in listed}
        assert len(by_name) == len(listed), "a device has more than one record"
        return by_name

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out[-3000:]!r}\n--- stderr\n{self.text[-3000:]}"


def arguments(options, inventory=None, output="jsonl"):
    argv = [BINARY]
    if inventory is not None:
        argv += ["-f", str(inventory)]
    if output is not None:
        argv += ["-o", output]
    return argv + [str(option) for option in options]


def poll(*options, inventory=None, output="jsonl", stdin=None, limit_s=RUN_LIMIT_S, **env):
    """Runs to the end. A run that takes longer than the limit is killed, and its exit code says
    so: the tests that share its outcome then fail at once, instead of each waiting again."""
    argv = arguments(options, inventory, output)
    # without a terminal nothing can ask; without input nothing can wait for it
    given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    try:
        done = subprocess.run(argv, capture_output=True, timeout=limit_s, check=False,
                              env=environment(**env), **given)
    except subprocess.TimeoutExpired as late:
        return Outcome(f"no end in {limit_s} s", late.stdout or b"", late.stderr or b"")
    return Outcome(done.returncode, done.stdout, done.stderr)


def start(*options, inventory=None, output="jsonl", **env):
    """Starts a run and leaves it running. In its own process group, so that a signal sent to the
    group looks like Ctrl-C and does not reach the tests."""
    return subprocess.Popen(arguments(options, inventory, output), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment(**env), start_new_session=True)


def finish(process, limit_s=RUN_LIMIT_S):
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Outcome(process.returncode, out, err)


def scalar(value):
    """A JSON value is a YAML value."""
    return json.dumps(value)


def inventory_text(devices, defaults=None):
    """Our own dialect: devices is a mapping of names to their keys."""
    text = ""
    if defaults:
        text += "defaults:\n" + "".join(f"  {key}: {scalar(value)}\n"
                                        for key, value in defaults.items())
    text += "devices:\n"
    for name, device in devices.items():
        text += f"  {scalar(name)}:\n" + "".join(f"    {key}: {scalar(value)}\n"
                                                 for key, value in device.items())
    return text


def write_inventory(directory, devices, name="devices.yaml", **defaults):
    """Writes it with mode 0600 and a known_hosts of its own beside it."""
    path = Path(directory) / name
    defaults.setdefault("known_hosts", str(Path(directory) / "known_hosts"))
    path.touch(mode=0o600)
    path.write_text(inventory_text(devices, defaults), encoding="utf-8")
    return path


def check_record(record):
    """The promise of the records: these keys, these types, in every record."""
    name = record.get("device")
    assert RECORD_KEYS <= set(record), f"{name}: missing {RECORD_KEYS - set(record)}"
    assert record["schema"] == 1
    assert record["status"] in ("ok", "failed")
    if record["started_at"] is None:
        assert record["class"] == "cancelled", "handed out without a time"
    else:
        assert record["started_at"].endswith("Z") and len(record["started_at"]) == 24
    assert TIMING_KEYS == set(record["timing_ms"]), name
    for phase, value in record["timing_ms"].items():
        assert value is None or (value >= 0 and round(value, 1) == value), f"{name}: {phase} {value}"
    assert record["timing_ms"]["queued"] is not None or record["class"] == "cancelled"
    assert record["timing_ms"]["total"] is not None or record["class"] == "cancelled"
    if record["status"] == "ok":
        assert record["class"] is None and record["error"] is None, record["error"]
    else:
        assert record["class"] in CLASSES, record["class"]
        assert record["error"] and "\n" not in record["error"], record["error"]
    if record["transport"] == "telnet":
        assert record["timing_ms"]["kex"] is None and record["host_key"] is None
    for command in record["commands"]:
        check_command(name, command)


def check_command(name, command):
    assert COMMAND_KEYS <= set(command), f"{name}: missing {COMMAND_KEYS - set(command)}"
    assert command["status"] in ("ok", "failed", None)
    assert command["status"] != "ok" or command["class"] is None
    assert isinstance(command["proofs"], list)
    assert command["doubt"] is None or (command["doubt"] and "\n" not in command["doubt"])
    if command["output"]:
        assert "\r" not in command["output"] and "\x1b" not in command["output"]


def only_command(record):
    assert len(record["commands"]) == 1
    return record["commands"][0]
