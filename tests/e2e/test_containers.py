"""The container lab, where it runs: `docker/lab-up` leaves build/lab/devices.yaml."""

from pathlib import Path

import pytest
from poller_run import MODES, check_record, poll

INVENTORY = Path(__file__).resolve().parents[2] / "build/lab/devices.yaml"
pytestmark = pytest.mark.skipif(not INVENTORY.exists(),
                                reason=f"{INVENTORY} is missing: docker/lab-up makes it")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """One run per mode; commands as the lab's inventory has them."""
    done = {}

    def outcome(mode):
        if mode not in done:
            known = tmp_path_factory.mktemp(mode) / "known_hosts"
            done[mode] = poll("-m", mode, "-n", 10, "--known-hosts", known, inventory=INVENTORY,
                              limit_s=120)
        return done[mode]
    return outcome


@pytest.mark.parametrize("mode", MODES)
def test_all_devices_answer(mode, outcomes):
    outcome = outcomes(mode)
    failed = {name: record["error"] for name, record in outcome.records.items()
              if record["status"] != "ok"}
    assert not failed, failed
    assert outcome.code == 0
    for record in outcome.record_list:
        check_record(record)


@pytest.mark.parametrize("mode", MODES[1:])
def test_the_same_devices_and_commands_in_every_mode(mode, outcomes):
    def shape(outcome):
        return {name: [(command["command"], command["status"], command["proofs"])
                       for command in record["commands"]]
                for name, record in outcome.records.items()}
    assert shape(outcomes(mode)) == shape(outcomes("sequential"))
