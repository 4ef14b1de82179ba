"""Secrets: from where they may come, and where they must never show."""

import os
import pty
import select
import time
from pathlib import Path

import pytest
from conftest import router
from poller_run import MODES, arguments, environment, finish, poll, start

# The fake router takes no other password than `lab`, which stands in too many words to be looked
# for. So these are refused, or given to devices that refuse; what matters is where they show.
PASSWORD = "pa55-Not-To-Be-Seen"
SECRET = "ena61e-Not-To-Be-Seen"


def assert_unseen(*places):
    for place in places:
        data = place if isinstance(place, bytes) else Path(place).read_bytes()
        for secret in (PASSWORD, SECRET):
            assert secret.encode() not in data, f"{secret} is in {data[-800:]!r}"


def everything_under(directory):
    return [path for path in Path(directory).rglob("*") if path.is_file()]


@pytest.mark.parametrize("mode", MODES)
def test_never_in_streams_records_or_logs(mode, fake, inventory, tmp_path):
    """Both a device that hides what is typed and one that echoes it, byte by byte."""
    devices = {name: router(fake(name), password=PASSWORD, secret=SECRET)
               for name in ("password_refused", "echoes_password", "enable_refused")}
    logs, out = tmp_path / "logs", tmp_path / "out"
    outcome = poll("-m", mode, "-vv", "--session-log", logs, "-O", out, "--timeout", 2, "-t", 3,
                   inventory=inventory(devices))
    assert len(outcome.records) == 3, outcome
    assert_unseen(outcome.out, outcome.err, *everything_under(logs), *everything_under(out))


def test_session_log(fake, inventory, tmp_path):
    logs = tmp_path / "logs"
    outcome = poll("--session-log", logs, inventory=inventory({"r1": router(fake("router"))}))
    assert outcome.code == 0, outcome
    files = everything_under(logs)
    assert files, "no session log was written"
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
    text = b"".join(path.read_bytes() for path in files)
    assert b"show version" in text and b"line 36" in text
    assert b"lab-enable" not in text


@pytest.mark.parametrize("mode", ["threads", "processes"])
def test_never_in_argv_or_environment_of_the_process(mode, fake, inventory):
    device = fake("silent_command")
    devices = {"r1": router(device, password="cmd:printf lab", secret="lab-enable")}
    process = start("-m", mode, "--timeout", 3, inventory=inventory(devices))
    deadline = time.monotonic() + 10
    while "show version" not in device.lines and time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the run ended too early: {finish(process)}")
        time.sleep(0.02)
    argv = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    environ = Path(f"/proc/{process.pid}/environ").read_bytes()
    finish(process)
    assert b"lab-enable" not in argv and b"lab-enable" not in environ


def test_from_the_environment(fake, inventory):
    path = inventory({"r1": router(fake("router"), password="env:R1_PASSWORD",
                                   secret="env:R1_ENABLE")})
    outcome = poll(inventory=path, R1_PASSWORD="lab", R1_ENABLE="lab-enable")
    assert outcome.code == 0, outcome


def test_missing_variable_is_named(fake, inventory):
    device = fake("router")
    outcome = poll(inventory=inventory({"r1": router(device, password="env:NO_SUCH_VARIABLE")}))
    assert outcome.code == 2 and "NO_SUCH_VARIABLE" in outcome.text
    assert device.connections == 0


def test_from_a_file_and_a_program(fake, inventory, tmp_path):
    (tmp_path / "enable").write_text("lab-enable\n")
    path = inventory({"r1": router(fake("router"), password="cmd:echo lab",
                                   secret=f"file:{tmp_path}/enable")})
    outcome = poll(inventory=path)
    assert outcome.code == 0, outcome


def test_program_that_fails(fake, inventory):
    outcome = poll(inventory=inventory({"r1": router(fake("router"), password="cmd:exit 3")}))
    assert outcome.code == 2, outcome


def converse(argv, answers, limit_s=20):
    """Runs argv on a terminal and types an answer at each question (a text that ends in ': ')."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, environment())
    shown, answers = b"", list(answers)
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            data = os.read(terminal, 4096) if ready else b""
        except OSError:  # EIO: the other end is closed
            break
        if ready and not data:
            break
        shown += data
        if answers and data.rstrip().endswith(b":"):
            os.write(terminal, answers.pop(0).encode() + b"\n")
    else:
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def test_asked_on_the_terminal_without_echo(fake, inventory):
    device = router(fake("router"))
    del device["password"], device["secret"]
    argv = arguments(["-k", "-K", "--no-progress"], inventory({"r1": device}))
    code, shown = converse(argv, ["lab", "lab-enable"])
    assert code == 0, shown
    assert b"lab-enable" not in shown


def test_asking_without_a_terminal_is_an_error(fake, inventory):
    device = fake("router")
    argv = arguments(["-k"], inventory({"r1": router(device)}))
    import subprocess
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                          env=environment(), start_new_session=True, check=False)
    assert done.returncode == 2, done
    assert device.connections == 0
