"""A planner that fails: the arm holds, and it is known why."""

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import NotFiniteError
from wm_robot.core.types import Goal, Observation
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.guarded_actor import GuardedActor

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=3, samples=16, iterations=2),
    costs={"latent_goal": {"metric": "flat"}},
    budget_s=0.1,
)
GOAL = Goal(latent=np.array([0.05, -0.02]))
DT_NS = 100_000_000


@pytest.fixture
def clock():
    return SimulatedClock(0)


@pytest.fixture
def agent(point_mass_model, point_mass_backend, clock):
    return LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend, clock=clock)


def observation(stamp_ns):
    return Observation(stamp_ns=stamp_ns, images={"top": np.zeros((8, 8, 3), np.uint8)}, proprio=np.zeros(2))


@pytest.mark.parametrize(
    ("error", "words"),
    [(NotFiniteError("cost"), "cost holds NaN"), (MemoryError("12 GiB"), "MemoryError: 12 GiB")],
)
def test_an_arm_holds_after_what_is_under_way_while_its_planner_fails(
    agent, clock, monkeypatch, error, words
):
    actor = GuardedActor(agent, clock)
    actor.reset(GOAL, 0)
    actor.observe(observation(5))

    def fail(*_):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(agent, "plan", fail)
        held = actor.plan(np.zeros((2, 2)))
    space = agent.model.action_space
    assert np.array_equal(held.actions, space.hold[None])
    assert held.start_ns == 5 + round(2 * space.dt_s * 1e9)
    assert words in actor.told.problem
    assert actor.told.decision is None
    actor.plan(np.zeros((2, 2)))
    assert actor.told.problem == ""
    assert actor.told.decision is not None


def test_a_latched_arm_holds_and_its_planner_is_not_asked(agent, clock):
    actor = GuardedActor(agent, clock, latched=lambda: True)
    actor.reset(GOAL, 0)
    actor.observe(observation(5))
    assert np.array_equal(actor.plan().actions, agent.model.action_space.hold[None])
    assert (actor.told.decision, actor.told.problem, agent.last_decision) == (None, "", None)


def test_the_first_plan_after_a_pause_has_its_whole_budget(agent, clock):
    agent.reset(GOAL, 0)
    agent.observe(observation(0))
    clock.sleep_until_ns(60 * 10**9)  # latched for a minute
    agent.observe(observation(clock.now_ns()), np.zeros(2))
    agent.plan()
    assert not agent.last_plan.deadline_missed
