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


def no_space(*_):
    raise OSError(28, "No space left on device")


def test_an_arm_whose_latch_cannot_be_written_is_asked_to_stop_all_the_same(station, monkeypatch):
    asked = []
    monkeypatch.setattr(Station, "latch", no_space)
    monkeypatch.setattr(orders, "ask", lambda _, request: asked.append(request) or {"state": "latched"})
    with pytest.raises(WmrError, match=r"latched by the run that is active, but.*No space.*a later run"):
        orders.estop([station], "a test")
    assert asked == ["estop"]


def test_an_arm_that_nobody_could_be_told_to_stop_is_not_called_latched(station, monkeypatch):
    monkeypatch.setattr(Station, "latch", no_space)
    with pytest.raises(WmrError, match=r"not latched:.*No space.*no run is active"):
        orders.estop([station], "a test")


def test_an_arm_that_goes_on_is_an_error_that_says_so(station, monkeypatch):
    monkeypatch.setattr(orders, "STANDSTILL_S", 0.0)
    monkeypatch.setattr(orders, "ask", lambda *_: {"state": "running"})
    with pytest.raises(WmrError, match=r"arm: running, not latched.*the arm's own emergency stop"):
        orders.estop([station], "a test")


def test_an_arm_that_does_not_answer_keeps_no_other_from_being_asked(station, monkeypatch):
    asked = []

    def ask(one, _):
        asked.append(one.name)
        if one is station:
            raise WmrError("the control loop hangs")
        return {"state": "latched"}

    monkeypatch.setattr(orders, "ask", ask)
    with pytest.raises(WmrError, match="arm: the control loop hangs; other: latched"):
        orders.estop([station, Station("other")], "a test")
    assert asked == ["arm", "other"]


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
