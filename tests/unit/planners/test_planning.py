"""The planning settings that travel with a checkpoint."""

import json
from dataclasses import replace

import pytest

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.serialization import to_json
from wm_robot.core.types import Goal
from wm_robot.planners import PlannerConfig, PlanningConfig, planning_from_json
from wm_robot.planners.planning import PlanningOverrides, for_goal, greedy


def test_settings_survive_the_way_through_json():
    config = PlanningConfig(
        planner="icem",
        search=PlannerConfig(horizon=8, knots=4, interpolation="linear"),
        options={"cem": {"smoothing": 0.2}, "noise_exponent": 1.0},
        costs={"temporal_distance": {"running": 0.1}, "smoothness": {"weight": 0.02}},
        budget_s=0.08,
    )
    assert planning_from_json(json.loads(json.dumps(to_json(config)))) == config


def test_names_and_fields_that_do_not_exist_are_refused_with_the_valid_ones():
    with pytest.raises(UnknownNameError, match="unknown cost 'distance'; valid: latent_goal, limits"):
        planning_from_json({"costs": {"distance": {}}})
    with pytest.raises(WmrError, match=r"cost latent_goal has unknown fields \['power'\]; valid: metric"):
        planning_from_json({"costs": {"latent_goal": {"power": 2}}})
    with pytest.raises(WmrError, match=r"planning has unknown fields \['horizon'\]"):
        planning_from_json({"horizon": 5})
    with pytest.raises(WmrError, match=r"planning budget_s is 0\.0; valid: above 0, at most 60 s"):
        planning_from_json({"budget_s": 0})


def test_greedy_looks_one_step_ahead_with_the_same_costs_and_number_of_candidates():
    config = PlanningConfig(
        search=PlannerConfig(samples=64, iterations=3), costs={"latent_goal": {"metric": "flat"}}
    )
    baseline = greedy(config)
    assert (baseline.search.horizon, baseline.search.iterations, baseline.search.samples) == (1, 1, 192)
    assert baseline.costs == config.costs


def test_overrides_change_what_they_name_and_nothing_else():
    config = PlanningConfig(options={"smoothing": 0.2}, search=PlannerConfig(samples=64, iterations=3))
    changed = PlanningOverrides(horizon=7, budget_ms=80).applied_to(config)
    assert changed == replace(config, search=replace(config.search, horizon=7), budget_s=0.08)
    # The settings of one algorithm mean nothing to another.
    assert PlanningOverrides(planner="mppi").applied_to(config).options == {}
    assert PlanningOverrides(planner="cem").applied_to(config).options == {"smoothing": 0.2}


def test_towards_a_pose_a_cost_that_reads_poses_is_added_unless_there_is_one():
    costs = {"posture": {"terminal": 1.0}, "smoothness": {"weight": 0.02}}
    pose, picture = Goal(pose={"ee_x": 0.4}), Goal(images={})
    planning = PlanningConfig(costs=costs)
    assert for_goal(planning, picture) is planning
    assert for_goal(planning, pose).costs == {**costs, "pose": {"terminal": 1.0, "running": 1.0}}
    own = replace(planning, costs={"pose": {"terminal": 3.0}})
    assert for_goal(own, pose) is own
