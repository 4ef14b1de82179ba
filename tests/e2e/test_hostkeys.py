"""Host keys and algorithms, against real OpenSSH servers."""

import pytest
from poller_run import poll


def other_key(lab):
    """A key that no server here has, in the form of a known_hosts line."""
    return " ".join((lab.lab.directory / "id_stranger.pub").read_text().split()[:2])


def test_accept_new_learns_and_then_knows(lab, inventory, tmp_path):
    path = inventory({"a": lab.by_key("ssh1")}, known_hosts=str(tmp_path / "known"))
    assert poll(inventory=path).code == 0
    known = (tmp_path / "known").read_text()
    assert len(known.splitlines()) == 1
    outcome = poll("--host-key", "strict", inventory=path)
    assert outcome.code == 0, outcome
    assert (tmp_path / "known").read_text() == known


def test_strict_refuses_an_unknown_one(lab, inventory, tmp_path):
    path = inventory({"a": lab.by_key("ssh1")}, known_hosts=str(tmp_path / "none"))
    outcome = poll("--host-key", "strict", inventory=path)
    record = outcome.records["a"]
    assert (outcome.code, record["class"]) == (4, "hostkey_unknown")
    assert record["host_key"] and record["host_key"] in record["error"]
    assert record["timing_ms"]["ready"] is None


@pytest.mark.parametrize("policy", ["accept-new", "strict"])
def test_a_changed_one_is_refused(policy, lab, inventory, tmp_path):
    device = lab.by_key("ssh2")
    known = tmp_path / "known"
    line = f"[127.0.0.1]:{device['port']} {other_key(lab)}\n"
    known.write_text(line)
    path = inventory({"a": device}, known_hosts=str(known))
    outcome = poll("--host-key", policy, inventory=path)
    assert outcome.records["a"]["class"] == "hostkey_changed", outcome
    assert outcome.code == 4
    assert known.read_text() == line  # never replaced behind one's back


def test_off_takes_any(lab, inventory, tmp_path):
    device = lab.by_key("ssh2")
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{device['port']} {other_key(lab)}\n")
    path = inventory({"a": device}, known_hosts=str(known))
    assert poll("--host-key", "off", inventory=path).code == 0


def test_many_new_hosts_at_once_are_all_learnt(lab, inventory, tmp_path):
    devices = {name: lab.by_key(name) for name in ("ssh1", "ssh2", "ssh3")}
    path = inventory(devices, known_hosts=str(tmp_path / "known"))
    assert poll("-m", "processes", "-n", 3, inventory=path).code == 0
    assert len((tmp_path / "known").read_text().splitlines()) == 3


def test_old_algorithms_are_refused_with_both_offers(lab, inventory):
    outcome = poll(inventory=inventory({"old": lab.by_key("old")}))
    record = outcome.records["old"]
    assert (outcome.code, record["class"]) == (4, "kex"), outcome
    sentence = record["error"]
    assert "diffie-hellman-group14-sha1" in sentence  # its offer
    assert "curve25519-sha256" in sentence            # ours
    assert "legacy" in sentence                       # what to set


def test_legacy_lets_an_old_device_in(lab, inventory):
    outcome = poll(inventory=inventory({"old": lab.by_key("old", legacy=True)}))
    assert outcome.code == 0, outcome
    assert outcome.records["old"]["commands"][0]["output"].strip() == "first\nsecond"


def test_algorithms_by_name(lab, inventory):
    path = inventory({"a": lab.by_key("ssh1", kex="curve25519-sha256", ciphers="aes128-ctr",
                                      macs="hmac-sha2-256", hostkeys="ssh-ed25519")})
    assert poll(inventory=path).code == 0
