"""What people do in a page beside changing settings is known afterwards, or not done."""

from types import SimpleNamespace

import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.runtime.watch.requests import Aim, Answer, Pause, Push, Restart

from .conftest import COMMANDER

pytest.importorskip("viser")


def noted(page):
    return [(change.who, change.field, change.after) for change in page.audit.read()[0]]


def test_goals_pushes_and_new_episodes_are_noted_and_pauses_are_not(page):
    asked = [
        Aim(goal=Goal(pose={"ee_x": 0.5})),
        Aim(goal=None),
        Push(name="puck", velocity=np.array([0.4, 0.0, 0.0])),
        Restart(seed=3),
        Restart(),
        Pause(),
    ]
    for request in asked:
        page.ask(request, COMMANDER)
    assert page.planner.asked == asked
    assert noted(page) == [
        ("client 7", "goal", "ee_x = 0.500 m"),
        ("client 7", "goal", "the episode's own"),
        ("client 7", "push", "puck, (0.40, 0.00, 0.00) m/s"),
        ("client 7", "episode", "seed 3"),
        ("client 7", "episode", "the next"),
    ]


def test_what_the_planner_refuses_is_noted(page):
    page.ask(Aim(goal=None), COMMANDER)
    page.planner.answers = lambda: [Answer(number=1, error="no cost reads it")]
    page.catch_up()
    assert noted(page)[-1] == ("client 7", "goal", "refused: no cost reads it")
    assert page.told[-1] == ("The planner refuses", "no cost reads it")


def test_what_cannot_be_noted_is_not_asked(page, monkeypatch):
    def fail(*_):
        raise WmrError("cannot note the change")

    monkeypatch.setattr(page.audit, "add", fail)
    page.ask(Aim(goal=None), COMMANDER)
    assert page.planner.asked == []
    assert page.told[-1] == ("Not asked", "cannot note the change")


def test_who_is_the_browser_behind_a_relay_and_not_the_relay(page, monkeypatch):
    del page.who  # of the fixture
    live = page.server._websock_server._live_connections
    monkeypatch.setitem(live, 7, SimpleNamespace(remote_address=("127.0.0.1", 5005)))
    page.peers = {5005: "192.168.0.9"}
    assert page.who(COMMANDER) == "page 7 at 192.168.0.9"
    page.peers = {}
    assert page.who(COMMANDER) == "page 7 at 127.0.0.1 (this machine, or a tunnel to it)"
    monkeypatch.delitem(live, 7)
    assert page.who(COMMANDER) == "page 7, gone"
