"""Latent MPC on a point mass whose world model is exact."""

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import MismatchError, NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.types import Goal, Observation
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.planners.objective import LatentObjective, goal_terms
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.observation_check import StaleObservationError

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=3, samples=64, iterations=4), costs={"latent_goal": {"metric": "flat"}}
)


def observation(position, stamp_ns=0, image=None):
    image = np.zeros((8, 8, 3), np.uint8) if image is None else image
    return Observation(stamp_ns=stamp_ns, images={"top": image}, proprio=np.asarray(position, float))


@pytest.fixture
def agent(point_mass_model, point_mass_backend):
    agent = LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend)
    agent.reset(Goal(latent=np.array([0.05, -0.02])), seed=3)
    return agent


def test_the_chunk_leads_to_the_goal_in_units(agent):
    chunk = agent.act(observation([0.0, 0.0], stamp_ns=7))
    assert chunk.actions.shape == (3, 2)
    np.testing.assert_allclose(chunk.actions.sum(axis=0), [0.05, -0.02], atol=0.005)
    assert (chunk.observation_stamp_ns, chunk.start_ns, chunk.dt_s) == (7, 7, 0.1)


def test_actions_under_way_are_imagined_before_planning(agent):
    agent.observe(observation([0.0, 0.0]))
    chunk = agent.plan(under_way=[[0.08, 0.0], [0.01, 0.01]])
    # The two actions lead to (0.09, 0.01); what is left to do is (-0.04, -0.03).
    np.testing.assert_allclose(chunk.actions.sum(axis=0), [-0.04, -0.03], atol=0.005)
    assert chunk.start_ns == 200_000_000


def test_equal_seeds_and_observations_give_equal_plans(agent):
    def episode(seed):
        agent.reset(Goal(latent=np.array([0.3, 0.3])), seed)
        return [agent.act(observation([0.1 * k, 0], k * 10**8)).actions.tobytes() for k in range(3)]

    assert episode(3) == episode(3)
    assert episode(3) != episode(4)


def test_a_decision_holds_what_its_plan_was_made_from(agent, point_mass_model, point_mass_backend):
    agent.act(observation([0.0, 0.0]))
    agent.observe(observation([0.01, 0.0], 10**8))
    agent.plan(under_way=[[0.08, 0.0]])
    made = agent.last_decision
    assert (made.plan_id, made.stamp_ns, made.start_ns, made.plan) == (1, 10**8, 2 * 10**8, agent.last_plan)
    terms = goal_terms(point_mass_model, PLANNING.make_costs(), Goal(latent=np.array([0.05, -0.02])), 3)
    objective = LatentObjective(
        backend=point_mass_backend,
        latents=made.history.latents,
        past_actions=made.history.actions,
        terms=terms,
    )
    again = made.planning.make_planner(nu=2).plan(objective, made.seed, warm_start=made.warm_start)
    assert again.actions.tobytes() == made.plan.actions.tobytes()


def test_history_keeps_the_last_frames_and_the_executed_action_normalised(agent):
    agent.observe(observation([0.0, 0.0], 0))
    np.testing.assert_array_equal(agent.history.actions, [[0.0, 0.0]])
    agent.observe(observation([0.1, 0.0], 1), executed=[0.05, -0.1])
    # Half of dx's range of ±0.1 m and all of dy's.
    np.testing.assert_allclose(agent.history.actions, [[0.5, -1.0]])
    np.testing.assert_allclose(agent.history.latents[:, 0], [0.0, 0.1])


def test_the_executed_action_defaults_to_the_first_one_planned(agent):
    chunk = agent.act(observation([0.0, 0.0], 0))
    agent.observe(observation([0.0, 0.0], 1))
    np.testing.assert_allclose(agent.history.actions[0] * 0.1, chunk.actions[0])


def test_the_warm_start_is_the_previous_plan_as_far_on_as_time_has_passed(agent):
    agent.act(observation([0.0, 0.0], 0))
    before = agent.last_plan.belief.mean
    seen = []
    plan = agent.planner.plan
    agent.planner.plan = lambda *args, **kwargs: seen.append(kwargs["warm_start"]) or plan(*args, **kwargs)
    agent.observe(observation([0.0, 0.0], 100_000_000))
    agent.plan(under_way=[[0.0, 0.0]])
    # One period since the last observation and one under way: the plan starts two periods later.
    np.testing.assert_allclose(seen[0].mean, [before[2], [0, 0], [0, 0]], atol=1e-12)


def test_the_budget_counts_from_the_observation(point_mass_model, point_mass_backend):
    clock = SimulatedClock()
    encode = point_mass_model.encode

    def slow_encode(observation):
        clock.sleep_until_ns(clock.now_ns() + 90_000_000)
        return encode(observation)

    point_mass_model.encode = slow_encode
    planning = PlanningConfig(search=PLANNING.search, costs=PLANNING.costs, budget_s=0.05)
    agent = LatentMPC(point_mass_model, planning, backend=point_mass_backend, clock=clock)
    agent.reset(Goal(latent=np.zeros(2)))
    agent.act(observation([0.0, 0.0]))
    assert agent.last_plan.iterations == 1
    assert agent.last_plan.deadline_missed


def test_a_pose_goal_needs_a_cost_that_reads_poses(agent, point_mass_model, point_mass_backend):
    with pytest.raises(MismatchError, match="no cost among"):
        agent.reset(Goal(pose={"x": 0.1}))
    planning = PlanningConfig(search=PLANNING.search, costs={"latent_goal": {}, "pose": {}})
    agent = LatentMPC(point_mass_model, planning, backend=point_mass_backend)
    agent.reset(Goal(pose={"x": 0.1}))
    chunk = agent.act(observation([0.0, 0.0]))
    assert chunk.actions[:, 0].sum() == pytest.approx(0.1, abs=0.005)


def test_bad_observations_are_refused_by_name(agent):
    with pytest.raises(NotFiniteError, match="proprioception holds NaN or infinity in y"):
        agent.observe(observation([0.0, np.nan]))
    with pytest.raises(ShapeError, match=r"proprioception has shape \(3,\), expected \(2\)"):
        agent.observe(observation([0.0, 0.0, 0.0]))
    with pytest.raises(ShapeError, match="image of camera 'top'"):
        agent.observe(observation([0.0, 0.0], image=np.zeros((9, 8, 3), np.uint8)))
    with pytest.raises(MismatchError, match="is float64; it must be uint8"):
        agent.observe(observation([0.0, 0.0], image=np.zeros((8, 8, 3))))
    with pytest.raises(UnknownNameError, match="unknown camera 'top'; valid: side"):
        agent.observe(Observation(stamp_ns=0, images={"side": np.zeros((8, 8, 3))}, proprio=np.zeros(2)))


def test_an_observation_that_is_not_newer_is_stale(agent):
    agent.observe(observation([0.0, 0.0], 5))
    with pytest.raises(StaleObservationError, match="stamp 5 ns is not after the previous one"):
        agent.observe(observation([0.0, 0.0], 5))


def test_planning_before_reset_and_observation_says_what_to_call(point_mass_model, point_mass_backend):
    agent = LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend)
    with pytest.raises(WmrError, match="call reset with a goal and observe first"):
        agent.plan()


def test_another_setting_holds_from_the_next_plan_on_towards_the_same_goal(agent):
    agent.act(observation([0.0, 0.0], 0))
    agent.tune(
        PlanningConfig(search=PlannerConfig(horizon=2, samples=64, iterations=4), costs=PLANNING.costs)
    )
    chunk = agent.act(observation([0.0, 0.0], 10**8))
    assert chunk.actions.shape == (2, 2)
    np.testing.assert_allclose(chunk.actions.sum(axis=0), [0.05, -0.02], atol=0.005)


def test_a_setting_that_cannot_read_the_goal_is_refused_and_changes_nothing(agent):
    agent.observe(observation([0.0, 0.0], 0))
    with pytest.raises(MismatchError):
        agent.tune(PlanningConfig(search=PLANNING.search, costs={"pose": {"terminal": 1.0}}))
    assert agent.planning is PLANNING
    assert agent.plan().actions.shape == (3, 2)


def test_an_exact_model_is_trusted_and_one_that_is_told_another_action_is_not(agent):
    agent.observe(observation([0.0, 0.0], 0))
    assert np.isnan(agent.model_trust())
    agent.observe(observation([0.1, 0.0], 1), executed=[0.1, 0.0])
    assert agent.model_trust() == pytest.approx(1.0)
    # It goes 0.1 m the other way than told: the error is twice the change, so 1 − 4.
    agent.observe(observation([0.2, 0.0], 2), executed=[-0.1, 0.0])
    assert agent.model_trust() == pytest.approx(-3.0)
