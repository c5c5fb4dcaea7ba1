"""Evaluation episodes on the point mass."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import wm_sim

from wm_robot.core.errors import MismatchError, UnknownNameError, WmrError
from wm_robot.core.types import Goal, Observation
from wm_robot.evaluation.baselines import choose_baselines
from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeRunner
from wm_robot.evaluation.shifts import start_episode
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.planners.planning import PlanningOverrides

CONFIG = EvaluationConfig(
    task="point_mass",
    checkpoint=Path("unused"),
    planning=PlanningConfig(
        search=PlannerConfig(horizon=4, samples=64, iterations=4),
        costs={"latent_goal": {"metric": "flat", "running": 0.3}},
    ),
    episodes=3,
    baseline_episodes=2,
)


@pytest.fixture
def runner(point_mass, point_mass_model, point_mass_backend):
    return EpisodeRunner(CONFIG, point_mass, point_mass_model, backend=point_mass_backend)


def test_every_way_of_acting_gets_the_same_starts_and_goals(runner, point_mass):
    seen = []
    reset = point_mass.reset
    point_mass.reset = lambda seed: seen.append((seed, reset(seed), point_mass.target)) or seen[-1][1]
    for actor in ("planner", "greedy", "random", "hold", "oracle"):
        runner.run(actor, 1)
    assert len(seen) == 5
    assert len({(seed, tuple(start.proprio), tuple(goal)) for seed, start, goal in seen}) == 1


def test_planner_and_oracle_reach_what_holding_and_chance_do_not(runner):
    final = {name: runner.run(name, 0) for name in ("planner", "greedy", "random", "hold", "oracle")}
    assert final["planner"].success
    assert final["greedy"].success  # a straight way needs no look-ahead
    assert final["oracle"].error == pytest.approx(0.0, abs=1e-12)
    assert not final["hold"].success
    assert not final["random"].success
    assert final["planner"].details == {"success_4cm": 1.0}
    assert len(final["planner"].plan_ms) == 20


def test_an_episode_depends_on_its_index_alone(runner, point_mass, point_mass_model, point_mass_backend):
    first = runner.run("planner", 2).error
    runner.run("random", 0)
    assert runner.run("planner", 2).error == first
    fresh = EpisodeRunner(CONFIG, point_mass, point_mass_model, backend=point_mass_backend)
    assert fresh.run("planner", 2).error == first
    other = EpisodeRunner(replace(CONFIG, seed=2), point_mass, point_mass_model, backend=point_mass_backend)
    assert other.run("planner", 2).error != first


def test_overrides_change_the_planning_settings(point_mass, point_mass_model, point_mass_backend):
    config = replace(CONFIG, overrides=PlanningOverrides(planner="mppi", horizon=2, budget_ms=50))
    planning = EpisodeRunner(config, point_mass, point_mass_model, backend=point_mass_backend).planning
    assert (planning.planner, planning.search.horizon, planning.search.samples) == ("mppi", 2, 64)
    assert planning.budget_s == pytest.approx(0.05)


def test_a_checkpoint_for_something_else_is_refused(point_mass, point_mass_model, point_mass_backend):
    point_mass.robot_name = "ur5e"
    with pytest.raises(MismatchError, match="trained on robot 'none', but 'point_mass' has 'ur5e'"):
        EpisodeRunner(CONFIG, point_mass, point_mass_model, backend=point_mass_backend)
    point_mass.robot_name = "none"
    point_mass.action_space = replace(point_mass.action_space, rate_hz=5.0)
    with pytest.raises(MismatchError, match=r"action space does not fit: rate_hz is 10\.0 but must be 5\.0"):
        EpisodeRunner(CONFIG, point_mass, point_mass_model, backend=point_mass_backend)


def test_settings_that_cannot_be_measured_are_refused():
    for change, message in (
        ({"episodes": 0}, "episodes is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"latency_steps": -1}, "latency_steps is -1"),
        ({"goal_before_shift": True}, "goal_before_shift needs a shift"),
    ):
        with pytest.raises(WmrError, match=message):
            replace(CONFIG, **change)
    with pytest.raises(
        UnknownNameError, match="unknown baseline 'best'; valid: greedy, hold, oracle, random"
    ):
        replace(CONFIG, baselines=("best",))


def test_jobs_are_the_planner_on_all_goals_and_each_baseline_on_the_first(
    point_mass, point_mass_model, point_mass_backend
):
    def jobs(**change):
        config = replace(CONFIG, **change)
        return EpisodeRunner(config, point_mass, point_mass_model, backend=point_mass_backend).jobs

    planned = [("planner", 0), ("planner", 1), ("planner", 2)]
    assert jobs(baselines=("hold",)) == [*planned, ("hold", 0), ("hold", 1)]
    assert len(jobs(baseline_episodes=None)) == 5 * 3


def test_an_oracle_is_run_where_the_environment_has_one_and_refused_where_not():
    reacher = wm_sim.make("dm:reacher-easy")
    assert choose_baselines(None, reacher) == ("random", "hold", "greedy")
    with pytest.raises(UnknownNameError, match="baseline of dm:reacher-easy 'oracle'; valid: greedy, hold"):
        choose_baselines(("oracle",), reacher)


class Painted:
    """Mixed into the point mass: its image shows 0 nominally and 9 under a shift."""

    shift = None

    def set_shift(self, shift):
        self.shift = shift

    def picture(self):
        return {"top": np.full((8, 8, 3), 9 if self.shift else 0, np.uint8)}

    def observe(self):
        seen = super().observe()
        return Observation(stamp_ns=seen.stamp_ns, images=self.picture(), proprio=seen.proprio)

    def goal(self):
        return Goal(images=self.picture())


@pytest.mark.parametrize(
    ("shift", "before", "seen", "wanted"),
    [(None, False, 0, 0), ("light", False, 9, 9), ("light", True, 9, 0)],
)
def test_a_goal_is_taken_before_or_after_the_change(point_mass, shift, before, seen, wanted):
    painted = type("PaintedPointMass", (Painted, type(point_mass)), {})()
    painted.set_shift("left over from the last episode")
    observation, goal = start_episode(painted, 4, shift=shift, goal_before_shift=before)
    assert observation.images["top"].max() == seen
    assert goal.images["top"].max() == wanted
    # The look changes nothing else.
    np.testing.assert_array_equal(observation.proprio, point_mass.reset(4).proprio)


def test_an_environment_without_shifts_says_so(point_mass):
    with pytest.raises(MismatchError, match="environment 'point_mass' has no visual shifts"):
        start_episode(point_mass, 0, shift="light")
