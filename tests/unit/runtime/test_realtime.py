"""The closed loop in wall-clock time; events, not durations, decide what comes late."""

import threading
import time

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import WmrError
from wm_robot.core.types import ActionChunk
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.latency import LatencyEstimate
from wm_robot.runtime.realtime import run_realtime


class PatientClock(SimulatedClock):
    """Simulated time in which every period leaves the planner's thread 20 ms to finish."""

    def sleep_until_ns(self, stamp_ns):
        time.sleep(0.02)
        super().sleep_until_ns(stamp_ns)


class Recorded:
    """An actor that writes down what it is told and moves along x."""

    def __init__(self, gate=None):
        self.seen, self.under_way, self.gate = [], [], gate

    def reset(self, goal, seed=0):
        pass

    def observe(self, observation, executed=None):
        self.seen.append((observation.stamp_ns // 10**8, executed))

    def plan(self, under_way=None):
        self.under_way.append(np.array(under_way))
        if self.gate is not None and len(self.under_way) == 2:
            self.gate.wait(timeout=10)
        number = len(self.under_way)
        actions = np.full((3, 2), 0.01 * number)
        return ActionChunk(observation_stamp_ns=0, start_ns=0, dt_s=0.1, actions=actions, plan_id=number)


def test_plans_arrive_while_the_actions_before_them_run(point_mass):
    actor, steps = Recorded(), []
    start = point_mass.reset(0)
    run = run_realtime(point_mass, actor, start, steps=4, on_step=steps.append, clock=PatientClock())
    # The first plan is waited for; nothing new has been seen at period 0, so the second plan, made
    # during period 1, takes effect in period 2, the third in period 3.
    np.testing.assert_allclose([s.action[0] for s in steps], [0.01, 0.01, 0.02, 0.03])
    np.testing.assert_allclose(actor.under_way[1], [[0.01, 0.01]])
    assert [index for index, _ in actor.seen][:4] == [0, 1, 2, 3]
    assert run.overruns == 0
    assert len(run.plan_s) == 3


def test_a_late_plan_is_an_overrun_and_loses_its_first_actions(point_mass):
    gate = threading.Event()
    actor, steps = Recorded(gate), []

    class Gated(type(point_mass)):
        def step(self, action):
            if self.step_index == 3:
                gate.set()
            return super().step(action)

    environment = Gated()
    run = run_realtime(
        environment, actor, environment.reset(0), steps=6, on_step=steps.append, clock=PatientClock()
    )
    # The second plan, meant for period 2, is ready for period 4: its third action is due, the older
    # plan had ended after period 2, and the robot held in period 3.
    np.testing.assert_allclose([s.action[0] for s in steps][:5], [0.01, 0.01, 0.01, 0.0, 0.02])
    assert run.overruns == 1
    # Nothing that was seen meanwhile is lost to the actor's history.
    assert [index for index, _ in actor.seen][:5] == [0, 1, 2, 3, 4]


def test_an_error_of_the_actor_leaves_the_robot_holding(point_mass):
    class Broken(Recorded):
        def plan(self, under_way=None):
            if len(self.under_way) == 1:
                raise WmrError("camera lost")
            return super().plan(under_way)

    commands = []

    class Watched(type(point_mass)):
        def step(self, action):
            commands.append(np.array(action))
            return super().step(action)

    environment = Watched()
    with pytest.raises(WmrError, match="camera lost"):
        run_realtime(environment, Broken(), environment.reset(0), clock=PatientClock())
    np.testing.assert_array_equal(commands[-1], [0.0, 0.0])
    assert commands[0][0] == 0.01


def test_the_world_model_planner_reaches_the_goal_in_real_time(
    point_mass, point_mass_model, point_mass_backend
):
    planning = PlanningConfig(
        search=PlannerConfig(horizon=4, samples=32, iterations=3, noise=0.5, noise_decay=0.7),
        costs={"latent_goal": {"metric": "flat", "running": 0.3}},
    )
    agent = LatentMPC(point_mass_model, planning, backend=point_mass_backend)
    start = point_mass.reset(1)
    agent.reset(point_mass.goal())
    run = run_realtime(point_mass, agent, start, clock=PatientClock())
    assert run.scores[-1].error < 0.02


def test_latency_is_the_slow_end_of_recent_decisions_in_whole_periods():
    latency = LatencyEstimate(dt_s=0.1)
    assert latency.periods == 1
    for _ in range(99):
        latency.add(0.03)
    assert latency.periods == 1
    for _ in range(25):
        latency.add(0.23)
    # Half of the last 50 took 0.23 s, which ends in the third period.
    assert latency.periods == 3
