"""Emergency stop and reset of an arm, whoever commands it."""

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control import orders
from wm_robot.runtime.control.station import Station


@pytest.fixture
def station(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    station = Station("arm")
    station.make()
    return station


def test_every_arm_is_latched_before_the_first_is_asked(station, monkeypatch):
    both = [station, Station("other")]
    seen = []
    monkeypatch.setattr(orders, "ask", lambda *_: seen.append([s.latched for s in both]))
    assert orders.estop(both, "a test") == {
        "arm": "latched; no run is active",
        "other": "latched; no run is active",
    }
    assert seen[0] == [True, True]
    assert "a test" in station.why_latched()


def test_a_reset_that_is_refused_leaves_the_latch(station, monkeypatch):
    station.latch("somebody shouted")
    monkeypatch.setattr(orders, "ask", lambda *_: {"state": "latched", "events": ["reset refused: hot"]})
    done = orders.reset(station)
    assert not done.granted
    assert done.told == "reset refused: hot"
    assert "somebody shouted" in station.why_latched()


def test_a_reset_that_nobody_answers_leaves_the_latch(station, monkeypatch):
    station.latch("somebody shouted")

    def hangs(*_):
        raise WmrError("the control loop hangs")

    monkeypatch.setattr(orders, "ask", hangs)
    with pytest.raises(WmrError, match="hangs"):
        orders.reset(station)
    assert station.latched


def test_a_reset_where_no_run_is_active_takes_the_latch_away(station):
    station.latch("somebody shouted")
    done = orders.reset(station)
    assert done.granted
    assert "somebody shouted" in done.was
    assert not station.latched
