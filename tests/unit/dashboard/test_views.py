"""What all panels are shown, and what is said of it, from a source that may fail."""

import time
from dataclasses import replace

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.views import Views


class Still:
    """A source that has these snapshots, and then nothing new."""

    live = True

    def __init__(self, *snapshots):
        self._snapshots = snapshots

    def look(self):
        shown, self._snapshots = self._snapshots, ()
        return shown


def test_what_is_old_is_said_to_be(snapshots, monkeypatch):
    views = Views(Still(replace(snapshots[0], written_s=100.0)))
    assert views.warning() == ""
    views.look(None)
    for now_s, warning in ((101.9, ""), (102.1, "2 s old")):  # three periods of 0.2 s are less than 2 s
        monkeypatch.setattr(time, "time", lambda now_s=now_s: now_s)
        assert warning in views.warning()
        assert bool(views.warning()) == bool(warning)


def test_a_pause_is_not_called_old_nor_is_slow_time(snapshots, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 105.0)
    for changes in ({"paused": True}, {"speed": 0.1}):  # three periods of 0.2 s take 6 s
        simulation = replace(snapshots[0].simulation, **changes)
        views = Views(Still(replace(snapshots[0], written_s=100.0, simulation=simulation)))
        views.look(None)
        assert views.warning() == ""


def test_a_source_that_fails_ends_nothing(snapshots, monkeypatch):
    source = Still(snapshots[0])
    views = Views(source)
    views.look(None)

    def fail():
        raise WmrError("no such snapshot")

    monkeypatch.setattr(source, "look", fail)
    assert not views.look(None)
    assert "no such snapshot" in views.warning()
    assert views.view.snapshot is snapshots[0]


def test_a_model_that_comes_while_nothing_moves_is_something_new(snapshots, mind):
    views = Views(Still(snapshots[0]))
    assert [views.look(None), views.look(None), views.look(mind), views.look(mind)] == [1, 0, 1, 0]
