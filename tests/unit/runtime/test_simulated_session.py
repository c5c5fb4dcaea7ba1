"""The simulated session with shipped checkpoints, in simulated time: nothing depends on the machine."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.clock import SimulatedClock
from wm_robot.core.types import Goal
from wm_robot.evaluation.episodes import load_model, make_environment
from wm_robot.planners.planning import planning_from_json
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.simulated_session import SimulatedSession
from wm_robot.runtime.watch.requests import (
    Aim,
    Pause,
    Push,
    Restart,
    Resume,
    SetSpeed,
    StepOnce,
    Tune,
)
from wm_robot.runtime.watch.stop_file import StopFile
from wm_robot.runtime.watch.watch import Watch
from wm_robot.runtime.watch.watcher import Watcher

DT_S = 0.2


@pytest.fixture(scope="module")
def models():
    return {task: load_model(shipped_checkpoint(task)) for task in ("reach", "push")}


@pytest.fixture(scope="module")
def environments(models):
    return {task: make_environment(task, model) for task, model in models.items()}


class Session:
    """Runs until a number of periods are shown; `at[index]` is done when period `index` has been shown."""

    def __init__(self, folder, environment, model, *, seed=0):
        self.shown, self.at, self.clock = [], {}, SimulatedClock()
        self.watch = Watch(folder)
        show = self.watch.show

        def keep(snapshot):
            show(snapshot)
            new = not self.shown or self.shown[-1].index != snapshot.index
            self.shown.append(snapshot)
            if new and snapshot.index in self.at:
                self.at[snapshot.index]()

        self.watch.show = keep
        self.watcher, self.stop = Watcher(folder), StopFile(folder)
        self.agent = LatentMPC(model)
        self.session = SimulatedSession(
            environment, self.agent, self.watch, self.stop, seed=seed, clock=self.clock
        )

    def ask(self, *requests):
        return lambda: [self.watcher.ask(request) for request in requests]

    def run(self, periods, looks=100_000):
        return self.run_on(periods, {}, looks)

    def run_on(self, periods, when, looks=100_000):
        """`when[n]` is done at the n-th look for an end, of `looks` at most."""
        count = 0

        def enough():
            nonlocal count
            count += 1
            when.get(count, list)()
            return count >= looks or (bool(self.shown) and self.shown[-1].index >= periods - 1)

        self.session.run(enough)
        newest = {snapshot.index: snapshot for snapshot in self.shown}
        return [newest[i] for i in sorted(newest)]


@pytest.fixture
def reach(tmp_path, environments, models):
    return Session(tmp_path, environments["reach"], models["reach"])


@pytest.fixture
def push(tmp_path, environments, models):
    return Session(tmp_path, environments["push"], models["push"])


def tip(snapshot):
    return np.array(snapshot.arm.p_WE)


def test_episodes_follow_each_other_and_periods_count_on(reach):
    shown = reach.run(45)
    assert [snapshot.index for snapshot in shown] == list(range(45))
    assert [snapshot.episode for snapshot in shown] == [0] * 20 + [1] * 20 + [2] * 5  # of 20 periods each
    assert shown[19].simulation.score.success
    assert shown[19].simulation.seed != shown[20].simulation.seed
    assert shown[20].decision.plan_id == 0


def test_time_passes_as_fast_as_is_asked(reach):
    reach.at[4] = reach.ask(SetSpeed(speed=0.5))
    shown = reach.run(11)
    # Ten waits between eleven periods; the first five at full speed, the request is heard in the sixth.
    assert shown[-1].simulation.speed == 0.5
    assert reach.clock.now_ns() * 1e-9 == pytest.approx(5 * DT_S + 5 * 2 * DT_S, abs=0.05 + 2 * DT_S)
    assert shown[-1].simulation.time_s == pytest.approx(11 * DT_S)  # of the simulation itself


def test_a_latch_holds_the_arm_within_a_period_until_it_is_released(reach):
    reach.at[3] = lambda: reach.stop.latch("a test")
    reach.at[12] = reach.stop.release
    shown = reach.run(17)
    for snapshot in shown[4:13]:
        assert snapshot.arm.state == "latched"
        assert snapshot.decision is None
        np.testing.assert_array_equal(snapshot.executed, 0.0)
    np.testing.assert_allclose(tip(shown[12]), tip(shown[8]), atol=1e-4)  # at rest, by measurement
    assert np.linalg.norm(tip(shown[3]) - tip(shown[2])) > 0.01  # it had been moving
    assert shown[13].arm.state == "running"
    assert shown[13].decision is not None


def test_a_latched_arm_stays_in_its_episode(reach):
    reach.at[3] = lambda: reach.stop.latch("a test")
    assert {snapshot.episode for snapshot in reach.run(40)} == {0}


def test_time_that_is_paused_stands_still(reach):
    reach.at[2] = reach.ask(Pause())
    shown = reach.run(10, looks=300)
    assert [snapshot.index for snapshot in shown] == [0, 1, 2]
    assert shown[-1].simulation.paused


def test_time_goes_on_when_it_is_asked_to(reach):
    reach.at[2] = reach.ask(Pause())
    assert reach.run_on(10, {100: reach.ask(Resume())})[-1].index == 9


def test_a_step_is_one_period_and_then_time_stands_still_again(reach):
    reach.at[0] = reach.ask(Pause())
    shown = reach.run_on(10, {100: reach.ask(StepOnce()), 200: reach.ask(StepOnce())}, looks=300)
    assert [snapshot.index for snapshot in shown] == [0, 1, 2]
    assert shown[-1].simulation.paused


def test_the_arm_follows_a_new_pose_and_the_episode_lasts(reach):
    goal = Goal(pose={"ee_x": 0.5, "ee_y": 0.1, "ee_z": 0.15})
    reach.at[2] = reach.ask(Aim(goal=goal))
    shown = reach.run(40)
    assert {snapshot.episode for snapshot in shown} == {0}
    assert shown[-1].goal.pose == goal.pose
    assert shown[-1].simulation.score is None  # it would judge another goal
    np.testing.assert_allclose(tip(shown[-1]), [0.5, 0.1, 0.15], atol=0.02)


def test_the_episodes_own_goal_comes_back(reach):
    reach.at[2] = reach.ask(Aim(goal=Goal(pose={"ee_x": 0.5, "ee_y": 0.1, "ee_z": 0.15})))
    reach.at[10] = reach.ask(Aim(goal=None))
    shown = reach.run(14)
    assert shown[-1].goal.images is not None
    assert shown[-1].simulation.score is not None


def test_new_settings_hold_from_the_next_plan_on(reach):
    planning = planning_from_json(reach.agent.model.config.planning)
    other = replace(planning, search=replace(planning.search, samples=17))
    reach.at[2] = reach.ask(Tune(planning=other))
    shown = reach.run(5)
    assert shown[2].decision.planning.search.samples == planning.search.samples
    assert shown[3].decision.planning == other


def test_an_episode_can_be_named(reach):
    reach.at[2] = reach.ask(Restart(seed=77))
    shown = reach.run(5)
    assert shown[3].simulation.seed == 77
    assert shown[3].episode == 1


def test_a_pushed_object_moves(push):
    push.at[2] = push.ask(Push(name="puck", velocity=np.array([0.4, 0.0, 0.0])))
    shown = push.run(4)
    moved = shown[3].simulation.objects["puck"][:3] - shown[2].simulation.objects["puck"][:3]
    assert moved[0] > 0.01


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (Push(name="cup", velocity=np.zeros(3)), "unknown object 'cup'; valid: puck"),
        (Push(name="puck", velocity=np.array([9.0, 0.0, 0.0])), "up to 2.0 m/s"),
        (SetSpeed(speed=0.0), "more than 0"),
        (Aim(goal=Goal(pose={"nose_x": 1.0})), "unknown pose entry 'nose_x'"),
    ],
)
def test_what_cannot_be_done_is_refused_and_the_run_goes_on(push, request_, why):
    push.at[1] = push.ask(request_)
    shown = push.run(4)
    (answer,) = push.watcher.answers()
    assert why in answer.error
    assert shown[-1].index == 3
    assert shown[-1].goal.images is not None
