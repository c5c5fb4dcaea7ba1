"""Computations of a panel: the newest view only, never in the loop."""

import threading
from dataclasses import replace

import pytest

from wm_robot.core.errors import WmrError

pytest.importorskip("viser")
from wm_robot.dashboard.analysis import Analysis


def test_views_that_come_meanwhile_replace_each_other(page, view, settle):
    gate, computed, shown, threads = threading.Event(), [], [], set()

    def work(v):
        gate.wait(30)
        threads.add(threading.get_ident())
        computed.append(v.snapshot.index)
        return v.snapshot.index

    analysis = Analysis(page, work, shown.append, pytest.fail)
    for count in (1, 2, 3, 4):
        analysis.of(view(count))
    gate.set()
    settle(analysis)
    assert computed == shown == [0, 3]
    assert threading.get_ident() not in threads


def test_a_problem_is_told_and_the_next_view_is_computed(page, view, settle):
    problems, shown = [], []

    def work(v):
        if v.snapshot.index == 0:
            raise WmrError("no such goal")
        return v.snapshot.index

    analysis = Analysis(page, work, shown.append, problems.append)
    analysis.of(view(1))
    settle(analysis)
    analysis.of(view(2))
    settle(analysis)
    assert (problems, shown) == (["no such goal"], [1])


def test_nothing_is_shown_where_there_is_nothing(page, view, settle):
    analysis = Analysis(page, lambda v: None, pytest.fail, pytest.fail)
    analysis.of(replace(view(1)))
    settle(analysis)


def test_a_defect_of_computing_or_of_drawing_stays_in_the_panel(page, view, settle):
    problems = []
    for work, draw in ((lambda v: 1 / 0, pytest.fail), (lambda v: 1, lambda answer: answer / 0)):
        analysis = Analysis(page, work, draw, problems.append)
        analysis.of(view(1))
        settle(analysis)
    assert problems == ["ZeroDivisionError: division by zero"] * 2
    assert page.told == []


def test_the_last_view_before_a_pause_is_answered_after_the_rest(page, view, settle, monkeypatch):
    monkeypatch.setattr("wm_robot.dashboard.analysis.REST_S", 0.2)
    shown = []
    analysis = Analysis(page, lambda v: v.snapshot.index, shown.append, pytest.fail)
    analysis.of(view(1))
    while page.busy(analysis):
        page.catch_up()
    analysis.of(view(2))
    analysis.of(view(3))
    settle(analysis)
    assert shown == [0, 2]
