"""What is seen in decisions of the checkpoints that come with the package, on the compiled backend."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.evaluation.episodes import load_model, make_environment
from wm_robot.insight.budget_curve import budget_curve
from wm_robot.insight.comparison import Instant
from wm_robot.insight.imagination import imagine
from wm_robot.insight.second_look import SAME_ACTIONS, look_again
from wm_robot.insight.shadow import Shadow
from wm_robot.insight.what_if import plan_otherwise
from wm_robot.kernels.native import NativeBackend, is_available
from wm_robot.planners.planning import planning_from_json
from wm_robot.runtime.agent import LatentMPC

pytestmark = pytest.mark.skipif(not is_available(), reason="the compiled module is not built")


@pytest.fixture(scope="module", params=["reach", "push"])
def scene(request):
    model = load_model(str(shipped_checkpoint(request.param)))
    environment = make_environment(request.param, model)
    yield model, environment, NativeBackend(model.predictor_arrays(), threads=1)
    environment.close()


def decisions(scene, periods, **changes):
    model, environment, backend = scene
    agent = LatentMPC(model, replace(planning_from_json(model.config.planning), **changes), backend=backend)
    observation, executed, made = environment.reset(7), None, []
    agent.reset(environment.goal(), seed=7)
    for _ in range(periods):
        agent.observe(observation, executed)
        result = environment.step(agent.plan().actions[0])
        made.append(agent.last_decision)
        observation, executed = result.observation, result.executed
    return made, environment.goal()


@pytest.mark.parametrize("planner", ["cem", "icem", "mppi", "predictive_sampling"])
def test_a_compiled_search_is_made_again_in_python(planner, scene):
    # Measured over 45 decisions each of the 4 planners and 2 checkpoints: at most 4e-6, far below the line
    # of 1e-4 at which a plan is called another one.
    model, _, backend = scene
    made, goal = decisions(scene, 3, planner=planner, options={})
    for decision in made:
        again = look_again(decision, model, backend, goal)
        assert again.deviation < 2e-5 < SAME_ACTIONS
        assert again.plan.cost == pytest.approx(decision.plan.cost, rel=1e-4)


def test_frames_and_distances_of_the_chosen_plan(scene):
    model, _, backend = scene
    (decision,), goal = decisions(scene, 1)
    future = imagine(decision, model, backend, goal)
    steps = 1 + len(decision.plan.actions)
    assert set(future.images) == set(model.observation_space.cameras)
    assert all(frames.shape == (steps, 64, 64, 3) for frames in future.images.values())
    assert future.goal_distance.shape == (steps,)
    assert future.periods_left is not None
    assert future.periods_left.shape == (4, steps)
    # One unit of the checkpoints' temporal distance is 10 control periods; they cap it at 40.
    assert 0 < future.periods_left.mean() < 60
    # The mean of the outputs is what a plan is priced with.
    assert future.goal_distance[0] == pytest.approx(
        np.sqrt(np.mean((decision.observed[:256] - model.encode_goal(goal)) ** 2))
    )


def test_more_computation_finds_no_dearer_plans(scene):
    model, _, backend = scene
    made, goal = decisions(scene, 2)
    decision = made[-1]  # with a warm start, and with more elites in it than a small search has
    assert len(decision.warm_start.elites) == 13
    curve = budget_curve(decision, model, backend, goal, factors=(0.125, 1.0, 4.0), seeds=3)
    assert curve is not None
    small, present, large = curve.budgets
    assert (present.samples, present.iterations, present.factor) == (128, 5, 1.0)
    assert small.cost >= present.cost * 0.999
    assert present.cost >= large.cost * 0.999
    assert curve.still_cost > present.cost


def test_a_shadow_with_the_same_settings_does_the_same(scene):
    model, _, backend = scene
    made, goal = decisions(scene, 3)
    space = model.action_space
    shadow = Shadow(made[0].planning, space.nu, space.dt_s)
    for decision in made:
        found = shadow.plan(Instant(decision=decision, goal=goal, model=model, backend=backend))
        np.testing.assert_array_equal(found.other, found.live)
        assert (found.difference, found.other_cost) == (0.0, found.live_cost)
        assert found.live_cost == pytest.approx(decision.plan.cost, rel=1e-4)


@pytest.mark.parametrize("planner", ["cem", "icem", "mppi", "predictive_sampling"])
def test_any_planner_can_be_asked_what_it_would_have_done(planner, scene):
    model, _, backend = scene
    made, goal = decisions(scene, 2)
    instant = Instant(decision=made[-1], goal=goal, model=model, backend=backend)
    planning = replace(made[-1].planning, planner=planner, options={})
    found = plan_otherwise(instant, replace(planning, search=replace(planning.search, samples=32)))
    assert found.warm
    assert found.other.shape == found.live.shape
