"""The race's own code: its tables, goals and document from made-up figures, and peers that are
missing. Nothing is measured or installed here."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/bench/peers"))

import race_contests  # noqa: E402
import race_figures  # noqa: E402
import race_goals  # noqa: E402
import race_install  # noqa: E402
import race_markdown  # noqa: E402
import race_roster  # noqa: E402
import race_run  # noqa: E402
import race_tables  # noqa: E402

MACHINE = {"cpu": "a processor", "cores": 2, "memory_gib": 8.0, "kernel": "Linux 6",
           "system": "Debian", "is_virtual": True, "poller": ["poller 1", "libssh 0.10.6"],
           "versions": {"Go": "go1.19"}}


def sample(**figures):
    return {"ok": 10, "failed": 0, "error": None, "elapsed_s": 1.0, "cpu_s": 0.5, "sim_cpu_s": 0.5,
            **figures}


def cell(*samples):
    return {"samples": list(samples)}


def results(**contests):
    return {"machine": MACHINE, "skipped": {"pdsh": "no such package"}, "is_quick": False,
            "contests": {name: {"at": "2026-01-01 00:00 UTC", "others": 0.01, "took_s": 9.0,
                                "figures": figures} for name, figures in contests.items()}}


def cpu(**ms):
    names = {"one": race_roster.ONE_SHARD, "go": race_roster.GO, "netmiko": race_roster.NETMIKO}
    return {names[key]: {"one command": cell(*(sample(each_ms=value) for value in values))}
            for key, values in ms.items()}


def verdict(found, what, goal):
    return next((measured, said) for one, aim, measured, said in race_goals.judged(found)
                if one == what and aim == goal)


CPU_GOAL = ("client CPU a shell session, events (1 shard)", "<= 0.9 x Go's (aim 0.8)")


@pytest.mark.parametrize("ours, said", [(0.40, "met"), (0.50, "MISSED")])
def test_a_goal_is_met_or_missed_by_the_medians(ours, said):
    found = results(cpu=cpu(one=[9.0, ours, 0.1], go=[0.5]))
    assert verdict(found, *CPU_GOAL)[1] == said
    assert f"({ours:.3g} / 0.5)" in verdict(found, *CPU_GOAL)[0]


def test_a_goal_without_its_peer_is_not_measured():
    assert verdict(results(cpu=cpu(one=[0.4])), *CPU_GOAL) == ("", "not measured")


def test_a_run_with_failures_gives_no_time_and_is_counted():
    lost = sample(ok=8, failed=2, error="ValueError: cut off", elapsed_s=0.1)
    five = {race_roster.EVENTS: {"5000": cell(sample(), lost)},
            race_roster.GO: {"5000": cell(sample(elapsed_s=2.0))}}
    found = results(five=five)
    assert verdict(found, "5,000 at once thinking 3 s, events", "all well")[1] == "MISSED"
    tables = {table.title: table for table in race_tables.all_tables(found)}
    row = tables["5,000 at once, thinking 3 s: elapsed, s"].rows[0]
    assert row == (race_roster.EVENTS, "1.00", "0.50", 2)
    assert (race_roster.EVENTS, "20", "2", "ValueError: cut off") in \
        tables["sessions and failures of all the contests"].rows


def test_memory_is_what_was_added_by_the_sessions_added():
    crowd = {race_roster.THREADS: {
        "100": cell(sample(open=100, open_kib=10000)),
        "5000": cell(sample(open=1100, open_kib=60000)), "10000": {"skipped": "not asked: why"}}}
    kb, is_open = race_figures.kb_a_session(results(crowd=crowd), "crowd", "5000",
                                            race_roster.THREADS)
    assert (round(kb, 2), is_open) == (51.2, 1100)


def test_the_bound_of_ten_thousand_is_thinking_and_both_ends_processor_time():
    one = sample(cpu_s=4.0, sim_cpu_s=6.0, elapsed_s=11.4, open=1, open_kib=1)
    ten = results(ten={race_roster.EVENTS: {"10000": cell(one)}})
    goal = ("the same, elapsed", "<= think + 1.3 x CPU of both ends / cores")
    assert verdict(ten, *goal) == ("11.40 s, bound 11.50 s", "met")


def test_the_document_has_machine_goals_tables_and_what_was_left_out():
    found = results(
        cpu=cpu(one=[0.4, 0.5, 0.6], go=[0.6], netmiko=[4.0]),
        alone={race_roster.GO: {"alone": cell(sample())}},
        trips={race_roster.GO: {"one": cell(sample(elapsed_s=0.6))}},
        pool={race_roster.NETMIKO: {"-n 20": cell(sample()),
                                    "-n 100": {"skipped": "left out: about 900 s by estimate"}}})
    text = race_markdown.document(found, race_tables.all_tables(found))
    for wanted in ("a processor, 2 cores, 8.0 GiB (a virtual machine)", "- SKIPPED pdsh: no such",
                   "poller 1 on libssh 0.10.6", "Go go1.19", "`make bench-peers ONLY=cpu`",
                   "| Go x/crypto/ssh | 600 | 12.0 |", "| netmiko | 1.00 | left out |",
                   "| poller events, 1 shard | 0.500 | 0.400-0.600 | 0.83 |",
                   "- `peer_netmiko.py`: netmiko, a thread", "- `go/shell/main.go`: golang.org"):
        assert wanted in text, wanted
    assert json.loads(json.dumps(found)) == found


def test_a_peer_that_is_missing_is_skipped_aloud(capsys):
    there, skipped = race_install.install({"go": lambda: None,
                                           "netmiko": lambda: "no such version"})
    assert (there, skipped) == (["go"], {"netmiko": "no such version"})
    assert "SKIPPED netmiko: no such version" in capsys.readouterr().err
    names = {client.needs for client in race_roster.present(there)}
    assert names == {None, "go"}


def test_what_cannot_be_started_is_a_reason_not_an_error():
    assert "nosuchprogram" in race_install.run(["/nosuchprogram"])
    assert race_install.run(["sh", "-c", "echo first; echo the reason >&2; exit 3"]) == "the reason"


def test_who_would_take_too_long_is_left_out_aloud(capsys):
    slow = race_roster.named(race_roster.NETMIKO)
    settings = race_contests.Settings((slow,), False, {slow.name: 200.0})
    figures = {}
    race_contests.bounded(settings, lambda client: race_run.Job(5460, 400), 0.5, None, None, "5460",
                          figures)
    assert "left out: about" in figures[slow.name]["5460"]["skipped"]
    assert f"SKIPPED {slow.name}, 5460" in capsys.readouterr().err


def test_who_failed_in_the_crowd_is_not_asked_for_more():
    slow = race_roster.named(race_roster.NETMIKO)
    settings = race_contests.Settings((slow,), False, {})
    cells = {"100": cell(sample()), "400": cell(sample(failed=1))}
    assert race_contests.next_step_fits(settings, slow, 852, cells, 3) == \
        "not asked: it failed at 400"
    cells = {"100": cell(sample(elapsed_s=23.0))}
    assert "by estimate" in race_contests.next_step_fits(settings, slow, 1000, cells, 3)
    assert race_contests.next_step_fits(settings, slow, 400, cells, 3) is None


def test_records_are_checked_for_their_last_line():
    def record(output, status="ok"):
        return json.dumps({"device": "sw-1", "status": status, "error": None, "commands": [
            {"command": "show version", "output": output}]})
    whole = "Cisco IOS\nConfiguration register is 0xF\n"
    assert race_run.check_records([record(whole), record("Cisco IOS\n"), record(whole, "failed")]) \
        == (1, 2, "sw-1: another output")


def test_a_peer_that_says_nothing_has_an_error():
    assert race_run.read_peer("", "Traceback\nImportError: no module")["error"] == \
        "ImportError: no module"


def test_each_peer_has_an_installer_a_script_and_exact_versions():
    assert {client.needs for client in race_roster.ROSTER} - {None} == set(race_install.INSTALLERS)
    for client in race_roster.ROSTER:
        for part in client.argv:
            assert not str(part).endswith(".py") or Path(part).exists()
    wanted = race_install.pins()
    for parts in race_install.PARTS.values():
        assert all(wanted[part][0].isdigit() for part in parts)
    assert race_install.pins("requirements-scrapli2.txt")["scrapli"].startswith("2026.")
    assert all(version[0].isdigit() for version in race_install.go_versions().values())
