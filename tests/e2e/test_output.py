"""What is written: formats, streams, directories, and writing that goes wrong."""

import csv
import io
import json
import os
import re
import subprocess

import pytest
from conftest import router
from poller_run import BINARY, arguments, check_record, environment, poll

CSV_START = ["device", "host", "port", "transport", "platform", "mode", "worker", "attempt",
             "status", "class", "error", "started_at", "queued", "resolve", "connect", "kex",
             "auth", "ready", "commands", "close", "total", "bytes", "host_key", "doubts"]
WHOLE_RUN = re.compile(r"^(\d+) devices: (\d+) ok, (\d+) failed(?:\s\(([^)]*)\))?\s+\| "
                       r"(\w+), (\d+) workers?$", re.M)
ELAPSED = re.compile(r"^elapsed [\d.]+ s \| one by one about [\d.]+ s \(sum of device times, "
                     r"estimated\) \| [\d.]+x$", re.M)
PER_DEVICE = re.compile(r"^per device: median [\d.]+ s, p95 [\d.]+ s, slowest [\d.]+ s \((.+)\)$",
                        re.M)


@pytest.fixture
def mixed(lab, fake, inventory):
    """Two devices that are well and one that refuses."""
    return inventory({"a": lab.by_key("ssh1"), "b": lab.by_key("ssh2", commands=["echo b"]),
                      "c": router(fake("refused"))})


def test_text(mixed):
    outcome = poll(inventory=mixed, output="text")
    text = outcome.out.decode()
    assert re.search(r"^== b: echo b \(ok, \d+ bytes, \d+ ms\)\nb\n\n", text, re.M), outcome
    assert re.search(r"^== c: FAILED refused: .+$", text, re.M), outcome
    assert "\x1b" not in text


def test_closing_lines(mixed):
    outcome = poll("-n", 3, inventory=mixed, output="text")
    found = WHOLE_RUN.search(outcome.text)
    assert found, outcome
    assert found.groups() == ("3", "2", "1", "refused 1", "threads", "3")
    assert ELAPSED.search(outcome.text), outcome
    assert PER_DEVICE.search(outcome.text).group(1) in "abc"


def test_progress_and_colour_stay_off_pipes(mixed):
    outcome = poll(inventory=mixed, output="text")
    assert "\r" not in outcome.text and "\x1b" not in outcome.text


def test_colour_on_demand(mixed):
    assert b"\x1b[" in poll("--color", "always", inventory=mixed, output="text").out
    assert b"\x1b[" not in poll("--color", "never", inventory=mixed, output="text").out


def test_quiet(mixed):
    outcome = poll("-q", inventory=mixed)
    assert len(outcome.record_list) == 3
    assert "elapsed" not in outcome.text


def test_none(mixed):
    outcome = poll(inventory=mixed, output="none")
    assert outcome.out == b"" and outcome.code == 4


def test_jsonl_is_one_record_a_line(mixed):
    for record in poll(inventory=mixed).record_list:
        check_record(record)


def test_csv(mixed):
    outcome = poll(inventory=mixed, output="csv")
    rows = list(csv.reader(io.StringIO(outcome.out.decode())))
    header = [re.sub("_ms$", "", name) for name in rows[0]]
    assert header[:len(CSV_START)] == CSV_START, rows[0]
    assert sorted(row[0] for row in rows[1:]) == ["a", "b", "c"]
    assert all(len(row) == len(rows[0]) for row in rows)


def test_outdir(mixed, tmp_path):
    out = tmp_path / "out"
    outcome = poll("-O", out, inventory=mixed)
    assert (out / "b" / "echo%20b.txt").read_text().strip() == "b", sorted(out.rglob("*"))
    assert (out / "a" / "seq%201%20200.txt").read_text().split() == [
        str(number) for number in range(1, 201)]
    for name in "abc":
        record = json.loads((out / name / "record.json").read_text())
        check_record(record)
        assert record["status"] == outcome.records[name]["status"]
    leftovers = [path for path in out.rglob("*") if path.suffix not in (".txt", ".raw", ".json")]
    assert all(path.is_dir() for path in leftovers), leftovers


def test_outdir_repeats_and_long_names(lab, inventory, tmp_path):
    long_command = "echo " + "x" * 300
    path = inventory({"r/1": lab.by_key("ssh1", commands=["echo a", "echo a", long_command])})
    out = tmp_path / "out"
    assert poll("-O", out, inventory=path).code == 0
    files = sorted(entry.name for entry in (out / "r%2F1").iterdir())
    assert "echo%20a.txt" in files
    assert any(name.startswith("echo%20a.2") for name in files), files
    cut = [name for name in files if name.startswith("echo%20xxx") and name.endswith(".txt")]
    assert len(cut) == 1 and "~" in cut[0] and len(cut[0]) <= 255


def test_a_good_file_is_not_replaced_by_a_bad_one(fake, inventory, tmp_path):
    out = tmp_path / "out"
    good, bad = fake("router"), fake("half_output")
    assert poll("-O", out, inventory=inventory({"r1": router(good)})).code == 0
    kept = (out / "r1" / "show%20version.txt").read_bytes()
    assert poll("-O", out, "--timeout", 1, inventory=inventory({"r1": router(bad)})).code == 3
    assert (out / "r1" / "show%20version.txt").read_bytes() == kept


def test_outdir_that_cannot_be_made(mixed):
    outcome = poll("-O", "/dev/null/out", inventory=mixed)
    assert outcome.code in (1, 2) and "/dev/null/out" in outcome.text


def run_with_stdout(stdout, inventory, output):
    return subprocess.run(arguments([], inventory, output), stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, env=environment(), timeout=60, check=False)


@pytest.mark.parametrize("output", ["text", "json", "jsonl", "csv"])
def test_full_disk(output, mixed):
    with open("/dev/full", "wb") as full:
        done = run_with_stdout(full, mixed, output)
    assert done.returncode == 1, done
    assert b"No space left" in done.stderr


@pytest.mark.parametrize("output", ["text", "jsonl"])
def test_closed_pipe_is_a_quiet_end(output, mixed):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run_with_stdout(writer, mixed, output)
    finally:
        os.close(writer)
    assert done.returncode != 2
    assert b"panic" not in done.stderr and b"Broken pipe" not in done.stderr, done.stderr


def test_stdout_closed(mixed):
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', *arguments([], mixed)],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(),
                          timeout=60, check=False)
    assert done.returncode == 1, done


def test_version_and_help():
    for spelling in ("version", "--version"):
        version = poll(spelling, output=None)
        assert version.code == 0 and re.match(rb"poller \d", version.out), spelling
        assert re.search(rb"\nmemory: (gperftools \d|the C library's)", version.out), spelling
    shown = poll("--help", output=None)
    assert shown.code == 0
    for option in (b"--mode", b"--workers", b"--file", b"--host-key", b"--session-log"):
        assert option in shown.out, option


def test_aliases_of_workers(mixed):
    for alias in ("--fanout", "--forks", "--workers", "-n"):
        outcome = poll(alias, 2, inventory=mixed, output="json")
        assert json.loads(outcome.out)["run"]["workers"] == 2


def test_runs_from_another_directory(mixed, tmp_path):
    done = subprocess.run([os.path.abspath(BINARY), "-f", mixed, "-o", "jsonl"], cwd=tmp_path,
                          capture_output=True, env=environment(), timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 3
