"""The log of a planner's snapshots."""

import threading

import pytest

from wm_robot.core.errors import FlightLogError
from wm_robot.data.flight.reader import read_metadata
from wm_robot.runtime.watch import plan_log
from wm_robot.runtime.watch.plan_log import PlanLog, read_encoded, read_plans


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "plans.mcap"


def written(path, messages, metadata=None):
    log = PlanLog(path, metadata or {})
    for number, message in enumerate(messages):
        log.write(message, number)
    log.close()
    return log


def test_snapshots_come_back_in_their_order(path, make_snapshot):
    messages = [make_snapshot(index=i).encode() for i in range(5)]
    assert written(path, messages, {"robot": "panda"}).lost == 0
    assert list(read_encoded(path)) == messages
    assert [snapshot.index for snapshot in read_plans(path)] == [0, 1, 2, 3, 4]
    assert read_metadata(path) == {"robot": "panda"}


def test_a_log_that_was_not_closed_is_read_as_far_as_it_goes(path, make_snapshot, monkeypatch):
    monkeypatch.setattr(plan_log, "FLUSH_S", 0.0)  # a chunk for each snapshot
    messages = [make_snapshot(index=i).encode() for i in range(5)]
    written(path, messages)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = list(read_encoded(path))
    assert 0 < len(found) < 5
    assert found == messages[: len(found)]


def test_a_log_is_never_overwritten(path):
    written(path, [])
    with pytest.raises(FlightLogError, match="exists"):
        PlanLog(path, {})


@pytest.mark.parametrize("content", [None, b"", b"something else"])
def test_what_is_no_log_is_refused(path, content):
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FlightLogError, match=r"plans\.mcap"):
        list(read_encoded(path))


def test_an_empty_log_is_refused(path):
    written(path, [])
    with pytest.raises(FlightLogError, match="no snapshot"):
        list(read_encoded(path))


def test_a_disk_that_stands_still_costs_snapshots_and_no_time(path, monkeypatch):
    monkeypatch.setattr(plan_log, "CAPACITY", 2)
    stands = threading.Event()
    monkeypatch.setattr(PlanLog, "_append_until_closed", lambda self: stands.wait(30))
    log = PlanLog(path, {})
    for number in range(5):
        log.write(b"x", number)
    assert log.lost == 3
    stands.set()


def test_a_disk_that_is_full_is_told(path, monkeypatch):
    def full(self):
        raise OSError("no space left")

    monkeypatch.setattr(PlanLog, "_append_until_closed", full)
    log = PlanLog(path, {})
    log._thread.join()
    log.write(b"x", 0)
    assert "no space left" in log.problem
    assert log.lost == 1
    log.close()
