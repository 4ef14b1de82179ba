"""A thousand devices, one in twenty of which fails in a way of its own: every one has its record,
its class and its bytes, in every mode that bears it. `make bench` does it with 5,460."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from book import MODES, Visit
from poller_run import BINARY, check_record

DEVICES = 1000
LIMIT_S = 240
# A build that checks itself takes its time.
SLOWER = 4 if {"san", "tsan"} & set(Path(BINARY).parts) else 1
# Long enough for those that are well on a busy machine, where all modes run at once; the silent ones
# wait as long.
DEADLINES = ("-t", 8 * SLOWER, "--timeout", 8 * SLOWER)
WORKERS = 80


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    places = [tmp_path_factory.mktemp("book") for _ in MODES]

    def visit(place, mode):
        return Visit(place, DEVICES, (*MODES[mode][1:], "-n", WORKERS, *DEADLINES), LIMIT_S)
    with ThreadPoolExecutor(len(places)) as pool:
        return dict(zip(MODES, pool.map(visit, places, MODES)))


@pytest.mark.parametrize("mode", MODES)
def test_every_device_has_its_record_its_class_and_its_bytes(visits, mode):
    visit = visits[mode]
    assert len(visit.records) == DEVICES, visit.outcome
    assert not visit.lost()
    assert not visit.doubled()
    assert not visit.wrong()
    assert not visit.differing()
    assert visit.seen["connections"]["most_per_device"] == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_records_are_whole(visits, mode):
    for record in visits[mode].records:
        check_record(record)
    assert visits[mode].outcome.code == 4, visits[mode].outcome
