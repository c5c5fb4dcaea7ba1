"""The planner's settings as a flat list, and changes to them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import wm_robot
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.planners.planning import planning_from_json
from wm_robot.runtime.planner_settings import apply, planner_settings

CEM = PlanningConfig(
    search=PlannerConfig(horizon=5, samples=64),
    options={"smoothing": 0.2},
    costs={"latent_goal": {"metric": "flat"}, "smoothness": {"weight": 0.02}},
    budget_s=0.057,
)


def defaults(planning):
    return {setting.name: setting.default for setting in planner_settings(planning)}


def test_defaults_are_what_the_planning_says_with_0_for_none():
    found = defaults(CEM)
    assert (found["planner"], found["horizon"], found["samples"], found["knots"]) == ("cem", 5, 64, 0)
    assert found["budget_ms"] == pytest.approx(57.0)
    assert (found["cem.smoothing"], found["cem.elite_fraction"]) == (0.2, 0.1)
    assert found["icem.cem.smoothing"] == 0.1  # another algorithm's own default
    assert (found["latent_goal.metric"], found["latent_goal.terminal"]) == ("flat", 1.0)
    assert (found["pose.terminal"], found["pose.running"]) == (0.0, 0.0)  # left out there
    assert defaults(PlanningConfig())["budget_ms"] == 0.0


def shipped():
    for config in Path(wm_robot.__file__).parent.glob("checkpoints/*/config.json"):
        yield planning_from_json(json.loads(config.read_text())["planning"])


@pytest.mark.parametrize("planning", [CEM, PlanningConfig(), *shipped()])
def test_setting_everything_to_what_it_is_changes_nothing(planning):
    assert apply(planning, defaults(planning)) == planning
    assert apply(planning, {}) == planning


def test_changes_reach_search_budget_options_and_costs():
    changed = apply(
        CEM,
        {"samples": 512, "knots": 2, "budget_ms": 80, "cem.min_noise": 0.1, "latent_goal.running": 0.5},
    )
    assert changed.search == replace(CEM.search, samples=512, knots=2)
    assert changed.budget_s == 0.08
    assert changed.options == {"elite_fraction": 0.1, "smoothing": 0.2, "min_noise": 0.1}
    assert changed.costs["latent_goal"] == {"metric": "flat", "terminal": 1.0, "running": 0.5}
    assert changed.costs["smoothness"] == {"weight": 0.02}
    assert apply(changed, {"knots": 0, "budget_ms": 0.0}).search.knots is None
    assert apply(changed, {"budget_ms": 0.0}).budget_s is None


def test_another_algorithm_takes_its_own_options():
    waiting = apply(CEM, {"mppi.temperature": 0.3})
    assert waiting == CEM
    assert apply(CEM, {"planner": "mppi"}).options == {}
    assert apply(CEM, {"planner": "mppi", "mppi.temperature": 0.3}).options == {"temperature": 0.3}
    assert apply(CEM, {"planner": "icem", "icem.cem.smoothing": 0.3}).options["cem"]["smoothing"] == 0.3
    assert apply(CEM, {"planner": "predictive_sampling"}).options == {}


def test_a_cost_comes_with_a_weight_and_goes_without():
    added = apply(CEM, {"posture.terminal": 2.0})
    assert added.costs["posture"] == {"terminal": 2.0, "running": 0.0}
    assert set(apply(added, {"smoothness.weight": 0.0}).costs) == {"latent_goal", "posture"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample": 9}, "unknown planner setting 'sample'; valid: budget_ms, cem.elite_fraction"),
        ({"planner": "cme"}, "unknown planner 'cme'; valid: cem, icem, mppi, predictive_sampling"),
        ({"samples": 1}, "samples is 1; valid: a whole number, 2 to 1000000"),
        ({"noise": "big"}, "noise is 'big'; valid: a number, above 0, at most 10 half ranges"),
        ({"knots": 6}, "6 knots for a horizon of 5 steps; valid: 1 to 5"),
        ({"mppi.temperature": 0.0}, "mppi.temperature is 0.0; valid: a number, above 0, at most 1000"),
        ({"budget_ms": -1.0}, "budget_ms is -1.0; valid: a number, 0 to 60000 ms"),
        (
            {"latent_goal.terminal": 0.0, "smoothness.weight": 0.0},
            "the weights of all costs are 0; one of latent_goal, limits,",
        ),
    ],
)
def test_a_change_that_is_not_valid_is_refused_with_what_is(changes, message):
    with pytest.raises(WmrError) as refused:
        apply(CEM, changes)
    assert str(refused.value).startswith(message)


def test_a_horizon_and_its_knots_can_change_together():
    changed = apply(CEM, {"horizon": 8, "knots": 8})
    assert (changed.search.horizon, changed.search.knots) == (8, 8)


def test_every_setting_says_what_it_is():
    assert [s.name for s in planner_settings(CEM) if not s.help] == []


def test_the_weight_of_a_cost_says_what_is_weighed():
    (weight,) = (s for s in planner_settings(CEM) if s.name == "smoothness.weight")
    assert weight.help.startswith("weight w, at each step. Squared change of the normalised action")


def test_an_unknown_name_is_told_from_a_bad_value():
    with pytest.raises(UnknownNameError):
        apply(CEM, {"sample": 9})
