"""What bash offers: config/poller.bash, asked as bash asks it."""
import os
import subprocess
from pathlib import Path

import pytest
from poller_run import BINARY

SCRIPT = Path(__file__).resolve().parents[2] / "config" / "poller.bash"
# compopt works only where bash itself completes.
ASK = """compopt() { :; }
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_poller; printf '%s\\n' "${COMPREPLY[@]}"
"""
MODES = {"sequential", "threads", "processes", "hybrid", "events"}


def offered(*words):
    env = {**os.environ, "PATH": f"{Path(BINARY).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", ASK, "bash", SCRIPT, "poller", *words], env=env, text=True,
                          capture_output=True, timeout=30, check=True)
    assert not done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_formats_are_those_of_the_subcommand(option):
    every = {"text", "json", "jsonl", "csv", "none"}
    assert offered(option, "") == offered("run", option, "") == every
    for subcommand in ("compare", "sweep"):
        assert offered(subcommand, option, "") == {"text", "json", "none"}


@pytest.mark.parametrize("option", ["-n", "--workers"])
def test_auto_is_for_a_run(option):
    assert offered(option, "") == offered("run", option, "") == {"auto"}
    assert offered("compare", option, "") == offered("sweep", option, "") == set()


def test_modes():
    assert offered("-m", "") == offered("run", "--mode", "") == MODES
    for subcommand in ("compare", "sweep"):
        for option in ("-m", "--modes"):
            assert offered(subcommand, option, "") == MODES
        assert offered(subcommand, "--modes", "threads,e") == {"threads,events"}


@pytest.mark.parametrize("option, words", [("--doubt", {"ok", "fail"}), ("--nonce", {"on", "off"}),
                                           ("--host-key", {"accept-new", "strict", "off"})])
def test_words_of_an_option(option, words):
    for subcommand in ([], ["run"], ["compare"], ["sweep"]):
        assert offered(*subcommand, option, "") == words


@pytest.mark.parametrize("subcommand", [[], ["run"], ["compare"], ["sweep"]])
def test_options(subcommand):
    found = offered(*subcommand, "-")
    assert {"-K", "--ask-enable", "-k", "--login-rate"} <= found
    assert ("-O" in found) == (subcommand in ([], ["run"]))
