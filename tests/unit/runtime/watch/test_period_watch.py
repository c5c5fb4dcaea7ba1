"""An arm's periods as snapshots, and what may be asked of its planner."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.types import Goal, Observation
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import Period
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.guarded_actor import GuardedActor, Told
from wm_robot.runtime.watch import period_watch
from wm_robot.runtime.watch.period_watch import RESTING_S, PeriodWatch
from wm_robot.runtime.watch.plan_log import PLANS, PlanLog, read_plans
from wm_robot.runtime.watch.requests import Aim, Pause, Tune
from wm_robot.runtime.watch.watch import Watch
from wm_robot.runtime.watch.watcher import Watcher

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=3, samples=16, iterations=2), costs={"latent_goal": {"metric": "flat"}}
)
GOAL = Goal(latent=np.array([0.05, -0.02]))


def status(state="running", faults=()):
    return ArmStatus(
        now_ns=1,
        state_ns=1,
        q=np.array([0.1, 0.2]),
        v=np.zeros(2),
        p_WE=np.array([0.3, 0.0, 0.1]),
        state=state,
        faults=faults,
        reasons=(),
        epoch_ns=0,
        cycles=1,
    )


class Loop:
    """A planner that decides once a period, watched."""

    def __init__(self, folder, agent):
        self.agent, self.k = agent, 0
        self.watch = Watch(folder)
        self.periods = PeriodWatch(self.watch, agent, GOAL, ("a", "b"))
        self.watcher = Watcher(folder)
        agent.reset(GOAL, 0)

    def period(self):
        observation = Observation(
            stamp_ns=self.k, images={"top": np.zeros((8, 8, 3), np.uint8)}, proprio=np.zeros(2)
        )
        self.agent.act(observation, None if self.k == 0 else [0.0, 0.0])
        self.k += 1
        self.periods(
            Period(
                index=0,  # each session counts from 0; a watch does not
                observation=observation,
                executed=np.zeros(2),
                status=status(),
                plan_s=0.01,
                age_s=0.03,
                spread_s=0.0,
            )
        )
        return self.watcher.newest()


@pytest.fixture
def loop(tmp_path, point_mass_model, point_mass_backend):
    return Loop(tmp_path, LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend))


def test_each_period_is_shown_with_its_decision(loop):
    first, second = loop.period(), loop.period()
    assert (first.index, second.index) == (0, 1)
    assert second.decision.plan_id == 1
    assert second.arm.joint_names == ("a", "b")
    np.testing.assert_array_equal(second.arm.p_WE, [0.3, 0.0, 0.1])
    assert (second.plan_s, second.age_s) == (0.01, 0.03)
    assert second.simulation is None


def test_settings_and_goals_hold_from_the_next_period_on(loop):
    loop.period()
    other = PlanningConfig(search=PlannerConfig(horizon=2, samples=8, iterations=1), costs=PLANNING.costs)
    loop.watcher.ask(Tune(planning=other))
    loop.watcher.ask(Aim(goal=Goal(pose={"x": 0.1})))
    loop.period()
    shown = loop.period()
    assert shown.goal.pose == {"x": 0.1}
    assert shown.decision.planning.search == other.search
    assert set(shown.decision.planning.costs) == {"latent_goal", "pose"}  # what reads a pose is added
    assert [answer.error for answer in loop.watcher.answers()] == ["", ""]


def test_settings_by_which_nothing_can_be_planned_end_no_watch_and_are_told(loop):
    guard = GuardedActor(loop.agent, loop.agent.clock)
    loop.periods = PeriodWatch(loop.watch, loop.agent, GOAL, ("a", "b"), guard=guard)
    assert loop.periods.actor is guard
    guard.told = Told(problem="cost holds NaN")
    snapshot = loop.period()
    assert snapshot.decision is None
    assert snapshot.arm.reasons == ("it holds: cost holds NaN",)
    guard.told = Told()
    assert loop.period().decision is not None


def test_an_arm_in_real_time_cannot_be_paused(loop):
    loop.watcher.ask(Pause())
    loop.period()
    (answer,) = loop.watcher.answers()
    assert "STOP is at the top" in answer.error


def test_a_latch_is_shown_without_any_period(loop):
    shown = loop.period()
    loop.periods.attend(status("latched", ("estop",)))
    latched = loop.watcher.newest()
    assert (latched.index, latched.arm.state, latched.arm.faults) == (shown.index, "latched", ("estop",))
    assert latched.decision is None


def test_an_arm_that_is_led_by_hand_while_it_rests_is_seen_to_move(loop, monkeypatch):
    shown = loop.period()
    now_s = [shown.written_s + 1.0]
    monkeypatch.setattr(period_watch.time, "time", lambda: now_s[0])
    loop.periods.attend(status("latched"))
    loop.watcher.newest()
    led = replace(status("latched"), q=np.array([0.5, 0.2]))
    loop.periods.attend(led)
    assert loop.watcher.newest() is None  # not as often as it is looked at
    now_s[0] += RESTING_S
    loop.periods.attend(led)
    seen = loop.watcher.newest()
    assert (seen.arm.q[0], seen.written_s) == (0.5, now_s[0])


def test_of_an_arm_at_rest_the_log_keeps_what_changed(tmp_path, loop, monkeypatch):
    loop.watch._log = PlanLog(tmp_path / PLANS, {})
    loop.period()
    monkeypatch.setattr(period_watch, "RESTING_S", 0.0)
    for _ in range(5):
        loop.periods.attend(status("latched"))
    loop.watch.close()
    kept = [snapshot.arm.state for snapshot in read_plans(tmp_path / PLANS)]
    assert kept == ["running", "latched"]


def test_settings_that_are_applied_while_latched_are_told_at_once(loop, monkeypatch):
    loop.period()
    monkeypatch.setattr(period_watch, "RESTING_S", 0.0)
    other = PlanningConfig(search=PlannerConfig(horizon=2, samples=8, iterations=1), costs=PLANNING.costs)
    loop.watcher.ask(Tune(planning=other))
    for _ in range(2):
        loop.periods.attend(status("latched"))
    assert loop.watcher.newest().planning == other


def test_an_arm_without_a_goal_is_shown_at_rest_until_one_is_chosen(loop):
    periods = PeriodWatch(loop.watch, loop.agent, Goal(), ("a", "b"))
    seen = Observation(stamp_ns=7, images={"top": np.zeros((8, 8, 3), np.uint8)}, proprio=np.zeros(2))
    periods.attend(status("stopped"), seen)
    shown = loop.watcher.newest()
    assert (shown.index, shown.decision, shown.observation.stamp_ns) == (0, None, 7)
    assert shown.goal.nothing
    loop.watcher.ask(Aim(goal=GOAL))
    for _ in range(2):
        periods.attend(status("stopped"), seen)
    assert not loop.watcher.newest().goal.nothing
    loop.watcher.ask(Aim(goal=None))  # its own one again: none
    periods.attend(status("stopped"), seen)
    assert periods.goal.nothing
    assert [answer.error for answer in loop.watcher.answers()] == ["", ""]
