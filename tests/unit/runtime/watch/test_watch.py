"""The two ends of a watch: nothing is lost that matters, and neither waits for the other."""

import json
import time

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.core.types import Goal
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.watch.plan_log import PlanLog
from wm_robot.runtime.watch.requests import Aim, Pause, Push, Restart, SetSpeed, Tune
from wm_robot.runtime.watch.watch import EXPIRED_S, REMEMBERED, ROOM, SNAPSHOTS, STATE, Watch
from wm_robot.runtime.watch.watcher import Watcher


@pytest.fixture
def watch(tmp_path):
    with Watch(tmp_path) as watch:
        yield watch


@pytest.fixture
def watcher(watch):
    return Watcher(watch.folder)


def carried_out(watch):
    seen = []
    watch.carry_out(seen.append)
    return seen


def test_the_newest_snapshot_is_seen_once(watch, watcher, make_snapshot):
    watch.show(make_snapshot(index=1))
    watch.show(make_snapshot(index=2))
    assert watcher.newest().index == 2
    assert watcher.newest() is None


def test_a_state_with_long_reasons_can_still_be_read(watch):
    watch.problem = "é" * 5_000
    watch.tell_state("running", "é" * 5_000)
    told = json.loads(Mailbox(watch.folder / STATE).read()[0])
    assert told["state"] == "running"
    assert told["why"].startswith("ééé")


def test_a_page_hears_of_periods_that_are_not_recorded(tmp_path, make_snapshot):
    log = PlanLog(tmp_path / "plans.mcap", {})
    with Watch(tmp_path / "watch", log) as watch:
        log.problem = "OSError: No space left on device"  # as its thread says
        watch.show(make_snapshot())
        watch.tell_state("running")
        told = json.loads(Mailbox(watch.folder / STATE).read()[0])
    assert told["problem"] == "1 periods are not recorded: OSError: No space left on device"


def test_a_watcher_without_a_planner_says_where_it_looked(tmp_path):
    with pytest.raises(WmrError, match=str(tmp_path)):
        Watcher(tmp_path)


def test_requests_are_carried_out_once_and_in_their_order(watch, watcher):
    planning = PlanningConfig(search=PlannerConfig(samples=9))
    asked = [
        Pause(),
        SetSpeed(speed=0.5),
        Tune(planning=planning),
        Aim(goal=Goal(pose={"ee_x": 0.4})),
        Aim(goal=None),
        Restart(seed=3),
        Restart(),
    ]
    for request in asked:  # all before the planner looks once: a mailbox holds one message
        watcher.ask(request)
    assert carried_out(watch) == asked
    assert carried_out(watch) == []
    watcher.ask(Pause())
    assert carried_out(watch) == [Pause()]


def test_an_answer_comes_for_every_request_and_says_what_was_wrong(watch, watcher):
    def refuse_pushes(request):
        if isinstance(request, Push):
            raise WmrError("there is nothing to push")

    first = watcher.ask(Pause())
    second = watcher.ask(Push(name="puck", velocity=[0.1, 0.0, 0.0]))
    assert watcher.answers() == []
    watch.carry_out(refuse_pushes)
    answers = {answer.number: answer.error for answer in watcher.answers()}
    assert answers == {first: "", second: "there is nothing to push"}
    assert watcher.answers() == []


def test_a_defect_in_what_is_asked_ends_no_controller_and_hides_no_other_answer(watch, watcher):
    def fail(request):
        raise ValueError("é" * 100_000) if isinstance(request, Pause) else WmrError("no")

    asked = [watcher.ask(Pause()) for _ in range(REMEMBERED - 1)]
    asked.append(watcher.ask(Restart()))
    watch.carry_out(fail)
    answers = {answer.number: answer.error for answer in watcher.answers()}
    assert answers[asked[0]].startswith("ValueError: ééé")
    assert answers[asked[-1]] == "no"


def test_a_request_that_waited_for_a_planner_that_hung_is_not_carried_out_late(watch, watcher, monkeypatch):
    late = watcher.ask(Aim(goal=None))
    now_ns = time.monotonic_ns() + round((EXPIRED_S + 1.0) * 1e9)
    monkeypatch.setattr(time, "monotonic_ns", lambda: now_ns)
    fresh = watcher.ask(Pause())
    assert carried_out(watch) == [Pause()]
    answers = {answer.number: answer.error for answer in watcher.answers()}
    assert "nothing was done, ask again" in answers[late]
    assert answers[fresh] == ""


def test_a_request_that_was_answered_is_not_carried_out_again_with_later_ones(watch, watcher):
    watcher.ask(Pause())
    watch.carry_out(lambda request: None)
    watcher.ask(SetSpeed(speed=2.0))  # the first one still travels along: its answer is not read yet
    assert carried_out(watch) == [SetSpeed(speed=2.0)]


def test_what_cannot_be_shown_is_told_and_stops_nobody(watch, watcher, make_snapshot, monkeypatch):
    monkeypatch.setitem(ROOM, SNAPSHOTS, 1000)
    with Watch(watch.folder) as narrow:
        narrow.show(make_snapshot())
        assert "holds 1000 at most" in narrow.problem
        assert Watcher(watch.folder).newest() is None


def test_requests_that_cannot_be_read_are_told_and_stop_nobody(watch, watcher):
    watcher.ask(Pause())
    watcher._requests.write(b"nonsense", 0)
    assert carried_out(watch) == []
    assert "no Outbox" in watch.problem
